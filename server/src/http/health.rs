//! `/healthz`: the process lives. `/readyz`: it can do its work.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::openapi::refusals;
use crate::problem::ProblemResponse;
use crate::state::App;

/// The process lives.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "alive",
    tag = "service",
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain"))
)]
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

refusals!(
    /// Not ready.
    Unready: ServiceUnavailable
);

/// The portal can do its work: the database answers.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "ready",
    tag = "service",
    responses(
        (status = 200, description = "It can.", body = String, content_type = "text/plain"),
        Unready
    )
)]
pub(crate) async fn ready(
    State(app): State<Arc<App>>,
) -> Result<(StatusCode, &'static str), ProblemResponse> {
    app.run(|gridpass| gridpass.check_ready())
        .await?
        .map_err(|error| super::store_problem(&error))?;
    Ok((StatusCode::OK, "ready\n"))
}
