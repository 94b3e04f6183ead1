//! What one can do about an enrollment, by its state and by one's role.

use super::{
    enrollment_withdraw::Withdraw,
    form::{Refusal, refusal_of, typed_before},
    parts::channel_words,
};
use crate::{
    api::{
        ApiError,
        staff::enrollments::{
            StaffApprove, StaffCancel, StaffDismissCopy, StaffHold, StaffNote, StaffRelease,
            StaffRenew, StaffRevoke, StaffRevokeCertificate,
        },
    },
    messages::staff::use_staff_messages,
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{
    Channel, ChannelOffer, Dossier, EnrollmentId, Permission, StaffSession, StateView,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// Most characters of a reason or a note.
const MAX_WORDS: &str = "500";

/// Says what was just done, after the way through a form.
#[component]
pub fn Done(
    /// The word in the address.
    what: String,
) -> impl IntoView {
    let messages = &use_staff_messages().enrollments.act;
    let certificates = &use_staff_messages().certificates;
    let words = match what.as_str() {
        "renewed" => messages.renewed,
        "cancelled" => messages.cancelled,
        "revoked" => messages.revoked,
        "held" => certificates.held,
        "released" => certificates.released,
        "certificate-revoked" => certificates.revoked_one,
        "approved" => use_staff_messages().approval.done,
        "noted" => messages.noted,
        "dismissed" => use_staff_messages().keys.dismissed,
        "registered" => messages.registered,
        "instructed" => use_staff_messages().mailbox.was_sent,
        "taken-back" => use_staff_messages().mailbox.was_taken_back,
        _ => return None,
    };
    Some(view! {
        <p class="notice notice-good" role="status">
            {words}
        </p>
    })
}

/// Says that the enrollment moved on before a form was sent, which may be gone with that.
#[component]
pub fn MovedOn() -> impl IntoView {
    let error = [
        refusal_of::<StaffApprove>(),
        refusal_of::<StaffCancel>(),
        refusal_of::<StaffDismissCopy>(),
        refusal_of::<StaffHold>(),
        refusal_of::<StaffRelease>(),
        refusal_of::<StaffRenew>(),
        refusal_of::<StaffRevoke>(),
        refusal_of::<StaffRevokeCertificate>(),
    ]
    .into_iter()
    .flatten()
    .find(is_too_late);
    view! { <Refusal error words=refusal_words /> }
}

fn is_too_late(error: &ApiError) -> bool {
    error.name() == Some(ProblemName::Conflict)
}

/// Why a form was sent back, unless [`MovedOn`] says it, and whether it was.
pub(super) fn sent_back<S: ServerFn<Error = ApiError>>() -> (Option<ApiError>, bool) {
    let error = refusal_of::<S>();
    let came_back = error.is_some();
    (error.filter(|error| !is_too_late(error)), came_back)
}

/// The actions.
#[component]
pub fn Actions(
    /// Who is signed in.
    staff: StaffSession,
    /// The enrollment.
    dossier: Dossier,
    /// How a new label may be sent.
    offers: Vec<ChannelOffer>,
) -> impl IntoView {
    let messages = &use_staff_messages().enrollments;
    let (id, state) = (dossier.enrollment.id, &dossier.enrollment.state);
    if !staff.role.allows(Permission::ActOnEnrollments) {
        return view! { <p class="hint">{messages.no_actions}</p> }.into_any();
    }
    let is_open = matches!(state, StateView::Open { .. });
    let is_locked = matches!(state, StateView::Locked);
    let takes_label =
        is_open || is_locked || matches!(state, StateView::Expired | StateView::Cancelled);
    let text = if is_locked {
        messages.act.unlock_text
    } else {
        messages.act.renew_text
    };
    let before = dossier.enrollment.channel;
    view! {
        <section class="card" aria-labelledby="actions-title">
            <h2 id="actions-title">{messages.actions}</h2>
            {takes_label.then(|| view! { <Renew id text offers before /> })}
            {is_open.then(|| view! { <Cancel id /> })}
            <Withdraw staff id state=state.clone() certificates=dossier.certificates.clone() />
            <Note id />
        </section>
    }
    .into_any()
}

#[component]
fn Cancel(id: EnrollmentId) -> impl IntoView {
    let messages = &use_staff_messages().enrollments.act;
    let (error, came_back) = sent_back::<StaffCancel>();
    view! {
        <details class="fold" open=came_back>
            <summary id="cancel">{messages.cancel}</summary>
            <form class="form" method="post" action=StaffCancel::url()>
                <Refusal error words=refusal_words />
                <p class="hint">{messages.cancel_text}</p>
                <input type="hidden" name="id" value=id.to_string() />
                <WordsField form="cancel" label=messages.reason hint=messages.reason_hint />
                <button class="button button-danger" type="submit">
                    {messages.cancel_confirm}
                </button>
            </form>
        </details>
    }
}

/// A new label: for one that was lost, locked or expired.
#[component]
fn Renew(
    id: EnrollmentId,
    text: &'static str,
    offers: Vec<ChannelOffer>,
    before: Channel,
) -> impl IntoView {
    let messages = &use_staff_messages().enrollments.act;
    let (error, came_back) = sent_back::<StaffRenew>();
    let form = if offers.is_empty() {
        view! { <p>{messages.no_way}</p> }.into_any()
    } else {
        view! {
            <form class="form" method="post" action=StaffRenew::url()>
                <Refusal error words=refusal_words />
                <p class="hint">{text}</p>
                <input type="hidden" name="id" value=id.to_string() />
                <WayField id="renew-channel" label=messages.way offers chosen=before.as_str() />
                <WordsField form="renew" label=messages.reason hint=messages.reason_hint />
                <button class="button" type="submit">
                    {messages.renew}
                </button>
            </form>
        }
        .into_any()
    };
    view! {
        <details class="fold" open=came_back>
            <summary id="renew">{messages.renew}</summary>
            {form}
        </details>
    }
}

/// By which way, and to which address on file, shortened.
#[component]
pub fn WayField(
    /// Its id in the page.
    id: &'static str,
    /// What it is.
    label: &'static str,
    /// The ways.
    offers: Vec<ChannelOffer>,
    /// The word of the one chosen at first.
    #[prop(into)]
    chosen: String,
) -> impl IntoView {
    let option = |offer: ChannelOffer| {
        let words = match offer.to {
            Some(to) => format!("{}: {to}", channel_words(offer.channel)),
            None => channel_words(offer.channel).to_owned(),
        };
        let word = offer.channel.as_str();
        view! {
            <option value=word selected=word == chosen>
                {words}
            </option>
        }
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select id=id name="channel" required=true>
                {offers.into_iter().map(option).collect_view()}
            </select>
        </div>
    }
}

#[component]
fn Note(id: EnrollmentId) -> impl IntoView {
    let messages = &use_staff_messages().enrollments.act;
    let (error, came_back) = sent_back::<StaffNote>();
    view! {
        <details class="fold" open=came_back>
            <summary id="note">{messages.note}</summary>
            <form class="form" method="post" action=StaffNote::url()>
                <Refusal error words=refusal_words />
                <input type="hidden" name="id" value=id.to_string() />
                <WordsField form="note" label=messages.note_field hint=messages.note_text />
                <button class="button" type="submit">
                    {messages.note_confirm}
                </button>
            </form>
        </details>
    }
}

/// A reason or a note, kept if the form comes back.
#[component]
pub fn WordsField(
    /// The name of the form.
    form: &'static str,
    /// What it is.
    label: &'static str,
    /// Who reads it.
    hint: &'static str,
) -> impl IntoView {
    let id = format!("{form}-words");
    let hint_id = format!("{form}-words-hint");
    let typed: String = typed_before(form);
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <p class="hint" id=hint_id.clone()>
                {hint}
            </p>
            <textarea id=id name="words" rows="3" maxlength=MAX_WORDS required=true aria-describedby=hint_id>
                {typed}
            </textarea>
        </div>
    }
}

/// Words of these forms for what may be wrong with them.
pub(super) fn refusal_words(error: &ApiError) -> Option<&'static str> {
    let messages = &use_staff_messages().enrollments.act;
    match error.name()? {
        ProblemName::BadRequest => Some(messages.bad_reason),
        ProblemName::Conflict => Some(messages.moved_on),
        ProblemName::Invalid => Some(messages.no_address),
        _ => None,
    }
}
