//! `GET /api/v1/manual/{lookup}`: the sealed payload behind a manual code.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use gridpass_app::ssr::{RequestFacts, keep_pace};
use gridpass_protocol::{ProblemName, SealedPayload};
use gridpass_provider::ManualError;

use super::openapi::refusals;
use crate::problem::ProblemResponse;
use crate::state::App;

/// The sealed payload, as it travels.
#[derive(utoipa::ToSchema)]
#[schema(as = SealedPayload)]
#[expect(dead_code, reason = "the schema of what `SealedPayload` serializes to")]
struct SealedPayloadDocument {
    /// The nonce of AES-256-GCM, 12 bytes, base64url.
    #[schema(pattern = "^[A-Za-z0-9_-]{16}$")]
    nonce: String,
    /// Ciphertext and tag, base64url.
    #[schema(pattern = "^[A-Za-z0-9_-]+$")]
    payload: String,
}

refusals!(
    /// Why there is no payload.
    ManualRefusals: NotFound, RateLimited
);

/// The sealed payload behind a manual code.
///
/// The lookup is derived from the manual code, and so is the key that opens the payload: it stays with the
/// device. Unknown, expired and malformed lookups are answered alike.
#[utoipa::path(
    get,
    path = "/api/v1/manual/{lookup}",
    operation_id = "show_payload",
    tag = "enrollment",
    params(("lookup" = String, Path, description = "16 bytes derived from the manual code, base64url")),
    responses(
        (status = 200, description = "The sealed payload.", body = SealedPayloadDocument),
        ManualRefusals
    )
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    Path(lookup): Path<String>,
) -> Result<Json<SealedPayload>, ProblemResponse> {
    let found = find(&app, &facts, &lookup).await;
    if found.is_err() {
        keep_pace(facts.arrived).await;
    }
    found
}

async fn find(
    app: &App,
    facts: &RequestFacts,
    lookup: &str,
) -> Result<Json<SealedPayload>, ProblemResponse> {
    let lookup = lookup
        .parse()
        .map_err(|_| ProblemResponse::of(ProblemName::NotFound))?;
    let client = facts.client;
    app.run(move |gridpass| gridpass.manual_payload(&lookup, client))
        .await?
        .map_err(problem)?
        .map(Json)
        .ok_or_else(|| ProblemResponse::of(ProblemName::NotFound))
}

fn problem(error: ManualError) -> ProblemResponse {
    match error {
        ManualError::RateLimited { retry_after } => {
            let ProblemResponse(problem) = ProblemResponse::saying(
                ProblemName::RateLimited,
                "Too many codes that do not exist were tried from here. Wait, then check the code and try again.",
            );
            ProblemResponse::new(problem.with_retry_after(retry_after))
        }
        ManualError::Store(error) => super::store_problem(&error),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Portal;

    #[tokio::test]
    async fn unknown_and_malformed_lookups_are_answered_alike_and_only_so_often() {
        let portal = Portal::new();
        let path = "/api/v1/manual/0GBkSVuhKNyRMfjObPp10w";
        let unknown = portal.get(path).await;
        assert_eq!(unknown.problem(), "not-found");
        assert_eq!(
            unknown.body,
            portal.get("/api/v1/manual/nonsense").await.body
        );
        for _ in 1..20 {
            assert_eq!(portal.get(path).await.problem(), "not-found");
        }
        let refused = portal.get(path).await;
        assert_eq!(refused.problem(), "rate-limited");
        assert!(refused.headers.contains_key("retry-after"));
    }
}
