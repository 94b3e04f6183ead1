//! Messages that may be answered late: `Prefer: wait=N` (RFC 7240, 4.3) on a poll.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue};
use gridpass_provider::{Gridpass, MessageError, OpenedMessage};

pub(crate) use super::prefer::asked;
use crate::problem::ProblemResponse;
use crate::state::App;

/// Says that the wish was heard.
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// How long a request may take beyond what every request may take.
pub(crate) fn beyond_timeout(route: &str, headers: &HeaderMap) -> Duration {
    let may_wait = matches!(route, "/api/v1/messages" | "/api/v1/device/messages");
    let wait = may_wait.then(|| asked(headers)).flatten();
    wait.unwrap_or_default()
}

/// An answer, and whether its sender was made to wait as it wished.
pub(crate) struct Heard {
    pub answer: String,
    pub applied: Option<HeaderValue>,
}

/// Opens a message, waits while nothing lies in its sender's mailbox if the sender wishes so, and
/// answers it. No turn is held meanwhile; who hangs up has said nothing.
///
/// # Errors
/// Why the message is not answered.
pub(crate) async fn hear(
    app: &Arc<App>,
    client: IpAddr,
    wait: Option<Duration>,
    open: impl FnOnce(&Gridpass) -> Result<OpenedMessage, MessageError> + Send + 'static,
) -> Result<Heard, ProblemResponse> {
    let Some(wait) = wait else {
        let answer = app
            .run(move |gridpass| gridpass.answer_message(open(gridpass)?))
            .await?;
        return Ok(Heard {
            answer: answer.map_err(|error| problem(&error))?,
            applied: None,
        });
    };
    let (message, listening) = app
        .run(move |gridpass| {
            let mut message = open(gridpass)?;
            let listening = gridpass.wait_for_items(&mut message)?;
            Ok((message, listening))
        })
        .await?
        .map_err(|error| problem(&error))?;
    // Where as many stand as may, the answer is simply early.
    let place = app.standing.take(client);
    if let (Some(listening), Some(_)) = (listening, &place) {
        // Too late or not: what lies there is told.
        let _ = tokio::time::timeout(wait, listening.woken()).await;
    }
    let answer = app
        .run(move |gridpass| gridpass.answer_message(message))
        .await?;
    Ok(Heard {
        answer: answer.map_err(|error| problem(&error))?,
        applied: place
            .and_then(|_| HeaderValue::from_str(&format!("wait={}", wait.as_secs())).ok()),
    })
}

/// A refusal is the device's business; a fault is ours too, and goes into the log.
fn problem(error: &MessageError) -> ProblemResponse {
    let problem = error.problem();
    if problem.status >= 500 {
        tracing::error!(%error, "a message was not answered");
    }
    ProblemResponse::new(problem)
}
