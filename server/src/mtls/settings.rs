//! `GET /api/v1/device/settings`: what a device goes by.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use gridpass_protocol::{ProblemName, Settings};

use super::Enrolled;
use crate::http::store_problem;
use crate::problem::ProblemResponse;
use crate::state::App;

/// The settings of the device that asks.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Enrolled(peer): Enrolled,
) -> Result<Json<Settings>, ProblemResponse> {
    app.run(move |gridpass| gridpass.device_settings(&peer))
        .await?
        .map_err(|error| store_problem(&error))?
        .map(Json)
        .ok_or_else(|| ProblemResponse::of(ProblemName::NotFound))
}
