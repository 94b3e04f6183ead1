//! Signing in: the page that the link in the mail leads to.
//!
//! The token travels in the fragment, so that it reaches no server log and no mail scanner that
//! merely opens the address can spend it.

use crate::{
    PageTitle,
    address::take_fragment,
    api::account::FinishSignIn,
    components::{
        art::{Art, Drawing},
        field::{Entry, Need, TextField},
        form::provide_refusal,
        submit::Submit,
    },
    messages::use_messages,
    use_alive,
};
use gridpass_protocol::problem::ProblemName;
use leptos::{ev::SubmitEvent, form::ActionForm, prelude::*};

/// Signs in with the token of the link, or with one that is pasted.
#[component]
pub fn AccountLinkPage() -> impl IntoView {
    let messages = &use_messages().account;
    view! {
        <PageTitle text=messages.link_title />
        <section class="message">
            <Art drawing=Drawing::Mail />
            <h1>{messages.link_title}</h1>
            <LinkForm />
        </section>
    }
}

#[island]
fn LinkForm() -> impl IntoView {
    provide_refusal();
    let messages = &use_messages().account;
    let action = ServerAction::<FinishSignIn>::new();
    sign_in_with_fragment(action);
    enter_once_signed_in(action);
    let working = move || action.pending().get() || matches!(action.value().get(), Some(Ok(())));
    view! {
        <p class="lead" role="status">
            {move || if working() { messages.link_working } else { "" }}
        </p>
        <Refusal action />
        <PasteForm action working=Signal::derive(working) />
    }
}

/// Why the link was not accepted, and the way to a new one.
#[component]
fn Refusal(action: ServerAction<FinishSignIn>) -> impl IntoView {
    let messages = use_messages();
    let sentence = move || match action.value().get()? {
        Ok(()) => None,
        // An unknown, used and too old token all mean the same to the person who holds it.
        Err(error) if error.name() == Some(ProblemName::Unauthorized) => {
            Some(messages.account.link_refused.to_owned())
        }
        Err(error) if error.name() == Some(ProblemName::Forbidden) => {
            Some(messages.account.link_elsewhere.to_owned())
        }
        Err(error) => Some(messages.problem.sentence(&error)),
    };
    view! {
        <div role="alert">
            {move || {
                sentence()
                    .map(|sentence| {
                        view! {
                            <p class="notice notice-problem">{sentence}</p>
                            <a class="button" href="/account">
                                {messages.account.link_again}
                            </a>
                        }
                    })
            }}
        </div>
    }
}

#[component]
fn PasteForm(
    action: ServerAction<FinishSignIn>,
    /// Whether a token is being checked or has been accepted.
    working: Signal<bool>,
) -> impl IntoView {
    let messages = &use_messages().account;
    let token = RwSignal::new(String::new());
    let missing = RwSignal::new(None);
    let alive = use_alive();
    let check = move |event: SubmitEvent| {
        let empty = token.with_untracked(|text| text.trim().is_empty());
        missing.set(empty.then(|| messages.link_missing.to_owned()));
        if empty {
            event.prevent_default();
        }
    };
    view! {
        <div class="card" hidden=working>
            <ActionForm
                action
                attr:class="form"
                attr:novalidate=move || alive.get()
                on:submit:capture=check
            >
                <TextField
                    name="token"
                    label=messages.link_code
                    hint=messages.link_paste
                    need=Need::Required
                    entry=Entry::Code
                    max_length=512
                    error=missing
                    on_change=move |text| token.set(text)
                />
                <Submit label=messages.link_send pending=action.pending() />
            </ActionForm>
        </div>
    }
}

/// Takes the token out of the address bar and the history, then uses it.
fn sign_in_with_fragment(action: ServerAction<FinishSignIn>) {
    Effect::new(move |_| {
        if let Some(token) = take_fragment() {
            action.dispatch(FinishSignIn { token });
        }
    });
}

/// Leaves no way back to this page, on which nothing is left to do.
fn enter_once_signed_in(action: ServerAction<FinishSignIn>) {
    Effect::new(move |_| {
        if matches!(action.value().get(), Some(Ok(()))) {
            // Leaving for an address of our own is not refused.
            let _ = location().replace("/devices");
        }
    });
}
