//! Tokens of the provider's own systems.

use crate::api::ApiError;
use leptos::prelude::*;
use uuid::Uuid;

/// Makes a token; it is shown once. For admins.
#[server(prefix = "/api/fn", endpoint = "staff/tokens/make")]
pub async fn make_token(
    /// What it is for.
    name: String,
    /// The words of what it allows.
    #[server(default)]
    scopes: Vec<String>,
) -> Result<(), ApiError> {
    crate::ssr::staff::tokens::make(name, scopes).await
}

/// Revokes a token. For admins.
#[server(prefix = "/api/fn", endpoint = "staff/tokens/revoke")]
pub async fn revoke_token(
    /// The token's id.
    id: Uuid,
) -> Result<(), ApiError> {
    crate::ssr::staff::tokens::revoke(id).await
}
