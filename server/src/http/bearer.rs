//! Bearer tokens (RFC 6750): who of the provider's own systems calls, and what it may do.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use gridpass_protocol::ProblemName;
use gridpass_provider::{ApiClient, ApiScope, Gridpass};

use crate::problem::ProblemResponse;

/// The token of a request, not looked up yet.
pub(super) struct Bearer(String);

impl Bearer {
    /// # Errors
    /// `unauthorized` without a bearer token.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, ProblemResponse> {
        headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| Self(token.trim().to_owned()))
            .ok_or_else(|| ProblemResponse::of(ProblemName::Unauthorized))
    }

    /// The token itself.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// `unauthorized` if it is unknown or revoked, `forbidden` if it does not have this scope.
    pub(super) fn client(
        &self,
        gridpass: &Gridpass,
        scope: ApiScope,
    ) -> Result<ApiClient, ProblemResponse> {
        let client = gridpass
            .api_client(&self.0)
            .map_err(|error| super::store_problem(&error))?
            .ok_or_else(|| ProblemResponse::of(ProblemName::Unauthorized))?;
        if client.scopes.contains(&scope) {
            return Ok(client);
        }
        Err(ProblemResponse::saying(
            ProblemName::Forbidden,
            format!("This call takes a token with the scope {scope}. Ask an admin for one."),
        ))
    }
}
