//! Tokens of the provider's own systems.

use super::{require_staff, staff_actor};
use crate::{
    api::ApiError,
    ssr::{
        cookies,
        request::{blocking, redirect_form, refuse},
    },
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{ApiScope, ApiTokenId, ApiTokenView, StaffSession};
use uuid::Uuid;

/// The cookie that shows a new token once.
pub(crate) const MADE: &str = "token";

/// The provider's tokens.
///
/// # Errors
/// `forbidden` for whoever is no admin.
pub async fn list(staff: StaffSession) -> Result<Vec<ApiTokenView>, ApiError> {
    let actor = staff_actor(&staff)?;
    blocking(move |gridpass| gridpass.api_tokens(&staff, &actor)).await
}

/// Makes a token; the page shows it once.
///
/// # Errors
/// `forbidden`; `invalid` without a name or a scope.
pub async fn make(name: String, scopes: Vec<String>) -> Result<(), ApiError> {
    let staff = require_staff().await?;
    let actor = staff_actor(&staff)?;
    let scopes = scopes
        .iter()
        .map(|word| word.parse::<ApiScope>())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| refuse(ProblemName::Invalid.into()))?;
    let token = blocking(move |gridpass| {
        gridpass.make_api_token_at_desk(&staff, &scopes, name.trim(), actor)
    })
    .await?;
    cookies::show_once(MADE, &token);
    redirect_form("/staff/tokens");
    Ok(())
}

/// Revokes a token.
///
/// # Errors
/// `forbidden`; `not-found`.
pub async fn revoke(id: Uuid) -> Result<(), ApiError> {
    let staff = require_staff().await?;
    let actor = staff_actor(&staff)?;
    let id = ApiTokenId::from_uuid(id);
    blocking(move |gridpass| gridpass.revoke_api_token_at_desk(&staff, id, actor)).await?;
    redirect_form("/staff/tokens");
    Ok(())
}
