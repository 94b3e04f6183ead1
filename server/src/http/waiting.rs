//! Messages that may be answered late: `Prefer: wait=N` (RFC 7240, 4.3) on a poll.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue};
use gridpass_provider::{Gridpass, MessageError, OpenedMessage};

use crate::problem::ProblemResponse;
use crate::state::App;

/// The longest that anybody waits.
const LONGEST: Duration = Duration::from_secs(60);

const PREFER: HeaderName = HeaderName::from_static("prefer");
/// Says that the wish was heard.
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// How long the sender would wait for something to lie in its mailbox; none: not at all.
pub(crate) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get_all(PREFER)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|preference| preference.split(';').next())
        .filter_map(|preference| preference.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))?
        .1
        .trim()
        .trim_matches('"')
        .parse()
        .ok()?;
    let wait = Duration::from_secs(seconds).min(LONGEST);
    (!wait.is_zero()).then_some(wait)
}

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
    if let Some(listening) = listening {
        // Too late or not: what lies there is told.
        let _ = tokio::time::timeout(wait, listening.woken()).await;
    }
    let answer = app
        .run(move |gridpass| gridpass.answer_message(message))
        .await?;
    Ok(Heard {
        answer: answer.map_err(|error| problem(&error))?,
        applied: HeaderValue::from_str(&format!("wait={}", wait.as_secs())).ok(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wish_to_wait_is_read_as_rfc_7240_writes_it() {
        let asked = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(PREFER, HeaderValue::from_static(value));
            }
            asked(&headers).map(|wait| wait.as_secs())
        };
        for (values, seconds) in [
            (&["wait=20"][..], Some(20)),
            (&["respond-async, Wait = 20; x=y"], Some(20)),
            (&["return=minimal", "wait=\"7\""], Some(7)),
            (&["wait=600"], Some(60)),
            (&["wait=0"], None),
            (&["wait=-1"], None),
            (&["wait"], None),
            (&["wait=99999999999999999999"], None),
            (&[], None),
        ] {
            assert_eq!(asked(values), seconds, "{values:?}");
        }
    }
}
