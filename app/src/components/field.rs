//! A labelled text field with its hint and its error.

use crate::messages::use_messages;
use leptos::{html::Input, prelude::*};

/// Whether a field may stay empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must be filled in.
    Required,
    /// It may stay empty, and says so.
    Optional,
}

/// What the browser may offer and how it treats what is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Words, as in a name.
    Words,
    /// A name one signs in with.
    Username,
    /// Letters and digits read off somewhere: no capitals made, no spelling checked.
    Code,
}

impl Entry {
    const fn autocomplete(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Words | Self::Code => "off",
        }
    }

    const fn spellcheck(self) -> &'static str {
        match self {
            Self::Words => "true",
            Self::Username | Self::Code => "false",
        }
    }

    const fn autocapitalize(self) -> &'static str {
        match self {
            Self::Words => "sentences",
            Self::Username | Self::Code => "none",
        }
    }
}

/// A labelled text field. What is typed stays in the input itself, so that text typed before the
/// page came to life is never lost.
#[component]
pub fn TextField(
    /// Its id in the page and its name in the form.
    name: &'static str,
    /// Its label.
    label: &'static str,
    /// What to enter, or where to find it.
    hint: &'static str,
    /// Whether it may stay empty.
    need: Need,
    /// How it is typed.
    entry: Entry,
    /// What it holds at first.
    #[prop(optional)]
    value: String,
    /// Most characters it takes.
    #[prop(default = 128)]
    max_length: u16,
    /// Fewest characters a browser sends off.
    #[prop(default = 0)]
    min_length: u16,
    /// Why its content is not accepted.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// Called with the content at each change, and once when the page comes to life.
    #[prop(optional, into)]
    on_change: Option<Callback<String>>,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let hint_id = format!("{name}-hint");
    let error_id = format!("{name}-error");
    let described_by = format!("{hint_id} {error_id}");

    Effect::new(move |_| {
        if error.get().is_some()
            && let Some(input) = input.get()
        {
            // An input in the document takes the focus.
            let _ = input.focus();
        }
    });
    if let Some(on_change) = on_change {
        Effect::new(move |_| {
            if let Some(input) = input.get() {
                on_change.run(input.value());
            }
        });
    }

    view! {
        <div class="field">
            <label for=name>
                {label}
                {(need == Need::Optional)
                    .then(|| view! { <span class="optional">" ("{use_messages().common.optional}")"</span> })}
            </label>
            <p class="hint" id=hint_id>
                {hint}
            </p>
            <input
                type="text"
                id=name
                name=name
                node_ref=input
                value=value
                maxlength=max_length.to_string()
                minlength=(min_length > 0).then(|| min_length.to_string())
                required=need == Need::Required
                autocomplete=entry.autocomplete()
                autocapitalize=entry.autocapitalize()
                spellcheck=entry.spellcheck()
                aria-describedby=described_by
                aria-invalid=move || error.get().map(|_| "true")
                on:input:target=move |event| {
                    if let Some(on_change) = on_change {
                        on_change.run(event.target().value());
                    }
                }
            />
            <p class="field-error" id=error_id role="alert">
                {move || error.get()}
            </p>
        </div>
    }
}
