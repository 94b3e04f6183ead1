//! The camera looks for a label.

use crate::messages::use_messages;
use leptos::{html::Video, prelude::*};

use super::{
    FOCUS,
    flow::Flow,
    stage::{CameraView, Heard, Stage},
};

/// The camera's picture, and what it is doing.
#[component]
pub(super) fn CameraPage(flow: Flow) -> impl IntoView {
    let messages = &use_messages().enroll.camera;
    let video = NodeRef::<Video>::new();
    flow.show_camera(video);
    let view = Memo::new(move |_| {
        flow.stage.with(|stage| match stage {
            Stage::Camera(view) => *view,
            _ => CameraView::Asking,
        })
    });
    let status = move || match view.get() {
        CameraView::Asking => messages.asking,
        CameraView::Looking => messages.looking,
        CameraView::OtherCode => messages.other_code,
    };
    view! {
        <h1 id=FOCUS tabindex="-1">
            {messages.title}
        </h1>
        <div class="enroll-camera">
            <video node_ref=video muted playsinline aria-label=messages.view></video>
            <div class="enroll-finder" aria-hidden="true"></div>
        </div>
        <p class="enroll-status" role="status">
            {status}
        </p>
        <button
            type="button"
            class="button button-quiet"
            on:click=move |_| flow.hear(Heard::StartOver)
        >
            {messages.stop}
        </button>
    }
}
