//! `GET /staff/audit.jsonl`: the record of who did what, a line of JSON an entry.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use gridpass_app::ssr::RequestFacts;
use gridpass_protocol::ProblemName;
use gridpass_provider::{Actor, Permission, PermissionError, ProviderId};
use serde_json::json;
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::wrappers::ReceiverStream;

use super::staff::staff;
use crate::problem::ProblemResponse;
use crate::state::{App, in_request};

/// Entries that are read at once.
const PIECE: u32 = 1000;
/// Pieces that are read ahead of a slow reader.
const AHEAD: usize = 2;

/// Every entry of one's provider, oldest first, and a signed checkpoint of the end last. Read piece by piece
/// as the reader takes it.
pub(crate) async fn export(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    headers: HeaderMap,
) -> Result<Response, ProblemResponse> {
    let staff = staff(&app, &headers).await?;
    let provider = staff.provider.clone();
    let checkpoint = app
        .run(move |gridpass| {
            let actor = in_request(Actor::staff(&staff), &facts);
            gridpass.check_permission(&staff, Permission::ReadAudit, &actor)?;
            Ok::<_, PermissionError>(gridpass.audit_checkpoint(&staff.provider)?)
        })
        .await?
        .map_err(|error| match error {
            PermissionError::Store(error) => super::store_problem(&error),
            PermissionError::NotAllowed(_) => ProblemResponse::of(ProblemName::Forbidden),
        })?;
    let (sender, receiver) = channel(AHEAD);
    tokio::spawn(send(app, provider, checkpoint, sender));
    Ok((
        [
            (CONTENT_TYPE, "application/jsonl"),
            (CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\""),
            (CACHE_CONTROL, "no-store"),
        ],
        Body::from_stream(ReceiverStream::new(receiver)),
    )
        .into_response())
}

/// What ends an export early: the reader gets no last line, and knows that it is not whole.
#[derive(Debug, thiserror::Error)]
#[error("the audit could not be read to its end")]
struct Interrupted;

async fn send(
    app: Arc<App>,
    provider: ProviderId,
    checkpoint: String,
    sender: Sender<Result<Bytes, Interrupted>>,
) {
    let mut last = 0;
    loop {
        let of = provider.clone();
        let piece = app
            .run(move |gridpass| gridpass.audit_after(&of, last, PIECE))
            .await;
        let Ok(Ok(piece)) = piece else {
            tracing::error!(%provider, "an export of the audit was interrupted");
            let _ = sender.send(Err(Interrupted)).await;
            return;
        };
        let Some(youngest) = piece.last() else { break };
        last = youngest.seq;
        let lines: String = piece
            .iter()
            .map(|entry| format!("{}\n", entry.json()))
            .collect();
        // A reader that has gone needs no more.
        if sender.send(Ok(lines.into())).await.is_err() {
            return;
        }
    }
    let line = format!("{}\n", json!({ "checkpoint": checkpoint }));
    let _ = sender.send(Ok(line.into())).await;
}
