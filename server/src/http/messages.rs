//! `POST /api/v1/messages`: what enrolled devices say (protocol, Secure communication).

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use gridpass_app::ssr::RequestFacts;
use gridpass_provider::MessageRequest;

use super::openapi::refusals;
use super::{JOSE, jose_body, waiting};
use crate::problem::ProblemResponse;
use crate::state::App;

refusals!(
    /// Why a message is not answered.
    MessageRefusals:
        BadRequest, UnknownDevice, Revoked, Suspended, WrongDevice, CertificateExpired, RequestTimeout,
        PossibleClone, PayloadTooLarge, UnsupportedMediaType, BadCsr, Invalid, RateLimited, CaUnavailable,
);

/// Hears a message of an enrolled device and answers it.
///
/// The body is a sealed message, JWE compact, to the provider, around a JWS of the device: `seq`, `iat`, `token`
/// and `kind` (`hello`, `poll`, `receipt`, `rekey`, `revoke-me`). So is the answer, to the device: `ack`, `iat`, `token` and
/// `items`: what waits for the device, until it has sent a receipt. The last message, byte for byte, gets the same
/// answer again. `Prefer: wait=N` lets a `poll` wait up to N seconds, at most 60, while there is nothing.
#[utoipa::path(
    post,
    path = "/api/v1/messages",
    operation_id = "speak",
    tag = "devices",
    params(("Prefer" = Option<String>, Header, description = "`wait=N` (RFC 7240)")),
    request_body(content = String, content_type = "application/jose", description = "JWE compact, at most 16 KiB"),
    responses(
        (status = 200, description = "JWE compact.", body = String, content_type = "application/jose"),
        MessageRefusals
    )
)]
pub(crate) async fn post(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ProblemResponse> {
    let jwe = jose_body(&headers, body)?;
    let wait = waiting::asked(&headers);
    let heard = waiting::hear(&app, facts.client, wait, move |gridpass| {
        gridpass.open_message(MessageRequest {
            jwe: &jwe,
            client: facts.client,
            request_id: facts.request_id.parse().ok(),
        })
    })
    .await?;
    let mut response = (StatusCode::OK, [(CONTENT_TYPE, JOSE)], heard.answer).into_response();
    if let Some(applied) = heard.applied {
        let headers = response.headers_mut();
        headers.insert(waiting::PREFERENCE_APPLIED, applied);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use crate::testing::Portal;

    const PATH: &str = "/api/v1/messages";

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
        let answer = portal.get(PATH).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    }
}
