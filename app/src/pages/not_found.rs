//! The page for addresses that lead nowhere.

use crate::{
    PageTitle,
    components::art::{Art, Drawing},
    messages::use_messages,
};
use leptos::prelude::*;

/// The page for addresses that lead nowhere.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ssr::answer_not_found();
    let messages = use_messages();
    view! {
        <PageTitle text=messages.common.not_found_title />
        <section class="message">
            <Art drawing=Drawing::Unplugged />
            <h1>{messages.common.not_found_title}</h1>
            <p class="lead">{messages.common.not_found_text}</p>
            <a class="button" href="/">
                {messages.common.to_home}
            </a>
        </section>
    }
}
