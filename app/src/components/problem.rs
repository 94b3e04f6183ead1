//! Refusals and faults, shown where they happened.

use crate::{
    PageTitle,
    api::ApiError,
    components::art::{Art, Drawing},
    messages::use_messages,
};
use leptos::{html::Div, prelude::*};

/// Why a form was refused. Takes the focus when a refusal arrives.
#[component]
pub fn FormProblem(
    /// The refusal, if there is one.
    #[prop(into)]
    error: Signal<Option<ApiError>>,
) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    Effect::new(move |_| {
        if error.get().is_some()
            && let Some(place) = place.get()
        {
            // An element in the document with a tabindex takes the focus.
            let _ = place.focus();
        }
    });
    view! {
        <div class="form-problem" role="alert" tabindex="-1" node_ref=place>
            {move || {
                error
                    .get()
                    .map(|error| {
                        view! { <p class="notice notice-problem">{use_messages().problem.sentence(&error)}</p> }
                    })
            }}
        </div>
    }
}

/// A whole page that says what failed and how to go on.
#[component]
pub fn TroublePage(
    /// What failed.
    error: ApiError,
) -> impl IntoView {
    let messages = use_messages();
    view! {
        <PageTitle text=messages.common.trouble_title />
        <section class="message">
            <Art drawing=Drawing::Unplugged />
            <h1>{messages.common.trouble_title}</h1>
            <p class="lead">{messages.problem.sentence(&error)}</p>
            // The same address again.
            <a class="button" href="">
                {messages.common.try_again}
            </a>
        </section>
    }
}
