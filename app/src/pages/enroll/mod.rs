//! The scan page `/e`, where a device enrols.

use crate::messages::use_messages;
use leptos::prelude::*;

/// The scan page.
#[component]
pub fn EnrollPage() -> impl IntoView {
    let messages = use_messages();
    view! { <h1>{messages.enroll.title}</h1> }
}
