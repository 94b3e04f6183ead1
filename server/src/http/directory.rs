//! `GET /.well-known/gridpass`: who the providers are and which certificates are theirs.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use gridpass_protocol::ProblemName;
use gridpass_provider::ProviderId;
use serde::Deserialize;

use super::openapi::refusals;
use crate::problem::ProblemResponse;
use crate::state::App;

#[derive(Debug, Deserialize)]
pub(crate) struct Filter {
    provider: Option<String>,
}

/// What a portal publishes.
#[derive(utoipa::ToSchema)]
#[schema(as = Directory)]
#[expect(dead_code, reason = "the schema of what `Directory` serializes to")]
struct DirectoryDocument {
    /// Versions of the protocol that the portal speaks.
    protocol_versions: Vec<u32>,
    /// The providers behind the portal.
    providers: Vec<EntryDocument>,
}

/// One provider of a portal.
#[derive(utoipa::ToSchema)]
#[schema(as = DirectoryEntry)]
#[expect(
    dead_code,
    reason = "the schema of what `DirectoryEntry` serializes to"
)]
struct EntryDocument {
    /// The provider's id.
    id: String,
    /// The provider's name, for people.
    name: String,
    /// PEM: the CA's root, its issuing certificate, then every live provider certificate.
    certificates: Vec<String>,
    /// Where devices post sealed messages.
    #[schema(required = false, nullable = false)]
    messages_url: Option<String>,
    /// Where gateways enrol over EST.
    #[schema(required = false, nullable = false)]
    est_url: Option<String>,
    /// Where devices come with their certificate in TLS.
    #[schema(required = false, nullable = false)]
    mtls_url: Option<String>,
}

refusals!(
    /// Why there is no directory.
    DirectoryRefusals: BadRequest, NotFound
);

/// Who the providers are, and which certificates are theirs.
#[utoipa::path(
    get,
    path = "/.well-known/gridpass",
    operation_id = "show_directory",
    tag = "enrollment",
    params(("provider" = Option<String>, Query, description = "Only this one")),
    responses(
        (status = 200, description = "The directory.", body = DirectoryDocument),
        DirectoryRefusals
    )
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Response, ProblemResponse> {
    let Query(filter) = filter.map_err(|_| ProblemResponse::of(ProblemName::BadRequest))?;
    let wanted = match filter.provider {
        None => None,
        Some(id) => Some(
            id.parse::<ProviderId>()
                .map_err(|_| ProblemResponse::of(ProblemName::NotFound))?,
        ),
    };
    let directory = app.gridpass.directory(wanted.as_ref());
    if wanted.is_some() && directory.providers.is_empty() {
        return Err(ProblemResponse::of(ProblemName::NotFound));
    }
    Ok(([(CACHE_CONTROL, "public, max-age=300")], Json(directory)).into_response())
}
