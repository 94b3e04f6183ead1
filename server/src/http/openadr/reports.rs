//! `/reports`: what the device reports about events.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gridpass_protocol::ProblemName;
use gridpass_provider::{HearingError, ReportId, ReportQuery};
use serde_json::Value;

use super::objects;
use super::query::ListQuery;
use super::token::Caller;
use crate::http::store_problem;
use crate::problem::ProblemResponse;
use crate::state::App;

/// The device's own reports, oldest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(peer): Caller,
    query: ListQuery,
) -> Result<Json<Vec<Value>>, ProblemResponse> {
    let device = peer.enrollment;
    let event = match query.event.as_deref().map(str::parse) {
        None => None,
        Some(Ok(event)) => Some(event),
        // No report is about an event that cannot be.
        Some(Err(_)) => return Ok(Json(Vec::new())),
    };
    let wanted = ReportQuery {
        event,
        client_name: query.client_name,
        skip: query.skip,
        limit: query.limit,
    };
    let reports = app
        .run(move |gridpass| gridpass.ven_reports(&peer.provider, device, &wanted))
        .await?
        .map_err(|error| store_problem(&error))?;
    let objects = reports.iter().map(|report| objects::report(report, device));
    Ok(Json(objects.collect()))
}

/// A new report.
pub(super) async fn make(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ProblemResponse> {
    let made = keep(app, caller, None, body).await?;
    Ok((StatusCode::CREATED, made))
}

/// One of the device's own.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Caller(peer): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ProblemResponse> {
    let id = read_id(&id)?;
    let device = peer.enrollment;
    app.run(move |gridpass| gridpass.ven_report(&peer.provider, device, id))
        .await?
        .map_err(|error| store_problem(&error))?
        .map(|report| Json(objects::report(&report, device)))
        .ok_or_else(|| ProblemResponse::of(ProblemName::NotFound))
}

/// Another report in the place of one of the device's own.
pub(super) async fn replace(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Json<Value>, ProblemResponse> {
    let id = read_id(&id)?;
    keep(app, caller, Some(id), body).await
}

async fn keep(
    app: Arc<App>,
    Caller(peer): Caller,
    place: Option<ReportId>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Json<Value>, ProblemResponse> {
    let Json(body) = body.map_err(|rejection| unread(&rejection))?;
    let device = peer.enrollment;
    let kept = app
        .run(move |gridpass| gridpass.keep_ven_report(&peer.provider, device, place, &body))
        .await?
        .map_err(refusal)?;
    Ok(Json(objects::report(&kept, device)))
}

fn read_id(id: &str) -> Result<ReportId, ProblemResponse> {
    id.parse()
        .map_err(|_| ProblemResponse::of(ProblemName::NotFound))
}

/// Why a body was not read.
pub(super) fn unread(rejection: &JsonRejection) -> ProblemResponse {
    ProblemResponse::of(match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ProblemName::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ProblemName::UnsupportedMediaType,
        _ => ProblemName::BadRequest,
    })
}

fn refusal(error: HearingError) -> ProblemResponse {
    let name = match &error {
        HearingError::UnknownEvent | HearingError::UnknownReport => ProblemName::NotFound,
        HearingError::BadReport => ProblemName::BadRequest,
        HearingError::TooManyReports => ProblemName::Conflict,
        HearingError::Store(error) => return store_problem(error),
    };
    ProblemResponse::saying(name, sentence(&error.to_string()))
}

/// An error's text as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}
