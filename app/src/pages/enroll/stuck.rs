//! What did not work, and the way on.

use crate::{
    components::art::{Art, Drawing},
    messages::{enroll::Words, use_messages},
};
use gridpass_wire::{LabelRefusal, Refusal};
use leptos::{either::EitherOf3, prelude::*};

use super::{
    FOCUS,
    another::Another,
    flow::Flow,
    in_app::CopyLink,
    stage::{Heard, Stage},
};

/// A heading, what it means, and what can be done.
#[component]
fn Stuck<C: IntoView + 'static>(
    words: Words,
    drawing: Drawing,
    children: TypedChildren<C>,
) -> impl IntoView {
    view! {
        <section class="message">
            <Art drawing />
            <h1 id=FOCUS tabindex="-1">
                {words.title}
            </h1>
            <p class="lead">{words.text}</p>
            {children.into_inner()()}
        </section>
    }
}

#[component]
fn Retry(flow: Flow, label: &'static str) -> impl IntoView {
    view! {
        <button type="button" class="button" on:click=move |_| flow.hear(Heard::Retry)>
            {label}
        </button>
    }
}

/// The label cannot be used.
#[component]
pub(super) fn LabelRefusedPage(flow: Flow) -> impl IntoView {
    let all = use_messages();
    let messages = &all.enroll;
    let refusal = flow.stage.with_untracked(|stage| match stage {
        Stage::LabelRefused(refusal) => refusal.clone(),
        _ => LabelRefusal::Unavailable,
    });
    let words = (messages.label_refusal)(&refusal);
    let way_on = match refusal {
        LabelRefusal::Foreign { link, .. } => EitherOf3::A(view! {
            <CopyLink flow link label=messages.foreign_link />
            <Another flow label=messages.another_code class="button" />
        }),
        LabelRefusal::Offline | LabelRefusal::Unavailable | LabelRefusal::RateLimited { .. } => {
            EitherOf3::B(view! {
                <Retry flow label=all.common.try_again />
                <Another flow label=messages.another_code class="button button-quiet" />
            })
        }
        _ => EitherOf3::C(view! { <Another flow label=messages.another_code class="button" /> }),
    };
    view! { <Stuck words drawing=Drawing::Unplugged>{way_on}</Stuck> }
}

/// Nothing is lost; the same can be sent again.
#[component]
pub(super) fn WaitingPage(flow: Flow) -> impl IntoView {
    let messages = &use_messages().enroll;
    let words = (messages.refusal)(&refusal(flow));
    view! {
        <Stuck words drawing=Drawing::Unplugged>
            <Retry flow label=messages.send_again />
            <button
                type="button"
                class="button button-quiet"
                on:click=move |_| flow.hear(Heard::GiveUp)
            >
                {messages.give_up}
            </button>
        </Stuck>
    }
}

/// Only a new label helps.
#[component]
pub(super) fn RefusedPage(flow: Flow) -> impl IntoView {
    let messages = &use_messages().enroll;
    let words = (messages.refusal)(&refusal(flow));
    view! {
        <Stuck words drawing=Drawing::Locked>
            <Another flow label=messages.another_code class="button" />
        </Stuck>
    }
}

fn refusal(flow: Flow) -> Refusal {
    flow.stage.with_untracked(|stage| match stage {
        Stage::Waiting(refusal) | Stage::Refused(refusal) => refusal.clone(),
        _ => Refusal::NothingToDo,
    })
}

/// This browser keeps nothing.
#[component]
pub(super) fn NoVaultPage(flow: Flow) -> impl IntoView {
    let all = use_messages();
    view! {
        <Stuck words=(all.enroll.no_vault)() drawing=Drawing::Locked>
            <CopyLink flow link=flow.link() label=all.enroll.in_app.link />
            <Retry flow label=all.common.try_again />
        </Stuck>
    }
}

/// The worker did not start, or died.
#[component]
pub(super) fn BrokenPage(flow: Flow) -> impl IntoView {
    let all = use_messages();
    view! {
        <Stuck words=(all.enroll.broken)() drawing=Drawing::Unplugged>
            <Retry flow label=all.common.try_again />
            <CopyLink flow link=flow.link() label=all.enroll.in_app.link />
        </Stuck>
    }
}
