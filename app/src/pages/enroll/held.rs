//! This browser is enrolled already.

use crate::{
    components::{
        art::{Art, Drawing},
        time::Moment,
    },
    messages::use_messages,
};
use gridpass_protocol::time::UnixTime;
use gridpass_wire::DeviceFacts;
use leptos::prelude::*;

use super::{
    FOCUS,
    another::Another,
    facts::{CertificateFold, Summary},
    flow::Flow,
    stage::Stage,
};

/// Says what this browser is set up for.
#[component]
pub(super) fn HeldPage(flow: Flow) -> impl IntoView {
    let messages = &use_messages().enroll;
    let devices = flow.stage.with_untracked(|stage| match stage {
        Stage::Held(devices) => devices.clone(),
        _ => Vec::new(),
    });
    view! {
        <div class="enroll-done">
            <Art drawing=Drawing::Connected />
            <h1 id=FOCUS tabindex="-1">
                {messages.held.title}
            </h1>
            <p class="lead">{(messages.held.lead)(devices.len())}</p>
        </div>
        {devices.into_iter().map(|device| view! { <Device device /> }).collect_view()}
        <Another flow label=messages.done.another class="button" />
    }
}

#[component]
fn Device(device: DeviceFacts) -> impl IntoView {
    let messages = &use_messages().enroll.held;
    view! {
        <section class="card">
            <h2>{device.provider.clone()}</h2>
            <p class="hint">
                {messages.since} " " <Moment at=UnixTime(device.enrolled_at) />
            </p>
            <Summary device=device.clone() />
            <CertificateFold device />
        </section>
    }
}
