//! The manual code.

use crate::messages::use_messages;
use gridpass_protocol::label::{ManualCode, ManualCodeError};
use gridpass_wire::{LabelText, Secret};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{
    FOCUS,
    flow::Flow,
    stage::{CodeTrouble, Heard},
};

/// Room for a code with separators, and for a pasted link.
const MAX_TYPED: &str = "8000";

/// Takes a manual code, or the link of a label where somebody pastes one.
#[component]
pub(super) fn CodeForm(flow: Flow, trouble: Option<CodeTrouble>) -> impl IntoView {
    let messages = &use_messages().enroll.ways;
    let complaint =
        RwSignal::new(trouble.map(|trouble| (messages.code_trouble)(trouble).to_owned()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let typed = flow.code.get_untracked();
        match read(&typed) {
            Ok(text) => flow.hear(Heard::LabelTyped(text)),
            Err(error) => complaint.set(Some((messages.code_check)(error))),
        }
    };
    view! {
        <form class="card form enroll-way" novalidate on:submit=submit>
            <h2>{messages.code_title}</h2>
            <div class="field">
                <label for=field_id(trouble)>{messages.code}</label>
                <p class="hint" id="code-hint">
                    {messages.code_hint}
                </p>
                <input
                    type="text"
                    class="enroll-code"
                    id=field_id(trouble)
                    maxlength=MAX_TYPED
                    autocomplete="off"
                    autocapitalize="characters"
                    spellcheck="false"
                    aria-describedby="code-hint code-check code-error"
                    aria-invalid=move || complaint.with(Option::is_some).then_some("true")
                    prop:value=flow.code
                    on:input:target=move |event| {
                        complaint.set(None);
                        flow.code.set(event.target().value());
                    }
                    // Typed text is grouped when it is complete: earlier, the cursor would jump.
                    on:change:target=move |event| flow.code.set(grouped(&event.target().value()))
                />
                <CodeCheck flow />
                <p class="field-error" id="code-error" role="alert">
                    {complaint}
                </p>
            </div>
            <button type="submit" class="button button-quiet">
                {messages.go_on}
            </button>
        </form>
    }
}

/// The field of a refused code takes the focus.
fn field_id(trouble: Option<CodeTrouble>) -> &'static str {
    if trouble.is_some() { FOCUS } else { "code" }
}

/// Says at each change how far the code has come.
#[component]
fn CodeCheck(flow: Flow) -> impl IntoView {
    let messages = &use_messages().enroll.ways;
    let checked = Memo::new(move |_| {
        flow.code.with(|typed| match read(typed) {
            Err(ManualCodeError::Length { length: 0 }) => None,
            Err(error) => Some((messages.code_check)(error)),
            Ok(LabelText::ManualCode(_)) => Some(messages.code_fits.to_owned()),
            Ok(LabelText::Link(_)) => None,
        })
    });
    view! {
        <p class="hint enroll-check" id="code-check" role="status">
            {checked}
        </p>
    }
}

fn read(typed: &str) -> Result<LabelText, ManualCodeError> {
    let typed = typed.trim();
    if typed.contains("/e#") {
        return Ok(LabelText::Link(Secret::new(typed.to_owned())));
    }
    ManualCode::parse(typed)?;
    Ok(LabelText::ManualCode(Secret::new(typed.to_owned())))
}

/// The code as it is printed, when it is one; otherwise what was typed.
fn grouped(typed: &str) -> String {
    ManualCode::parse(typed.trim()).map_or_else(|_| typed.to_owned(), |code| code.grouped())
}
