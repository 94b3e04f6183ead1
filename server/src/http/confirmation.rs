//! `POST /api/v1/enrollments/{temporary_id}/confirmation`: stages 7 to 9 in one call.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use gridpass_app::ssr::{RequestFacts, keep_pace};
use gridpass_protocol::ProblemName;
use gridpass_provider::{ConfirmationError, ConfirmationRequest};

use super::openapi::refusals;
use super::{JOSE, jose_body};
use crate::problem::ProblemResponse;
use crate::state::App;

refusals!(
    /// Why there is no certificate (protocol, HTTP).
    ConfirmationRefusals:
        BadRequest, InvalidOtp, RequestTimeout, AlreadyEnrolled, Expired, PayloadTooLarge,
        UnsupportedMediaType, BadCsr, Locked, RateLimited, CaUnavailable,
);

/// Confirms an enrollment and answers with its certificate.
///
/// The body is a sealed message, JWE compact, to the provider: one-time password, public key and PKCS#10
/// request. So is the answer, to the device: certificate, chain and settings.
#[utoipa::path(
    post,
    path = "/api/v1/enrollments/{temporary_id}/confirmation",
    operation_id = "confirm",
    tag = "enrollment",
    params(("temporary_id" = String, Path, description = "16 bytes from the label, base64url")),
    request_body(content = String, content_type = "application/jose", description = "JWE compact, at most 16 KiB"),
    responses(
        (status = 200, description = "JWE compact.", body = String, content_type = "application/jose"),
        ConfirmationRefusals
    )
)]
pub(crate) async fn post(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    Path(temporary_id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ProblemResponse> {
    let jwe = jose_body(&headers, body)?;
    let temporary_id = temporary_id
        .parse()
        .map_err(|_| ProblemResponse::of(ProblemName::BadRequest))?;
    let arrived = facts.arrived;
    let outcome = app
        .run(move |gridpass| {
            gridpass.confirm(ConfirmationRequest {
                temporary_id,
                jwe: &jwe,
                client: facts.client,
                request_id: facts.request_id.parse().ok(),
            })
        })
        .await?;
    let answer = match outcome {
        Ok(answer) => answer,
        Err(error) => {
            // No refusal tells by its time whether the temporary id exists.
            keep_pace(arrived).await;
            return Err(problem(&error));
        }
    };
    Ok((StatusCode::OK, [(CONTENT_TYPE, JOSE)], answer).into_response())
}

/// A refusal is the device's business; a fault is ours too, and goes into the log.
fn problem(error: &ConfirmationError) -> ProblemResponse {
    let problem = error.problem();
    if problem.status >= 500 {
        tracing::error!(%error, "a confirmation was not carried out");
    }
    ProblemResponse::new(problem)
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use crate::testing::Portal;

    const PATH: &str = "/api/v1/enrollments/zqif0YvehtT3jHfkmcxEBA/confirmation";

    #[tokio::test]
    async fn only_a_small_sealed_body_is_read() {
        let portal = Portal::new();
        let jose = [("content-type", "application/jose")];
        let json = [("content-type", "application/json")];
        assert_eq!(
            portal.post(PATH, &json, "{}").await.problem(),
            "unsupported-media-type"
        );
        assert_eq!(
            portal.post(PATH, &jose, "a.b.c.d.e").await.problem(),
            "bad-request"
        );
        let large = "a".repeat(16 * 1024 + 1);
        assert_eq!(
            portal.post(PATH, &jose, &large).await.problem(),
            "payload-too-large"
        );
        let nowhere = "/api/v1/enrollments/unknown/confirmation";
        assert_eq!(
            portal.post(nowhere, &jose, "a.b.c.d.e").await.problem(),
            "bad-request"
        );
        let answer = portal.get(PATH).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.problem(), "method-not-allowed");
    }
}
