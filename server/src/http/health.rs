//! `/healthz`: the process lives. `/readyz`: it can do its work.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use crate::problem::ProblemResponse;
use crate::state::App;

pub(crate) async fn live() -> &'static str {
    "ok\n"
}

pub(crate) async fn ready(
    State(app): State<Arc<App>>,
) -> Result<(StatusCode, &'static str), ProblemResponse> {
    app.run(|gridpass| gridpass.check_ready())
        .await?
        .map_err(|error| super::store_problem(&error))?;
    Ok((StatusCode::OK, "ready\n"))
}
