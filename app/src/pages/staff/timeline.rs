//! What happened to an enrollment, in words.

use super::parts::{StaffTime, channel_words};
use crate::messages::staff::{enrollments::TimelineMessages, use_staff_messages};
use gridpass_provider::{ParcelState, TimelineActor, TimelineEntry, TimelineEvent};
use leptos::prelude::*;

/// The timeline, oldest first.
#[component]
pub fn Timeline(
    /// Its lines.
    entries: Vec<TimelineEntry>,
) -> impl IntoView {
    let line = |entry| view! { <Line entry /> };
    view! { <ol class="timeline">{entries.into_iter().map(line).collect_view()}</ol> }
}

#[component]
fn Line(entry: TimelineEntry) -> impl IntoView {
    let messages = &use_staff_messages().enrollments.timeline;
    let TimelineEntry { at, who, what } = entry;
    let newer = match &what {
        TimelineEvent::Superseded { by: Some(by) }
        | TimelineEvent::Renewed { by: Some(by), .. } => Some(*by),
        _ => None,
    };
    let (words, detail) = event_words(messages, what);
    view! {
        <li class="timeline-line">
            <p class="timeline-what">{words}</p>
            {detail.map(|detail| view! { <p class="timeline-detail">{detail}</p> })}
            {newer
                .map(|id| {
                    view! {
                        <p>
                            <a id=format!("newer-{id}") href=format!("/staff/enrollments/{id}")>
                                {messages.see_newer}
                            </a>
                        </p>
                    }
                })}
            <p class="hint">
                {actor_words(messages, who)} " · " <StaffTime at />
            </p>
        </li>
    }
}

fn actor_words(messages: &TimelineMessages, who: TimelineActor) -> String {
    match who {
        TimelineActor::Customer => messages.customer.to_owned(),
        TimelineActor::Staff(name) => name.unwrap_or_else(|| messages.colleague.to_owned()),
        TimelineActor::ApiClient => messages.api.to_owned(),
        TimelineActor::Operator(name) => (messages.operator)(&name),
        TimelineActor::Device => messages.device.to_owned(),
        TimelineActor::Visitor => messages.visitor.to_owned(),
        TimelineActor::System => messages.system.to_owned(),
    }
}

/// What the device said about an instruction.
fn receipt_words(state: ParcelState) -> &'static str {
    let messages = &use_staff_messages().mailbox;
    match state {
        ParcelState::Executed => messages.event_executed,
        ParcelState::Failed => messages.event_failed,
        ParcelState::Refused => messages.event_refused,
        _ => messages.event_acknowledged,
    }
}

/// What happened, and what else there is to say about it.
fn event_words(messages: &TimelineMessages, what: TimelineEvent) -> (String, Option<String>) {
    let plain = |words: &'static str| (words.to_owned(), None);
    let because = |words: &'static str, reason: String| {
        (words.to_owned(), (!reason.is_empty()).then_some(reason))
    };
    match what {
        TimelineEvent::Registered { channel, .. } => (
            messages.registered.to_owned(),
            channel.map(|channel| channel_words(channel).to_owned()),
        ),
        TimelineEvent::Delivered => plain(messages.delivered),
        TimelineEvent::Opened => plain(messages.opened),
        TimelineEvent::WrongDeviceId { remaining } => ((messages.wrong_device_id)(remaining), None),
        TimelineEvent::Locked => plain(messages.locked),
        TimelineEvent::BadRequest { reason } => ((messages.bad_request)(&reason), None),
        TimelineEvent::ApprovalAsked => plain(use_staff_messages().approval.event_asked),
        TimelineEvent::Approved => plain(use_staff_messages().approval.event_approved),
        TimelineEvent::Confirmed => plain(messages.confirmed),
        TimelineEvent::Repeated => plain(messages.repeated),
        TimelineEvent::Activated => plain(messages.activated),
        TimelineEvent::Suspended { reason } => because(messages.suspended, reason),
        TimelineEvent::Resumed { reason } => because(messages.resumed, reason),
        TimelineEvent::Expired => plain(messages.expired),
        TimelineEvent::Superseded { .. } => plain(messages.superseded),
        TimelineEvent::Renewed { reason, .. } => because(messages.renewed, reason),
        TimelineEvent::Cancelled { reason } => {
            because(messages.cancelled, reason.unwrap_or_default())
        }
        TimelineEvent::Revoked { reason } => because(messages.revoked, reason),
        TimelineEvent::KeyRequested => plain(messages.key_requested),
        TimelineEvent::KeyChanged => plain(messages.key_changed),
        TimelineEvent::OptedIn => plain(messages.opted_in),
        TimelineEvent::OptedOut => plain(messages.opted_out),
        TimelineEvent::GroupEntered => plain(messages.group_entered),
        TimelineEvent::GroupLeft => plain(messages.group_left),
        TimelineEvent::PossibleCopy => plain(messages.possible_copy),
        TimelineEvent::WrongDevice => plain(messages.wrong_device),
        TimelineEvent::CopyDismissed { reason } => because(messages.copy_dismissed, reason),
        TimelineEvent::ExpiryTold { .. } => plain(messages.expiry_told),
        TimelineEvent::CertificateRevoked { serial, reason } => {
            because(messages.certificate_revoked, format!("{serial}: {reason}"))
        }
        TimelineEvent::InstructionSent { name } => {
            ((use_staff_messages().mailbox.event_sent)(&name), None)
        }
        TimelineEvent::InstructionDelivered => plain(use_staff_messages().mailbox.event_delivered),
        TimelineEvent::InstructionWithdrawn => plain(use_staff_messages().mailbox.event_taken_back),
        TimelineEvent::InstructionReceipt { state } => plain(receipt_words(state)),
        TimelineEvent::Note { text } => because(messages.note, text),
        TimelineEvent::Other { action, result } => (action, Some(result)),
    }
}
