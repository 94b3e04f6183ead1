//! Signing in and out.

use super::ApiError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// The account's name.
    pub name: String,
    /// The provider's id.
    pub provider: String,
}

/// Who is signed in with this browser, if anybody. Open to everybody.
#[server(prefix = "/api/fn", endpoint = "session")]
pub async fn session() -> Result<Option<SessionView>, ApiError> {
    let session = crate::ssr::session().await?;
    Ok(session.map(Into::into))
}

/// Sends a link and a code to sign in to the address on file. Open to everybody; the answer is the same whether
/// the account exists or not.
#[server(prefix = "/api/fn", endpoint = "sign-in")]
pub async fn request_sign_in(
    /// The provider's id.
    provider: String,
    /// Account number or e-mail address.
    account: String,
) -> Result<(), ApiError> {
    crate::ssr::account::request_sign_in(provider, account).await?;
    leptos_axum::redirect("/account/code");
    Ok(())
}

/// Starts a session with the token of a sign-in link. Open to whoever has such a token.
#[server(prefix = "/api/fn", endpoint = "sign-in/link")]
pub async fn finish_sign_in(
    /// The token of the link.
    token: String,
) -> Result<(), ApiError> {
    crate::ssr::account::finish_sign_in(token).await?;
    crate::ssr::redirect_form("/devices");
    Ok(())
}

/// Starts a session with the code that was sent to the address on file. Open to the browser that
/// asked for it.
#[server(prefix = "/api/fn", endpoint = "sign-in/code")]
pub async fn finish_sign_in_by_code(
    /// The eight digits.
    code: String,
) -> Result<(), ApiError> {
    crate::ssr::account::finish_sign_in_by_code(code).await?;
    crate::ssr::redirect_form("/devices");
    Ok(())
}

/// Ends every session of the account that is signed in with this browser.
#[server(prefix = "/api/fn", endpoint = "sign-out-everywhere")]
pub async fn sign_out_everywhere() -> Result<(), ApiError> {
    let session = crate::ssr::require_session().await?;
    crate::ssr::account::sign_out_everywhere(session).await?;
    leptos_axum::redirect("/");
    Ok(())
}

/// Ends this browser's session. Open to everybody; without a session nothing happens.
#[server(prefix = "/api/fn", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), ApiError> {
    crate::ssr::account::sign_out().await?;
    leptos_axum::redirect("/");
    Ok(())
}
