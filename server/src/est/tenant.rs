//! Which provider a call of EST is for.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use gridpass_protocol::ProblemName;
use gridpass_provider::ProviderId;

use crate::problem::ProblemResponse;
use crate::state::App;

/// The provider that the path names (RFC 7030, 3.2.2: an additional label); without a name the only one
/// of the installation.
pub(super) struct Tenant(pub(super) ProviderId);

impl FromRequestParts<Arc<App>> for Tenant {
    type Rejection = ProblemResponse;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Self, ProblemResponse> {
        let not_found = || ProblemResponse::of(ProblemName::NotFound);
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| not_found())?;
        let named = params
            .iter()
            .find(|(name, _)| *name == "provider")
            .map(|(_, provider)| provider.parse::<ProviderId>());
        let mut providers = app.gridpass.provider_list().into_iter();
        match named {
            Some(Ok(named)) => providers
                .find(|provider| provider.id == named)
                .map(|provider| Self(provider.id))
                .ok_or_else(not_found),
            Some(Err(_)) => Err(not_found()),
            None => match (providers.next(), providers.next()) {
                (Some(only), None) => Ok(Self(only.id)),
                _ => Err(ProblemResponse::saying(
                    ProblemName::NotFound,
                    "Several providers are served here. Name one: /.well-known/est/<provider>/….",
                )),
            },
        }
    }
}
