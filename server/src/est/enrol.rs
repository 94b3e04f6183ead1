//! `simpleenroll`: the first certificate, for a label (RFC 7030, 4.2.1).

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use gridpass_app::ssr::{RequestFacts, keep_pace};
use gridpass_protocol::ProblemName;
use gridpass_provider::{ConfirmationError, EstError, EstRequest};

use super::basic::{self, Basic};
use super::tenant::Tenant;
use super::{body, certificates, problem};
use crate::http::{body_problem, media_type};
use crate::problem::ProblemResponse;
use crate::state::App;

/// Enrols a device with user and password of its label.
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    Tenant(provider): Tenant,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    // Some clients ask without, to hear which scheme is wanted: before they send anything.
    let Some(Basic { user, password }) = Basic::of(&headers) else {
        return basic::unauthorized();
    };
    let csr = match request(&headers, body) {
        Ok(csr) => csr,
        Err(problem) => return problem.into_response(),
    };
    let arrived = facts.arrived;
    let outcome = app
        .run(move |gridpass| {
            gridpass.est_enrol(EstRequest {
                provider: &provider,
                user: &user,
                password: &password,
                csr,
                client: facts.client,
                request_id: facts.request_id.parse().ok(),
            })
        })
        .await;
    match outcome {
        Ok(Ok(message)) => certificates(&message),
        Ok(Err(error)) => {
            // No refusal tells by its time whether the temporary id exists.
            keep_pace(arrived).await;
            refuse(&error)
        }
        Err(problem) => problem.into_response(),
    }
}

/// The DER of a PKCS#10 request in a body.
pub(super) fn request(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Vec<u8>, ProblemResponse> {
    let is_request = headers.get(CONTENT_TYPE).is_some_and(|value| {
        media_type(value.as_bytes()).eq_ignore_ascii_case(b"application/pkcs10")
    });
    if !is_request {
        return Err(ProblemResponse::saying(
            ProblemName::UnsupportedMediaType,
            "Send the request as application/pkcs10.",
        ));
    }
    let body = body.map_err(|rejection| ProblemResponse::of(body_problem(&rejection)))?;
    body::decode(&body)
}

fn refuse(error: &EstError) -> Response {
    match error {
        EstError::Credentials => basic::unauthorized(),
        EstError::Confirmation(error @ ConfirmationError::InvalidOtp { .. }) => {
            basic::challenge(ProblemResponse::new(error.problem()))
        }
        // RFC 7030, 4.2.3: not a refusal. The client sends the same request again.
        EstError::Confirmation(ConfirmationError::AwaitsApproval { retry_after }) => (
            StatusCode::ACCEPTED,
            [(RETRY_AFTER, retry_after.to_string())],
            "The provider has to approve this device first. Send the same request again later.\n",
        )
            .into_response(),
        error => problem(error).into_response(),
    }
}
