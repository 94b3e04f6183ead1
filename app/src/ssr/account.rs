//! Signing in and out.

use super::{
    cookies,
    request::{blocking, cookie_security, facts, refuse},
};
use crate::api::ApiError;
use axum::http::request::Parts;
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::ProviderId;
use leptos::prelude::use_context;

/// Sends a link to sign in to the address on file, if there is one.
///
/// # Errors
/// `bad-request` if the installation has no such provider or the account is empty; `rate-limited`.
pub async fn request_sign_in(provider: String, account: String) -> Result<(), ApiError> {
    let client = facts()?.client;
    let provider: ProviderId = provider
        .parse()
        .map_err(|_| refuse(ProblemName::BadRequest.into()))?;
    if account.trim().is_empty() {
        return Err(refuse(ProblemName::BadRequest.into()));
    }
    blocking(move |gridpass| gridpass.request_sign_in(&provider, &account, client)).await
}

/// Starts a session in this browser with the token of a link.
///
/// # Errors
/// `unauthorized` if the token is unknown, used or too old.
pub async fn finish_sign_in(token: String) -> Result<(), ApiError> {
    let begun = blocking(move |gridpass| gridpass.finish_sign_in(&token)).await?;
    let Some(begun) = begun else {
        return Err(refuse(ProblemName::Unauthorized.into()));
    };
    cookies::set_session(&begun.token);
    cookies::set_account_language(begun.session.language.into());
    Ok(())
}

/// Ends this browser's session, if it has one.
///
/// # Errors
/// The session cannot be ended for the moment; the browser keeps its cookie then.
pub async fn sign_out() -> Result<(), ApiError> {
    let token = use_context::<Parts>()
        .and_then(|parts| cookies::session_token(&parts.headers, cookie_security()));
    if let Some(token) = token {
        blocking(move |gridpass| gridpass.sign_out(&token)).await?;
    }
    cookies::forget_session();
    Ok(())
}
