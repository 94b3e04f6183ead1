//! Passkeys. Each ceremony has two halves, and the page's script goes between them.

use crate::api::ApiError;
use leptos::prelude::*;

/// Begins to sign in with a passkey: what the browser is asked, JSON. Open to everybody.
#[server(prefix = "/api/fn", endpoint = "staff/passkey/sign-in/begin")]
pub async fn begin_passkey_sign_in() -> Result<String, ApiError> {
    crate::ssr::staff::passkey::begin_sign_in().await
}

/// Signs in with a passkey. Open to the browser that began.
#[server(prefix = "/api/fn", endpoint = "staff/passkey/sign-in/finish")]
pub async fn finish_passkey_sign_in(
    /// What the browser answered, JSON.
    credential: String,
) -> Result<(), ApiError> {
    crate::ssr::staff::passkey::finish_sign_in(credential).await
}

/// Begins to accept the invitation that was opened in this browser with a passkey.
#[server(prefix = "/api/fn", endpoint = "staff/passkey/accept/begin")]
pub async fn begin_passkey_accept() -> Result<String, ApiError> {
    crate::ssr::staff::passkey::begin_accept().await
}

/// Accepts the invitation that was opened in this browser with a passkey.
#[server(prefix = "/api/fn", endpoint = "staff/passkey/accept/finish")]
pub async fn finish_passkey_accept(
    /// What the browser answered, JSON.
    credential: String,
    /// What the passkey is called.
    #[server(default)]
    name: String,
) -> Result<(), ApiError> {
    crate::ssr::staff::passkey::finish_accept(credential, name).await
}

/// Begins to add a passkey for the member of staff who is signed in.
#[server(prefix = "/api/fn", endpoint = "staff/passkey/add/begin")]
pub async fn begin_passkey() -> Result<String, ApiError> {
    crate::ssr::staff::passkey::begin_add().await
}

/// Adds a passkey for the member of staff who is signed in.
#[server(prefix = "/api/fn", endpoint = "staff/passkey/add/finish")]
pub async fn finish_passkey(
    /// What the browser answered, JSON.
    credential: String,
    /// What the passkey is called.
    #[server(default)]
    name: String,
) -> Result<(), ApiError> {
    crate::ssr::staff::passkey::finish_add(credential, name).await
}

/// Removes a passkey of the member of staff who is signed in.
#[server(prefix = "/api/fn", endpoint = "staff/passkey/remove")]
pub async fn remove_passkey(
    /// The passkey's id.
    id: String,
) -> Result<(), ApiError> {
    crate::ssr::staff::passkey::remove(id).await
}
