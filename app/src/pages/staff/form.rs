//! Plain forms of the desk: fields, and why a form was sent back.

use crate::{api::ApiError, messages::use_messages};
use leptos::{
    prelude::*,
    server::ServerActionError,
    server_fn::{ServerFn, error::ServerFnUrlError},
};

/// Why the form of this server function was sent back to the page, if it was.
pub fn refusal_of<S: ServerFn<Error = ApiError>>() -> Option<ApiError> {
    use_context::<ServerActionError>()
        .filter(|error| error.path() == S::PATH)
        .map(|error| ServerFnUrlError::decode_err(error.err()))
}

/// What was typed into the form of that name before it was sent back.
pub fn typed_before<T: serde::de::DeserializeOwned + Default>(form: &str) -> T {
    crate::ssr::cookies::take_kept(form).unwrap_or_default()
}

/// Why a form was sent back, above it.
#[component]
pub fn Refusal(
    /// The refusal, if there was one.
    #[prop(optional_no_strip)]
    error: Option<ApiError>,
    /// Words of this form's own for some refusals; none for the usual ones.
    #[prop(optional)]
    words: Option<fn(&ApiError) -> Option<&'static str>>,
) -> impl IntoView {
    error.map(|error| {
        let own = words.and_then(|words| words(&error));
        let sentence = own.map_or_else(|| use_messages().problem.sentence(&error), str::to_owned);
        view! {
            <p class="notice notice-problem" role="alert">
                {sentence}
            </p>
        }
    })
}

/// What a field takes, and what the browser offers for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Any line of text.
    Text,
    /// An e-mail address of somebody.
    Email,
    /// The address that one signs in with.
    Username,
    /// The password of today.
    Password,
    /// A password to be.
    NewPassword,
    /// A code that works once.
    OneTimeCode,
    /// Something secret that is pasted.
    Secret,
}

impl Takes {
    const fn kind(self) -> &'static str {
        match self {
            Self::Password | Self::NewPassword => "password",
            Self::Email | Self::Username => "email",
            Self::Text | Self::OneTimeCode | Self::Secret => "text",
        }
    }

    const fn autocomplete(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Password => "current-password",
            Self::NewPassword => "new-password",
            Self::OneTimeCode => "one-time-code",
            Self::Text | Self::Email | Self::Secret => "off",
        }
    }

    const fn inputmode(self) -> Option<&'static str> {
        match self {
            Self::OneTimeCode => Some("numeric"),
            _ => None,
        }
    }
}

/// A labelled field with its hint.
#[component]
pub fn Field(
    /// Its id in the page and its name in the form.
    name: &'static str,
    /// Its label.
    #[prop(into)]
    label: String,
    /// What to enter.
    #[prop(optional)]
    hint: &'static str,
    /// What it takes.
    takes: Takes,
    /// What it holds at first.
    #[prop(optional)]
    value: String,
    /// Whether it may stay empty.
    #[prop(default = true)]
    required: bool,
    /// Most characters.
    #[prop(default = 255)]
    max_length: u16,
) -> impl IntoView {
    let hint_id = format!("{name}-hint");
    let described_by = (!hint.is_empty()).then(|| hint_id.clone());
    view! {
        <div class="field">
            <label for=name>
                {label}
                {(!required)
                    .then(|| view! { <span class="optional">" ("{use_messages().common.optional}")"</span> })}
            </label>
            {(!hint.is_empty())
                .then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <input
                type=takes.kind()
                id=name
                name=name
                value=value
                required=required
                maxlength=max_length.to_string()
                autocomplete=takes.autocomplete()
                inputmode=takes.inputmode()
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=described_by
            />
        </div>
    }
}
