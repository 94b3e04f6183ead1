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

use crate::problem::ProblemResponse;
use crate::state::App;

#[derive(Debug, Deserialize)]
pub(crate) struct Filter {
    provider: Option<String>,
}

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
