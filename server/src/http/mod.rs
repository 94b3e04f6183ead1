//! The HTTP calls of the protocol, one file a stage (protocol, "HTTP").

use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use gridpass_protocol::ProblemName;
use gridpass_provider::StoreError;

use crate::problem::ProblemResponse;

mod bearer;
pub(crate) mod confirmation;
pub(crate) mod directory;
pub(crate) mod health;
pub(crate) mod label;
pub(crate) mod manual;
pub(crate) mod openapi;
pub(crate) mod registrations;
pub(crate) mod staff;

/// What a body that could not be read is called.
fn body_problem(rejection: &BytesRejection) -> ProblemName {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ProblemName::PayloadTooLarge
    } else {
        ProblemName::BadRequest
    }
}

/// A content type without its parameters.
fn media_type(value: &[u8]) -> &[u8] {
    value
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii()
}

/// The database failed: nothing was done, and doing it again may help.
fn store_problem(error: &StoreError) -> ProblemResponse {
    tracing::error!(%error, "the database failed");
    ProblemResponse::of(ProblemName::ServiceUnavailable)
}
