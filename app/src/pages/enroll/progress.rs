//! The steps of an enrollment, as they happen.

use crate::messages::use_messages;
use gridpass_wire::{Keying, Step};
use leptos::prelude::*;

use super::{FOCUS, flow::Flow, stage::Stage};

const STEPS: [Step; 4] = [
    Step::Keying,
    Step::Confirmation,
    Step::Issuance,
    Step::Keeping,
];

/// Shows each step as it begins and ends in the worker.
#[component]
pub(super) fn ProgressPage(flow: Flow) -> impl IntoView {
    let messages = &use_messages().enroll.progress;
    let is_slow = flow
        .label()
        .is_some_and(|label| label.keying == Keying::Slow);
    let provider = flow
        .provider()
        .unwrap_or_else(|| messages.provider.to_owned());
    let now = Memo::new(move |_| {
        flow.stage.with(|stage| match stage {
            Stage::Enrolling(step) => *step,
            _ => Step::Keeping,
        })
    });
    let name = StoredValue::new(provider);
    let words = move |step| name.with_value(|provider| (messages.step)(step, provider));
    view! {
        <h1 id=FOCUS tabindex="-1">
            {messages.title}
        </h1>
        <ol class="enroll-steps">
            {STEPS
                .map(|step| {
                    view! {
                        <li
                            class:is-done=move || step < now.get()
                            class:is-now=move || step == now.get()
                            aria-current=move || (step == now.get()).then_some("step")
                        >
                            {move || (step < now.get())
                                .then(|| view! { <span class="enroll-unseen">{messages.finished} " "</span> })}
                            {words(step)}
                        </li>
                    }
                })
                .collect_view()}
        </ol>
        <p class="enroll-unseen" role="status">
            {move || words(now.get())}
        </p>
        {is_slow.then(|| view! { <p class="hint">{messages.slow}</p> })}
        <p class="hint">{messages.safe}</p>
    }
}
