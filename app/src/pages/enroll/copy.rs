//! The protected copy (PKCS#12) for another device.

use crate::messages::use_messages;
use gridpass_wire::Secret;
use leptos::prelude::*;

/// Fewest characters of the password: it is all that protects the file.
const MIN_PASSWORD: usize = 12;

/// Whether a copy is wanted, and its password as typed.
#[derive(Clone, Copy)]
pub(super) struct CopyWish {
    is_wanted: RwSignal<bool>,
    is_shown: RwSignal<bool>,
    password: RwSignal<String>,
    repeat: RwSignal<String>,
    trouble: RwSignal<Option<Trouble>>,
}

/// What is wrong with the passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    TooShort,
    /// A character that the file format cannot express, such as an emoji (RFC 7292, B.1).
    Unusual,
    Differ,
}

impl CopyWish {
    pub(super) fn new() -> Self {
        Self {
            is_wanted: RwSignal::new(false),
            is_shown: RwSignal::new(false),
            password: RwSignal::default(),
            repeat: RwSignal::default(),
            trouble: RwSignal::new(None),
        }
    }

    /// The password, when a copy is wanted. Says on the page what is wrong with it.
    pub(super) fn password(self) -> Result<Option<Secret>, Trouble> {
        if !self.is_wanted.get_untracked() {
            return Ok(None);
        }
        let password = self.password.get_untracked();
        let checked = check(&password, &self.repeat.get_untracked());
        self.trouble.set(checked.err());
        checked.map(|()| Some(Secret::new(password)))
    }
}

fn check(password: &str, repeat: &str) -> Result<(), Trouble> {
    if password.chars().count() < MIN_PASSWORD {
        return Err(Trouble::TooShort);
    }
    if password.chars().any(|character| character > '\u{FFFF}') {
        return Err(Trouble::Unusual);
    }
    if password != repeat {
        return Err(Trouble::Differ);
    }
    Ok(())
}

/// Offers the copy, folded away: few people need one.
#[component]
pub(super) fn CopyFold(copy: CopyWish) -> impl IntoView {
    let messages = &use_messages().enroll.copy;
    view! {
        <details class="fold">
            <summary>{messages.title}</summary>
            <div class="form enroll-copy">
                <p class="hint">{messages.text}</p>
                <Tick id="copy-wanted" label=messages.wanted ticked=copy.is_wanted />
                <Show when=move || copy.is_wanted.get()>
                    <PasswordFields copy />
                </Show>
            </div>
        </details>
    }
}

#[component]
fn PasswordFields(copy: CopyWish) -> impl IntoView {
    let messages = &use_messages().enroll.copy;
    let trouble = move || {
        copy.trouble.get().map(|trouble| match trouble {
            Trouble::TooShort => messages.too_short,
            Trouble::Unusual => messages.unusual,
            Trouble::Differ => messages.differ,
        })
    };
    view! {
        <PasswordField
            copy
            id="copy-password"
            label=messages.password
            hint=messages.password_hint
            typed=copy.password
        />
        <PasswordField
            copy
            id="copy-repeat"
            label=messages.repeat
            hint=""
            typed=copy.repeat
        />
        <Tick id="copy-show" label=messages.show ticked=copy.is_shown />
        <p class="field-error" id="copy-error" role="alert">
            {trouble}
        </p>
    }
}

#[component]
fn PasswordField(
    copy: CopyWish,
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    typed: RwSignal<String>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <p class="hint" id=format!("{id}-hint")>
                {hint}
            </p>
            <input
                type=move || if copy.is_shown.get() { "text" } else { "password" }
                id=id
                autocomplete="new-password"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=format!("{id}-hint copy-error")
                aria-invalid=move || copy.trouble.get().map(|_| "true")
                prop:value=typed
                on:input:target=move |event| {
                    copy.trouble.set(None);
                    typed.set(event.target().value());
                }
            />
        </div>
    }
}

#[component]
fn Tick(id: &'static str, label: &'static str, ticked: RwSignal<bool>) -> impl IntoView {
    view! {
        <div class="enroll-tick">
            <input
                type="checkbox"
                id=id
                prop:checked=ticked
                on:change:target=move |event| ticked.set(event.target().checked())
            />
            <label for=id>{label}</label>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_enough_and_typed_twice_alike() {
        assert_eq!(check("elf zeichen", "elf zeichen"), Err(Trouble::TooShort));
        assert_eq!(check("zwölf zeiche", "zwölf zeiche"), Ok(()));
        assert_eq!(
            check("zwölf zeich🔑", "zwölf zeich🔑"),
            Err(Trouble::Unusual)
        );
        assert_eq!(check("zwölf zeiche", "zwölf Zeiche"), Err(Trouble::Differ));
    }
}
