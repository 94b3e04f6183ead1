//! What a device is sent, and what became of it; the form of an instruction.

use super::{
    form::{Field, Refusal, Takes, refusal_of, typed_before},
    parts::StaffTime,
};
use crate::{
    api::{
        ApiError,
        staff::mailbox::{StaffInstruct, StaffTakeBack, TypedInstruction},
    },
    messages::staff::{mailbox::MailboxMessages, use_staff_messages},
};
use gridpass_protocol::{problem::ProblemName, time::UnixTime};
use gridpass_provider::{
    Content, EnrollmentId, Instruction, Letter, Originator, ParcelState, Permission, StaffSession,
    StateView,
};
use leptos::{prelude::*, server_fn::ServerFn};

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;
/// For how long an instruction may be good, as the form offers it, in seconds.
const TIMES: [u64; 5] = [HOUR, 6 * HOUR, Instruction::USUAL, 7 * DAY, 30 * DAY];

/// What was sent to a device, and the form that sends more.
#[component]
pub fn Mailbox(
    /// Who is signed in.
    staff: StaffSession,
    /// The enrollment.
    id: EnrollmentId,
    /// Where it stands.
    state: StateView,
    /// What was sent, youngest first.
    letters: Vec<Letter>,
) -> impl IntoView {
    let messages = &use_staff_messages().mailbox;
    let is_enrolled = matches!(
        state,
        StateView::Issued { .. } | StateView::Active | StateView::Suspended
    );
    if !is_enrolled && letters.is_empty() {
        return None;
    }
    let taken_back = refusal_of::<StaffTakeBack>();
    let may_send = is_enrolled && staff.role.allows(Permission::SendInstructions);
    Some(view! {
        <section class="card" aria-labelledby="mailbox-title">
            <h2 id="mailbox-title">{messages.title}</h2>
            <p class="hint">{messages.lead}</p>
            {may_send.then(|| view! { <Send id /> })}
            <Refusal error=taken_back />
            <div id="mailbox" data-live=super::parts::EVENTS>
                {letters.is_empty().then(|| view! { <p>{messages.empty}</p> })}
                <ol class="key-list">
                    {letters
                        .into_iter()
                        .map(|letter| view! { <Line id letter may_send /> })
                        .collect_view()}
                </ol>
            </div>
        </section>
    })
}

#[component]
fn Line(id: EnrollmentId, letter: Letter, may_send: bool) -> impl IntoView {
    let messages = &use_staff_messages().mailbox;
    let (class, words) = state_words(messages, letter.state);
    let is_pending = matches!(letter.state, ParcelState::Queued | ParcelState::Delivered);
    let is_from_desk = matches!(
        (&letter.content, &letter.originator),
        (Content::Instruction { .. }, Originator::Staff(_))
    );
    let name = name_of(messages, &letter.content);
    let details = match &letter.content {
        Content::Instruction { arguments, .. } if !arguments.is_empty() => {
            serde_json::to_string(arguments).ok()
        }
        _ => None,
    };
    let times = [
        (messages.delivered_at, letter.delivered_at),
        (messages.acknowledged_at, letter.acknowledged_at),
        (messages.closed_at, letter.closed_at),
        (messages.device_at, letter.device_at),
        (
            messages.good_until,
            (is_pending && !matches!(letter.content, Content::Settings(_)))
                .then_some(letter.expires_at),
        ),
    ];
    let take_back = (may_send && is_pending && is_from_desk).then(|| {
        let label = format!("{}: {name}", messages.take_back);
        view! {
            <form method="post" action=StaffTakeBack::url()>
                <input type="hidden" name="id" value=id.to_string() />
                <input type="hidden" name="instruction" value=letter.id.to_string() />
                <button class="button button-quiet" type="submit" aria-label=label>
                    {messages.take_back}
                </button>
            </form>
        }
    });
    view! {
        <li>
            <p class="key-line">
                <strong>{name.clone()}</strong>
                <span class=class>{words}</span>
            </p>
            {details.map(|details| view! { <p class="code">{details}</p> })}
            {letter
                .detail
                .filter(|detail| !detail.is_empty())
                .map(|detail| view! { <p>{messages.device_said} ": “" {detail} "”"</p> })}
            <p class="hint">
                {messages.from} " " {sender(messages, &letter.originator, letter.sender)} " · "
                {messages.sent} " " <StaffTime at=letter.created_at />
                {times.map(|(words, at)| view! { <Moment words at /> }).collect_view()}
            </p>
            {take_back}
        </li>
    }
}

#[component]
fn Moment(words: &'static str, at: Option<UnixTime>) -> impl IntoView {
    at.map(|at| view! { " · " {words} " " <StaffTime at /> })
}

fn name_of(messages: &MailboxMessages, content: &Content) -> String {
    match content {
        Content::Instruction { name, .. } => (messages.instruction)(name),
        Content::Event { event, .. } => {
            (messages.event)(event.event_name.as_deref().unwrap_or(&event.id))
        }
        Content::Settings(settings) => (messages.settings)(settings.version),
    }
}

fn sender(messages: &MailboxMessages, originator: &Originator, name: Option<String>) -> String {
    let unknown = match originator {
        Originator::Staff(_) => messages.from_colleague,
        Originator::Api(_) => messages.from_system,
        Originator::Event(_) => messages.from_event,
    };
    name.unwrap_or_else(|| unknown.to_owned())
}

/// The class of the badge, and its words.
const fn state_words(
    messages: &MailboxMessages,
    state: ParcelState,
) -> (&'static str, &'static str) {
    let words = &messages.states;
    match state {
        ParcelState::Queued => ("badge badge-waiting", words.queued),
        ParcelState::Delivered => ("badge badge-waiting", words.delivered),
        ParcelState::Acknowledged => ("badge badge-good", words.acknowledged),
        ParcelState::Executed => ("badge badge-good", words.executed),
        ParcelState::Failed => ("badge badge-bad", words.failed),
        ParcelState::Refused => ("badge badge-bad", words.refused),
        ParcelState::Expired => ("badge", words.expired),
        ParcelState::Cancelled => ("badge", words.cancelled),
    }
}

#[component]
fn Send(id: EnrollmentId) -> impl IntoView {
    let messages = &use_staff_messages().mailbox;
    let error = refusal_of::<StaffInstruct>();
    let came_back = error.is_some();
    let typed: TypedInstruction = if came_back {
        typed_before("instruct")
    } else {
        TypedInstruction::default()
    };
    let chosen = typed.valid_for.unwrap_or(Instruction::USUAL);
    let option = |seconds: u64| {
        let words = if seconds < 2 * DAY && seconds != DAY {
            (messages.hours)(seconds / HOUR)
        } else {
            (messages.days)(seconds / DAY)
        };
        view! {
            <option value=seconds selected=seconds == chosen>
                {words}
            </option>
        }
    };
    view! {
        <details class="fold" open=came_back>
            <summary id="send">{messages.send}</summary>
            <form class="form" method="post" action=StaffInstruct::url()>
                <Refusal error words=refusal_words />
                <p class="hint">{messages.send_text}</p>
                <input type="hidden" name="id" value=id.to_string() />
                <Field
                    name="name"
                    label=messages.name
                    hint=messages.name_hint
                    takes=Takes::Text
                    value=typed.name
                    max_length=64
                />
                <div class="field">
                    <label for="instruction-arguments">{messages.arguments}</label>
                    <p class="hint" id="instruction-arguments-hint">
                        {messages.arguments_hint}
                    </p>
                    <textarea
                        id="instruction-arguments"
                        name="arguments"
                        rows="3"
                        maxlength=Instruction::MAX_ARGUMENTS
                        spellcheck="false"
                        aria-describedby="instruction-arguments-hint"
                    >
                        {typed.arguments}
                    </textarea>
                </div>
                <div class="field">
                    <label for="instruction-valid-for">{messages.valid_for}</label>
                    <select id="instruction-valid-for" name="valid_for" required=true>
                        {TIMES.map(option).collect_view()}
                    </select>
                </div>
                <button class="button" type="submit">
                    {messages.send_confirm}
                </button>
            </form>
        </details>
    }
}

/// Words of the form's own for some refusals.
fn refusal_words(error: &ApiError) -> Option<&'static str> {
    let messages = &use_staff_messages().mailbox;
    match error.name()? {
        ProblemName::Invalid | ProblemName::BadRequest => Some(messages.invalid),
        ProblemName::Conflict => Some(messages.not_in_service),
        _ => None,
    }
}
