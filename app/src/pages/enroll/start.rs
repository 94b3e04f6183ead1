//! Before anything is decided.

use crate::messages::use_messages;
use leptos::prelude::*;

use super::FOCUS;

/// What the server renders, and what stays when the page cannot come to life.
#[component]
pub(super) fn LoadingPage() -> impl IntoView {
    let messages = &use_messages().enroll;
    view! {
        <h1 id=FOCUS tabindex="-1">
            {messages.title}
        </h1>
        // Shown by the style sheet where scripts are off.
        <p class="notice notice-problem enroll-no-script">{messages.start.no_script}</p>
        <p class="enroll-wait" role="status">
            {messages.start.wait}
        </p>
        // Shown by the style sheet after some seconds.
        <div class="enroll-stuck">
            <h2>{messages.start.stuck_title}</h2>
            <p>{messages.start.stuck_text}</p>
        </div>
    }
}

/// A label is being read.
#[component]
pub(super) fn ReadingPage() -> impl IntoView {
    let messages = &use_messages().enroll;
    view! {
        <h1 id=FOCUS tabindex="-1">
            {messages.title}
        </h1>
        <p class="enroll-wait" role="status">
            {messages.reading}
        </p>
    }
}
