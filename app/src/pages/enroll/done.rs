//! The end: this browser is enrolled.

use crate::{
    components::art::{Art, Drawing},
    messages::use_messages,
};
use gridpass_wire::{CopyOutcome, Enrolled};
use leptos::{either::Either, prelude::*};

use super::{
    FOCUS,
    another::Another,
    facts::{CertificateFold, Summary},
    flow::Flow,
    stage::{Download, Stage},
};

/// Says what was set up and what comes next.
#[component]
pub(super) fn DonePage(flow: Flow) -> impl IntoView {
    flow.stage.with_untracked(|stage| match stage {
        Stage::Done(enrolled, download) => {
            let (enrolled, download) = (Enrolled::clone(enrolled), download.clone());
            Some(view! { <Finished flow enrolled download /> })
        }
        _ => None,
    })
}

#[component]
fn Finished(flow: Flow, enrolled: Enrolled, download: Option<Download>) -> impl IntoView {
    let messages = &use_messages().enroll.done;
    let Enrolled { device, took, copy } = enrolled;
    view! {
        <div class="enroll-done">
            <Art drawing=Drawing::Connected />
            <h1 id=FOCUS tabindex="-1">
                {messages.title}
            </h1>
            <p class="lead">
                {(messages.lead)(&device.provider)} " " {took.map(messages.took)}
            </p>
        </div>
        <CopyResult copy download />
        <div class="card">
            <Summary device=device.clone() />
            <CertificateFold device />
        </div>
        <h2>{messages.next_title}</h2>
        <ul class="enroll-next">
            {messages.next.map(|next| view! { <li>{next}</li> }).collect_view()}
        </ul>
        <Another flow label=messages.another class="button button-quiet" />
    }
}

#[component]
fn CopyResult(copy: CopyOutcome, download: Option<Download>) -> impl IntoView {
    let messages = &use_messages().enroll.copy;
    match (copy, download) {
        (CopyOutcome::NotAsked, _) => None,
        (CopyOutcome::Made { .. }, Some(Download { url, file_name })) => {
            Some(Either::Left(view! {
                <section class="card enroll-way">
                    <h2>{messages.ready_title}</h2>
                    <p class="hint">{messages.ready_text}</p>
                    <a class="button" href=url download=file_name rel="external">
                        {messages.save}
                    </a>
                </section>
            }))
        }
        (CopyOutcome::Made { .. }, None) | (CopyOutcome::Missed, _) => Some(Either::Right(
            view! { <p class="notice">{messages.missed}</p> },
        )),
    }
}
