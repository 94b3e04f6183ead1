//! `/events`: the events that the device was told of.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use gridpass_protocol::ProblemName;
use gridpass_provider::{Currency, EventQuery};
use serde_json::Value;

use super::objects;
use super::query::ListQuery;
use super::token::Caller;
use crate::http::store_problem;
use crate::problem::ProblemResponse;
use crate::state::App;

/// Those that are not cancelled, the most important first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(peer): Caller,
    query: ListQuery,
) -> Result<Json<Vec<Value>>, ProblemResponse> {
    let active = match query.active.as_deref() {
        None => None,
        Some("true") => Some(Currency::Current),
        Some("false") => Some(Currency::Over),
        Some(_) => {
            return Err(ProblemResponse::saying(
                ProblemName::BadRequest,
                "The parameter active is true or false.",
            ));
        }
    };
    let program = match query.program.as_deref().map(str::parse) {
        None => None,
        Some(Ok(program)) => Some(program),
        // No event is of a programme that cannot be.
        Some(Err(_)) => return Ok(Json(Vec::new())),
    };
    let wanted = EventQuery {
        program,
        active,
        targets: query.targets,
        skip: query.skip as usize,
        limit: query.limit as usize,
    };
    let events = app
        .run(move |gridpass| gridpass.ven_events(&peer.provider, peer.enrollment, &wanted))
        .await?
        .map_err(|error| store_problem(&error))?;
    Ok(Json(events.iter().map(objects::event).collect()))
}

/// One of them.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Caller(peer): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ProblemResponse> {
    let not_found = || ProblemResponse::of(ProblemName::NotFound);
    let id = id.parse().map_err(|_| not_found())?;
    app.run(move |gridpass| gridpass.ven_event(&peer.provider, peer.enrollment, id))
        .await?
        .map_err(|error| store_problem(&error))?
        .map(|event| Json(objects::event(&event)))
        .ok_or_else(not_found)
}
