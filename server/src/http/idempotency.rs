//! `Idempotency-Key`: what makes the repetition of a call the same call.

use axum::http::{HeaderMap, HeaderName};
use gridpass_provider::IdempotencyKey;

use crate::problem::ProblemResponse;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The key that a call brings, if it brings one.
///
/// # Errors
/// `invalid` with the reason `idempotency-key`.
pub(super) fn idempotency_key(
    headers: &HeaderMap,
) -> Result<Option<IdempotencyKey>, ProblemResponse> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let key = value.to_str().ok().and_then(|text| text.parse().ok());
    key.map(Some).ok_or_else(|| {
        ProblemResponse::invalid(
            "idempotency-key",
            "An Idempotency-Key has 1 to 255 visible ASCII characters.",
        )
    })
}
