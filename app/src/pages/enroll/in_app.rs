//! The browser inside another app.

use crate::messages::use_messages;
use leptos::prelude::*;

use super::{flow::Flow, stage::Act};

/// Sends people who are inside another app to their own browser.
#[component]
pub(super) fn InAppNotice(flow: Flow) -> impl IntoView {
    let messages = &use_messages().enroll;
    flow.is_in_app().then(|| {
        view! {
            <section class="notice enroll-in-app">
                <h2>{messages.in_app.title}</h2>
                <p>{messages.in_app.text}</p>
                <CopyLink flow link=flow.link() label=messages.in_app.link />
            </section>
        }
    })
}

/// A link to be opened elsewhere. Shown as well as copied: not every browser lets a page copy.
#[component]
pub(super) fn CopyLink(flow: Flow, link: String, label: &'static str) -> impl IntoView {
    let messages = &use_messages().enroll;
    let copied = RwSignal::new(false);
    let to_copy = link.clone();
    view! {
        <div class="field enroll-link">
            <label for="link">{label}</label>
            <input type="text" id="link" readonly value=link />
            <button
                type="button"
                class="button button-quiet"
                on:click=move |_| {
                    flow.perform(Act::Copy(to_copy.clone()));
                    copied.set(true);
                }
            >
                {messages.copy_text}
            </button>
            <p class="hint" role="status">
                {move || copied.get().then_some(messages.copied)}
            </p>
        </div>
    }
}
