//! The device ID.

use crate::{
    components::time::Moment,
    messages::{Messages, use_messages},
};
use gridpass_protocol::{
    device_id::{DeviceId, InvalidDeviceId},
    time::UnixTime,
};
use gridpass_wire::{Refusal, Secret};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{
    FOCUS,
    another::Another,
    copy::{CopyFold, CopyWish},
    flow::Flow,
    in_app::InAppNotice,
    stage::{Heard, Stage},
};

/// Fewest characters of a device ID (protocol, Device ID).
const MIN_LENGTH: usize = 8;

/// Asks for the device ID, again with what was wrong.
#[component]
pub(super) fn DeviceIdPage(flow: Flow) -> impl IntoView {
    let all = use_messages();
    let messages = &all.enroll;
    let label = flow.label();
    let provider = label
        .as_ref()
        .map(|label| label.provider.clone())
        .unwrap_or_default();
    let refusal = flow.stage.with_untracked(|stage| match stage {
        Stage::DeviceId(refusal) => refusal.clone(),
        _ => None,
    });
    let complaint = RwSignal::new(None);
    let copy = CopyWish::new();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let typed = flow.device_id.get_untracked();
        if let Err(reason) = DeviceId::parse_checked(&typed) {
            return complaint.set(Some((all.registration.invalid)(reason)));
        }
        if let Ok(copy_password) = copy.password() {
            flow.hear(Heard::DeviceIdTyped {
                device_id: Secret::new(typed),
                copy_password,
            });
        }
    };
    view! {
        <h1>{messages.device_id.title}</h1>
        <p class="lead">{(messages.device_id.lead)(&provider)}</p>
        <InAppNotice flow />
        {refusal.map(|refusal| view! { <RefusalNotice refusal /> })}
        <form class="card form" novalidate on:submit=submit>
            <DeviceIdField flow complaint />
            <CopyFold copy />
            <button type="submit" class="button">
                {messages.device_id.connect}
            </button>
        </form>
        {label.map(|label| view! {
            <p class="hint">
                {messages.device_id.valid_until} " " <Moment at=UnixTime(label.expires_at) /> "."
            </p>
        })}
        <Another flow label=messages.another_code class="button button-quiet" />
    }
}

/// What was wrong with the ID before, how many tries are left, and what to check.
#[component]
fn RefusalNotice(refusal: Refusal) -> impl IntoView {
    let messages = &use_messages().enroll;
    let words = (messages.refusal)(&refusal);
    let is_wrong = matches!(refusal, Refusal::WrongDeviceId { .. });
    view! {
        <div class="notice notice-problem" role="alert">
            <h2>{words.title}</h2>
            <p>{words.text}</p>
            {is_wrong.then(|| view! {
                <ul>{messages.check.map(|check| view! { <li>{check}</li> }).collect_view()}</ul>
            })}
        </div>
    }
}

#[component]
fn DeviceIdField(flow: Flow, complaint: RwSignal<Option<String>>) -> impl IntoView {
    let all = use_messages();
    // What has just been refused does not look right, whatever it looks like.
    let refused = flow.device_id.get_untracked();
    let check = move || {
        let is_quiet = complaint.with(Option::is_some);
        flow.device_id
            .with(|typed| (!is_quiet && *typed != refused).then(|| looks(all, typed)))
    };
    view! {
        <div class="field">
            <label for=FOCUS>{all.registration.device_id}</label>
            <p class="hint" id="device-id-hint">
                {all.enroll.device_id.hint}
            </p>
            <input
                type="text"
                id=FOCUS
                name="device_id"
                maxlength="128"
                required
                autocomplete="off"
                autocapitalize="characters"
                spellcheck="false"
                aria-describedby="device-id-hint device-id-check device-id-error"
                aria-invalid=move || complaint.with(Option::is_some).then_some("true")
                prop:value=flow.device_id
                on:input:target=move |event| {
                    complaint.set(None);
                    flow.device_id.set(event.target().value());
                }
            />
            <p class="hint enroll-check" id="device-id-check" role="status">
                {check}
            </p>
            <p class="field-error" id="device-id-error" role="alert">
                {complaint}
            </p>
        </div>
    }
}

/// What the text typed so far looks like.
fn looks(messages: &Messages, typed: &str) -> Option<String> {
    let messages = &messages.registration;
    match DeviceId::parse_checked(typed) {
        Ok(device_id) => Some((messages.looks_like)(device_id.kind()).to_owned()),
        Err(InvalidDeviceId::TooShort { length: 0 }) => None,
        Err(InvalidDeviceId::TooShort { length }) => {
            Some((messages.keep_going)(MIN_LENGTH - length))
        }
        Err(reason) => Some((messages.invalid)(reason)),
    }
}
