//! A device's state in words and colour.

use crate::{
    api::device::{DeviceState, DeviceView},
    messages::use_messages,
};
use leptos::prelude::*;

/// The state's name, and a sentence that says what to do next.
pub fn state_words(state: DeviceState) -> (&'static str, &'static str) {
    let messages = &use_messages().devices.state;
    match state {
        DeviceState::Open { .. } => messages.open,
        DeviceState::Issued { .. } => messages.issued,
        DeviceState::Active => messages.active,
        DeviceState::Suspended => messages.suspended,
        DeviceState::Locked => messages.locked,
        DeviceState::Expired => messages.expired,
        DeviceState::Superseded => messages.superseded,
        DeviceState::Cancelled => messages.cancelled,
        DeviceState::Revoked => messages.revoked,
    }
}

/// The state's name as a badge.
#[component]
pub fn StateBadge(
    /// The state.
    state: DeviceState,
) -> impl IntoView {
    let class = match state {
        DeviceState::Open { .. } => "badge badge-waiting",
        DeviceState::Issued { .. } | DeviceState::Active => "badge badge-good",
        DeviceState::Locked | DeviceState::Suspended | DeviceState::Revoked => "badge badge-bad",
        DeviceState::Expired | DeviceState::Superseded | DeviceState::Cancelled => "badge",
    };
    view! { <p class=class>{state_words(state).0}</p> }
}

/// What a device is called: the name its owner gave it, or the last characters of its ID.
pub fn device_name(device: &DeviceView) -> String {
    let messages = &use_messages().devices;
    device
        .nickname
        .clone()
        .or_else(|| device.device_id_end.as_deref().map(messages.ending_in))
        .unwrap_or_else(|| messages.your_device.to_owned())
}
