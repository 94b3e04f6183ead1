//! Signing in and out.

use super::{
    cookies, keep_pace,
    request::{blocking, cookie_security, facts, refuse},
    staff::browser,
};
use crate::api::ApiError;
use axum::http::request::Parts;
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{AccountView, NewSession, ProviderId, Session, SessionView, StoreError};
use leptos::prelude::use_context;

/// Sends a link to sign in to the address on file, if there is one.
///
/// # Errors
/// `bad-request` if the installation has no such provider or the account is empty; `rate-limited`.
pub async fn request_sign_in(provider: String, account: String) -> Result<(), ApiError> {
    let (from, asked) = (browser()?, cookies::asking());
    let provider: ProviderId = provider
        .parse()
        .map_err(|_| refuse(ProblemName::BadRequest.into()))?;
    if account.trim().is_empty() {
        return Err(refuse(ProblemName::BadRequest.into()));
    }
    let outcome =
        blocking(move |gridpass| gridpass.request_sign_in(&provider, &account, asked, &from)).await;
    keep_pace(facts()?.arrived).await;
    cookies::set_asking(&outcome?);
    Ok(())
}

/// Starts a session in this browser with the token of a link.
///
/// # Errors
/// `unauthorized` if the token is unknown, used or too old; `forbidden` if another browser asked
/// for it.
pub async fn finish_sign_in(token: String) -> Result<(), ApiError> {
    let (from, asking) = (browser()?, cookies::asking());
    let begun =
        blocking(move |gridpass| gridpass.finish_sign_in(&token, asking.as_ref(), &from)).await?;
    keep(begun).await
}

/// Starts a session in this browser with the code that was sent for it.
///
/// # Errors
/// `unauthorized` if the code is wrong, used or too old.
pub async fn finish_sign_in_by_code(code: String) -> Result<(), ApiError> {
    let from = browser()?;
    let asking = cookies::asking().ok_or_else(|| refuse(ProblemName::Unauthorized.into()))?;
    let outcome =
        blocking(move |gridpass| gridpass.finish_sign_in_by_code(&code, &asking, &from)).await;
    keep_pace(facts()?.arrived).await;
    keep(outcome?).await
}

/// What is kept about a customer, and the browsers that are signed in.
///
/// # Errors
/// The database failed.
pub async fn own_view(
    session: Session,
) -> Result<(Option<AccountView>, Vec<SessionView>), ApiError> {
    blocking(move |gridpass| {
        Ok::<_, StoreError>((
            gridpass.own_account(&session)?,
            gridpass.sessions_of(&session)?,
        ))
    })
    .await
}

/// Ends every session of an account.
///
/// # Errors
/// The database failed.
pub async fn sign_out_everywhere(session: Session) -> Result<(), ApiError> {
    let actor = super::device::actor(&session)?;
    blocking(move |gridpass| gridpass.sign_out_everywhere(&session, actor)).await?;
    cookies::forget_session();
    Ok(())
}

/// Puts a session into this browser; the one that it had before ends.
async fn keep(begun: NewSession) -> Result<(), ApiError> {
    end_own_session().await?;
    cookies::forget_asking();
    cookies::set_session(&begun.token);
    cookies::set_account_language(begun.session.language.into());
    Ok(())
}

async fn end_own_session() -> Result<(), ApiError> {
    let token = use_context::<Parts>()
        .and_then(|parts| cookies::session_token(&parts.headers, cookie_security()));
    match token {
        Some(token) => blocking(move |gridpass| gridpass.sign_out(&token)).await,
        None => Ok(()),
    }
}

/// Ends this browser's session, if it has one.
///
/// # Errors
/// The session cannot be ended for the moment; the browser keeps its cookie then.
pub async fn sign_out() -> Result<(), ApiError> {
    end_own_session().await?;
    cookies::forget_session();
    Ok(())
}
