//! The HTTP calls of the protocol, one file a stage (protocol, "HTTP").

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use gridpass_protocol::ProblemName;
use gridpass_provider::StoreError;
use serde::de::DeserializeOwned;

use crate::door;
use crate::problem::ProblemResponse;

pub(crate) mod accounts;
pub(crate) mod audit;
mod bearer;
pub(crate) mod confirmation;
pub(crate) mod directory;
pub(crate) mod health;
mod idempotency;
pub(crate) mod installed;
pub(crate) mod instructions;
pub(crate) mod label;
pub(crate) mod letters;
pub(crate) mod manual;
pub(crate) mod messages;
pub(crate) mod oidc;
pub(crate) mod openadr;
pub(crate) mod openapi;
pub(crate) mod own_data;
pub(crate) mod prefer;
pub(crate) mod registrations;
pub(crate) mod revocation;
pub(crate) mod staff;
pub(crate) mod staff_import;
pub(crate) mod staff_jobs;
pub(crate) mod waiting;
pub(crate) mod wake;

/// What a body that could not be read is called.
pub(crate) fn body_problem(rejection: &BytesRejection) -> ProblemName {
    if door::is_too_slow(rejection) {
        return ProblemName::RequestTimeout;
    }
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ProblemName::PayloadTooLarge
    } else {
        ProblemName::BadRequest
    }
}

/// The content type of a sealed message.
const JOSE: &str = "application/jose";

/// A sealed message: text, whatever is in it.
///
/// # Errors
/// `unsupported-media-type`, `payload-too-large`, `bad-request`.
fn jose_body(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<String, ProblemResponse> {
    let is_jose = headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| media_type(value.as_bytes()) == JOSE.as_bytes());
    if !is_jose {
        return Err(ProblemResponse::of(ProblemName::UnsupportedMediaType));
    }
    let body = body.map_err(|rejection| ProblemResponse::of(body_problem(&rejection)))?;
    String::from_utf8(body.into()).map_err(|_| ProblemResponse::of(ProblemName::BadRequest))
}

/// A JSON body of this shape.
///
/// # Errors
/// `unsupported-media-type`, `payload-too-large`, `bad-request`.
fn json_body<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<T, ProblemResponse> {
    let body = json_bytes(headers, body)?;
    // The sentence never says what was in it: that may be a device ID.
    serde_json::from_slice(&body).map_err(|error| {
        let sentence = match error.classify() {
            serde_json::error::Category::Data => {
                "A field is missing, unknown or out of its bounds. Check the request against the description at /developers."
            }
            _ => "The body is not JSON.",
        };
        ProblemResponse::saying(ProblemName::BadRequest, sentence)
    })
}

/// A JSON body, whatever is in it.
///
/// # Errors
/// `unsupported-media-type`, `payload-too-large`, `bad-request`.
pub(crate) fn json_bytes(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Bytes, ProblemResponse> {
    let body = body.map_err(|rejection| ProblemResponse::of(body_problem(&rejection)))?;
    let is_json = headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| media_type(value.as_bytes()) == b"application/json");
    if is_json {
        Ok(body)
    } else {
        Err(ProblemResponse::of(ProblemName::UnsupportedMediaType))
    }
}

/// A content type without its parameters.
pub(crate) fn media_type(value: &[u8]) -> &[u8] {
    value
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii()
}

/// The database failed: nothing was done, and doing it again may help.
pub(crate) fn store_problem(error: &StoreError) -> ProblemResponse {
    tracing::error!(%error, "the database failed");
    ProblemResponse::of(ProblemName::ServiceUnavailable)
}
