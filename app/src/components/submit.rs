//! The button that sends a form.

use crate::messages::use_messages;
use leptos::prelude::*;

/// How much a button stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The one clear action of a page.
    Main,
    /// Any other.
    Quiet,
    /// One that takes something away.
    Danger,
}

impl Weight {
    const fn class(self) -> &'static str {
        match self {
            Self::Main => "button",
            Self::Quiet => "button button-quiet",
            Self::Danger => "button button-danger",
        }
    }
}

/// Sends the form around it; waits while the form is under way.
#[component]
pub fn Submit(
    /// What it does.
    label: &'static str,
    /// Whether the form is under way.
    #[prop(into)]
    pending: Signal<bool>,
    /// How much it stands out.
    #[prop(default = Weight::Main)]
    weight: Weight,
) -> impl IntoView {
    view! {
        <button
            type="submit"
            class=weight.class()
            disabled=move || pending.get()
            aria-busy=move || pending.get().then_some("true")
        >
            {move || if pending.get() { use_messages().common.working } else { label }}
        </button>
    }
}
