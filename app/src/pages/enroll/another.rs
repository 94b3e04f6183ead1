//! The way back to the beginning.

use leptos::prelude::*;

use super::{flow::Flow, stage::Heard};

/// Begins anew with another label.
#[component]
pub(super) fn Another(flow: Flow, label: &'static str, class: &'static str) -> impl IntoView {
    let begin = move |_| {
        flow.device_id.set(String::new());
        flow.code.set(String::new());
        flow.hear(Heard::StartOver);
    };
    view! {
        <button type="button" class=class on:click=begin>
            {label}
        </button>
    }
}
