//! What one can do about an enrollment, by its state and by one's role.

use super::form::{Refusal, refusal_of, typed_before};
use crate::{
    api::{
        ApiError,
        staff::enrollments::{StaffCancel, StaffNote},
    },
    messages::staff::use_staff_messages,
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{Dossier, EnrollmentId, Permission, StaffSession, StateView};
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
    let words = match what.as_str() {
        "renewed" => messages.renewed,
        "cancelled" => messages.cancelled,
        "revoked" => messages.revoked,
        "noted" => messages.noted,
        "registered" => messages.registered,
        _ => return None,
    };
    Some(view! {
        <p class="notice notice-good" role="status">
            {words}
        </p>
    })
}

/// The actions.
#[component]
pub fn Actions(
    /// Who is signed in.
    staff: StaffSession,
    /// The enrollment.
    dossier: Dossier,
) -> impl IntoView {
    let messages = &use_staff_messages().enrollments;
    let id = dossier.enrollment.id;
    let act = staff.role.allows(Permission::ActOnEnrollments);
    if !act {
        return view! { <p class="hint">{messages.no_actions}</p> }.into_any();
    }
    let is_open = matches!(dossier.enrollment.state, StateView::Open { .. });
    view! {
        <section class="card" aria-labelledby="actions-title">
            <h2 id="actions-title">{messages.actions}</h2>
            {is_open.then(|| view! { <Cancel id /> })}
            <Note id />
        </section>
    }
    .into_any()
}

#[component]
fn Cancel(id: EnrollmentId) -> impl IntoView {
    let messages = &use_staff_messages().enrollments.act;
    let error = refusal_of::<StaffCancel>();
    let came_back = error.is_some();
    view! {
        <details class="fold" open=came_back>
            <summary>{messages.cancel}</summary>
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

#[component]
fn Note(id: EnrollmentId) -> impl IntoView {
    let messages = &use_staff_messages().enrollments.act;
    let error = refusal_of::<StaffNote>();
    let came_back = error.is_some();
    view! {
        <details class="fold" open=came_back>
            <summary>{messages.note}</summary>
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
pub(super) fn WordsField(
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
