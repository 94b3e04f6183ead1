//! `/vens`: the device as a VEN. It is there from its enrollment on; it may describe itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gridpass_protocol::ProblemName;
use gridpass_provider::{Described, Peer, Ven, VenDraft, VenPlace};
use serde::Deserialize;
use serde_json::Value;

use super::query::ListQuery;
use super::token::Caller;
use super::{objects, reports::unread};
use crate::http::store_problem;
use crate::problem::ProblemResponse;
use crate::state::App;

/// What a VEN says of itself (OpenADR 3.1, *venVenRequest*).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VenRequest {
    object_type: Option<String>,
    ven_name: String,
    #[serde(default)]
    attributes: Option<Vec<Value>>,
}

/// The one VEN that the device is.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(peer): Caller,
    query: ListQuery,
) -> Result<Json<Vec<Value>>, ProblemResponse> {
    let ven = own(&app, peer).await?;
    let is_named = query.ven_name.is_none_or(|name| name == ven.name);
    let is_targeted = query.targets.is_empty()
        || query
            .targets
            .iter()
            .any(|wanted| ven.targets.contains(wanted));
    let found = (is_named && is_targeted).then(|| objects::ven(&ven));
    Ok(Json(
        found
            .into_iter()
            .skip(query.skip as usize)
            .take(query.limit as usize)
            .collect(),
    ))
}

/// The VEN that the device is, by its id.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Caller(peer): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ProblemResponse> {
    only_own(&peer, &id)?;
    Ok(Json(objects::ven(&own(&app, peer).await?)))
}

/// The VEN describes itself for the first time.
pub(super) async fn describe(
    State(app): State<Arc<App>>,
    Caller(peer): Caller,
    body: Result<Json<VenRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ProblemResponse> {
    let ven = keep(&app, peer, VenPlace::First, body).await?;
    Ok((StatusCode::CREATED, ven))
}

/// The VEN describes itself anew.
pub(super) async fn describe_again(
    State(app): State<Arc<App>>,
    Caller(peer): Caller,
    Path(id): Path<String>,
    body: Result<Json<VenRequest>, JsonRejection>,
) -> Result<Json<Value>, ProblemResponse> {
    only_own(&peer, &id)?;
    keep(&app, peer, VenPlace::Again, body).await
}

fn only_own(peer: &Peer, id: &str) -> Result<(), ProblemResponse> {
    if id == peer.enrollment.to_string() {
        Ok(())
    } else {
        Err(ProblemResponse::of(ProblemName::NotFound))
    }
}

async fn own(app: &App, peer: Peer) -> Result<Ven, ProblemResponse> {
    app.run(move |gridpass| gridpass.ven(&peer.provider, peer.enrollment))
        .await?
        .map_err(|error| store_problem(&error))?
        .ok_or_else(|| ProblemResponse::of(ProblemName::NotFound))
}

async fn keep(
    app: &App,
    peer: Peer,
    place: VenPlace,
    body: Result<Json<VenRequest>, JsonRejection>,
) -> Result<Json<Value>, ProblemResponse> {
    let Json(request) = body.map_err(|rejection| unread(&rejection))?;
    if request.object_type.as_deref() == Some("BL_VEN_REQUEST") {
        return Err(ProblemResponse::saying(
            ProblemName::Forbidden,
            "Targets are the provider's to set. Send a VEN_VEN_REQUEST.",
        ));
    }
    let draft = VenDraft {
        name: request.ven_name,
        attributes: Value::Array(request.attributes.unwrap_or_default()),
    };
    let described = app
        .run(move |gridpass| gridpass.describe_ven(&peer.provider, peer.enrollment, place, draft))
        .await?
        .map_err(|error| store_problem(&error))?;
    match described {
        Described::Kept(ven) => Ok(Json(objects::ven(&ven))),
        Described::Before => Err(ProblemResponse::saying(
            ProblemName::Conflict,
            "This VEN has described itself before. Change it with PUT.",
        )),
        Described::Unfit => Err(ProblemResponse::saying(
            ProblemName::BadRequest,
            "A name has 1 to 128 printable characters, and attributes at most 16 KiB.",
        )),
    }
}
