//! Refusals as `application/problem+json` (RFC 9457).

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use gridpass_protocol::problem::{Problem, ProblemName};

/// When to come back to a server that had no room, in seconds, if nothing better is known.
pub(crate) const COME_BACK: u64 = 5;

/// A problem as an HTTP answer. Boxed: a refusal is rare, and every `Result` carries room for it.
#[derive(Debug)]
pub(crate) struct ProblemResponse(pub Box<Problem>);

impl ProblemResponse {
    /// A problem that a use case worded. Who is refused for lack of room is always told when to come back.
    pub(crate) fn new(problem: Problem) -> Self {
        let told = problem.retry_after.is_some();
        let problem = match problem.status {
            503 if !told => problem.with_retry_after(COME_BACK),
            _ => problem,
        };
        Self(Box::new(problem))
    }

    /// A problem that the server finds by itself, with the sentence that says what to do next.
    pub(crate) fn of(name: ProblemName) -> Self {
        Self::new(Problem::new(name, sentence(name)))
    }

    /// The same with a sentence of its own.
    pub(crate) fn saying(name: ProblemName, sentence: impl Into<String>) -> Self {
        Self::new(Problem::new(name, sentence))
    }

    /// `invalid`, with the word that tells which of the rules was not kept.
    pub(crate) fn invalid(reason: &str, sentence: &str) -> Self {
        Self::new(Problem::new(ProblemName::Invalid, sentence).with_reason(reason))
    }
}

const fn sentence(name: ProblemName) -> &'static str {
    match name {
        ProblemName::NotFound => "There is nothing here. Check the address.",
        ProblemName::MethodNotAllowed => {
            "This address takes another method; see the protocol page."
        }
        ProblemName::PayloadTooLarge => "Send a smaller request.",
        ProblemName::UnsupportedMediaType => "Send the content type that this call takes.",
        ProblemName::Unauthorized => "Send a valid token in the Authorization header.",
        ProblemName::Forbidden => {
            "This request came from another site. Open the portal itself and try again."
        }
        ProblemName::ServiceUnavailable => "The server is busy. Try again in a few seconds.",
        ProblemName::RequestTimeout => "Send the request again, on a better connection if you can.",
        ProblemName::InternalError => {
            "Something went wrong on our side. Try again; if it stays, call support with the request id."
        }
        _ => "The request cannot be read. Check it against the protocol page.",
    }
}

impl IntoResponse for ProblemResponse {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static(Problem::CONTENT_TYPE),
        );
        if let Some(seconds) = self.0.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.0.name == ProblemName::Unauthorized {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
