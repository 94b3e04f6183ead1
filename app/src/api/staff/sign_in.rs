//! How staff come in and go.

use crate::api::ApiError;
use leptos::prelude::*;

/// Signs a member of staff in. Open to everybody.
#[server(prefix = "/api/fn", endpoint = "staff/sign-in")]
pub async fn staff_sign_in(
    /// The provider's id.
    provider: String,
    /// The address.
    email: String,
    /// The password.
    password: String,
    /// The authenticator's code.
    code: String,
) -> Result<(), ApiError> {
    crate::ssr::staff::sign_in::sign_in(provider, email, password, code).await
}

/// Opens an invitation in this browser. Open to whoever has one.
#[server(prefix = "/api/fn", endpoint = "staff/invitation")]
pub async fn open_invitation(
    /// The invitation's code.
    token: String,
) -> Result<(), ApiError> {
    crate::ssr::staff::sign_in::open_invitation(token).await
}

/// Accepts the invitation that was opened in this browser. Open to whoever has one.
#[server(prefix = "/api/fn", endpoint = "staff/accept")]
pub async fn accept_invitation(
    /// The password from now on.
    password: String,
    /// The authenticator's code.
    code: String,
) -> Result<(), ApiError> {
    crate::ssr::staff::sign_in::accept(password, code).await
}

/// Ends the session of this browser's member of staff. Open to everybody.
#[server(prefix = "/api/fn", endpoint = "staff/sign-out")]
pub async fn staff_sign_out() -> Result<(), ApiError> {
    crate::ssr::staff::sign_in::sign_out().await
}
