//! How a member of staff keeps the own way in safe.

use crate::api::ApiError;
use leptos::prelude::*;

/// Ends every session of the member of staff who is signed in.
#[server(prefix = "/api/fn", endpoint = "staff/security/sign-out-everywhere")]
pub async fn staff_sign_out_everywhere() -> Result<(), ApiError> {
    crate::ssr::staff::security::sign_out_everywhere().await
}

/// Changes the password of the member of staff who is signed in.
#[server(prefix = "/api/fn", endpoint = "staff/security/password")]
pub async fn change_password(
    /// The password of today.
    password: String,
    /// The one from now on.
    new_password: String,
    /// The authenticator's code.
    code: String,
) -> Result<(), ApiError> {
    crate::ssr::staff::security::change_password(password, new_password, code).await
}
