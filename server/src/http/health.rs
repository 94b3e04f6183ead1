//! `/livez`, and `/healthz` as it was called first: the process lives. `/readyz`: it can do its work.
//!
//! Everybody may ask, so nobody is told why not: that is in the log and in the metrics.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use gridpass_protocol::ProblemName;
use gridpass_provider::{NotReady, Readiness};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::openapi::refusals;
use crate::problem::ProblemResponse;
use crate::state::App;

/// For how long it is not looked again: however many ask, the database is asked once in this time.
const KEPT: Duration = Duration::from_secs(1);

/// What was found when it was last looked whether the server can do its work.
#[derive(Debug, Default)]
pub(crate) struct Verdict(Mutex<Option<(Instant, Found)>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Ready,
    Degraded,
    Not,
}

/// The process lives.
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "alive",
    tag = "service",
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain"))
)]
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// The process lives: another name of `/livez`.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthy",
    tag = "service",
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain"))
)]
pub(crate) async fn lives() -> &'static str {
    live().await
}

refusals!(
    /// Not ready.
    Unready: ServiceUnavailable
);

/// The portal can do its work: its own database can be written, and nobody has asked it to stop. It says
/// `degraded` when a CA does not answer: then devices that enrol are told to come back, and everything else
/// works.
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
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, ProblemResponse> {
    let not_ready = || ProblemResponse::of(ProblemName::ServiceUnavailable);
    if app.gridpass.is_stopping() {
        return Err(not_ready());
    }
    let mut verdict = app.readiness.0.lock().await;
    let found = match *verdict {
        Some((at, found)) if at.elapsed() < KEPT => found,
        _ => {
            let found = match app.run(|gridpass| gridpass.readiness()).await? {
                Ok(Readiness::Ready) => Found::Ready,
                Ok(Readiness::Degraded) => Found::Degraded,
                Err(NotReady::Stopping) => return Err(not_ready()),
                Err(error) => {
                    tracing::error!(%error, "not ready");
                    Found::Not
                }
            };
            *verdict = Some((Instant::now(), found));
            found
        }
    };
    match found {
        Found::Ready => Ok("ready\n"),
        Found::Degraded => Ok("degraded\n"),
        Found::Not => Err(not_ready()),
    }
}
