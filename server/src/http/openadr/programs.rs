//! `/programs`: the programmes of the device's provider.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use gridpass_protocol::ProblemName;
use serde_json::Value;

use super::objects;
use super::query::ListQuery;
use super::token::Caller;
use crate::http::store_problem;
use crate::problem::ProblemResponse;
use crate::state::App;

/// All of them, by name. None has a target, so that a query for targets finds none.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(peer): Caller,
    query: ListQuery,
) -> Result<Json<Vec<Value>>, ProblemResponse> {
    let programs = app
        .run(move |gridpass| gridpass.ven_programs(&peer.provider))
        .await?
        .map_err(|error| store_problem(&error))?;
    let wanted = programs.iter().filter(|_| query.targets.is_empty());
    let page = wanted.skip(query.skip as usize).take(query.limit as usize);
    Ok(Json(page.map(objects::program).collect()))
}

/// One of them.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Caller(peer): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ProblemResponse> {
    let not_found = || ProblemResponse::of(ProblemName::NotFound);
    let id = id.parse().map_err(|_| not_found())?;
    app.run(move |gridpass| gridpass.ven_program(&peer.provider, id))
        .await?
        .map_err(|error| store_problem(&error))?
        .map(|program| Json(objects::program(&program)))
        .ok_or_else(not_found)
}
