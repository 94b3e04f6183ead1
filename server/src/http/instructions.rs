//! `POST /api/v1/instructions`: the provider's own systems tell devices what to do.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use gridpass_app::ssr::RequestFacts;
use gridpass_protocol::UnixTime;
use gridpass_provider::{
    Actor, ApiScope, EnrollmentId, Instruction, InstructionError, InstructionName, ParcelId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::bearer::Bearer;
use super::idempotency::idempotency_key;
use super::openapi::refusals;
use crate::problem::ProblemResponse;
use crate::state::{App, in_request};

pub(crate) mod one;

/// A thousand enrollments and the longest arguments.
pub(crate) const SIZE_LIMIT: usize = 64 * 1024;

/// What the provider's systems send.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Instruction)]
struct Request {
    /// The devices, by the ids of their enrollments; all of them are told, or none.
    #[schema(value_type = Vec<uuid::Uuid>, min_items = 1, max_items = 1000)]
    enrollments: Vec<EnrollmentId>,
    /// What to do, in a word that the devices know.
    #[schema(value_type = String, pattern = "^[a-z][a-z0-9._-]{0,63}$")]
    name: InstructionName,
    /// What they need to know for that: an object of at most 4 KiB of JSON.
    #[serde(default)]
    #[schema(value_type = Object)]
    arguments: Map<String, Value>,
    /// For how many seconds it is of use; a day if it is left out.
    #[serde(default = "usual")]
    #[schema(minimum = 60, maximum = 7_776_000, default = 86_400)]
    valid_for: u64,
}

const fn usual() -> u64 {
    Instruction::USUAL
}

/// What they get back.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = InstructionSent)]
pub(crate) struct Answer {
    /// Names it; the devices see it too.
    #[schema(value_type = uuid::Uuid)]
    instruction_id: ParcelId,
    /// From when on it is of no use, Unix seconds.
    #[schema(value_type = u64)]
    expires_at: UnixTime,
}

refusals!(
    /// Why nothing is sent.
    InstructionRefusals:
        BadRequest, Unauthorized, Forbidden, RequestTimeout, Conflict, PayloadTooLarge,
        UnsupportedMediaType, Invalid,
);

/// Sends an instruction to devices.
///
/// It waits in their mailboxes until they speak, and is told in every answer until they have sent a receipt.
/// `Idempotency-Key` makes a repetition within 24 hours one instruction. What becomes of it can be asked, and is
/// told to webhooks: `instruction.acknowledged`, `instruction.executed`, `instruction.failed`,
/// `instruction.refused`, `instruction.expired`.
#[utoipa::path(
    post,
    path = "/api/v1/instructions",
    operation_id = "instruct",
    tag = "instructions",
    security(("token" = ["instructions:write"])),
    params((
        "Idempotency-Key" = Option<String>,
        Header,
        description = "1 to 255 visible ASCII characters",
        pattern = "^[!-~]{1,255}$"
    )),
    request_body = Request,
    responses((status = 201, description = "Sent.", body = Answer), InstructionRefusals)
)]
pub(crate) async fn post(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Answer>), ProblemResponse> {
    let token = Bearer::of(&headers)?;
    let idempotency = idempotency_key(&headers)?;
    let request = super::json_body::<Request>(&headers, body);
    app.run(move |gridpass| {
        let client = token.client(gridpass, ApiScope::InstructionsWrite)?;
        let actor = in_request(Actor::api_client(&client), &facts);
        let Request {
            enrollments,
            name,
            arguments,
            valid_for,
        } = request?;
        let instruction = Instruction {
            name,
            arguments,
            valid_for,
        };
        let id = gridpass
            .instruct(
                &client,
                &enrollments,
                instruction,
                idempotency.as_ref(),
                actor,
            )
            .map_err(|error| refusal(&error))?;
        let sent = gridpass
            .instruction(&client, id)
            .map_err(|error| refusal(&error))?;
        Ok(Json(Answer {
            instruction_id: id,
            expires_at: sent.expires_at,
        }))
    })
    .await?
    .map(|answer| (StatusCode::CREATED, answer))
}

fn refusal(error: &InstructionError) -> ProblemResponse {
    if let InstructionError::Store(error) = error {
        tracing::error!(%error, "an instruction was not stored or read");
    }
    ProblemResponse::new(error.problem())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use gridpass_provider::{Actor, ApiScope};
    use serde_json::{Value, json};

    use crate::testing::{Answer, Portal};

    const PATH: &str = "/api/v1/instructions";

    fn token(portal: &Portal, provider: &str, scopes: &[ApiScope]) -> String {
        let token = portal.gridpass.make_api_token(
            &provider.parse().unwrap(),
            scopes,
            "test",
            Actor::system(),
        );
        format!("Bearer {}", token.unwrap())
    }

    async fn post(portal: &Portal, token: &str, body: &Value) -> Answer {
        let headers = [
            ("authorization", token),
            ("content-type", "application/json"),
            ("idempotency-key", "one"),
        ];
        portal.post(PATH, &headers, &body.to_string()).await
    }

    async fn get(portal: &Portal, token: &str, id: &str) -> Answer {
        let request = Request::get(format!("{PATH}/{id}")).header("authorization", token);
        portal.send(request.body(Body::empty()).unwrap()).await
    }

    fn json(answer: &Answer) -> Value {
        serde_json::from_str(&answer.body).unwrap()
    }

    #[tokio::test]
    async fn a_system_instructs_a_device_once_and_asks_what_became_of_it() {
        let portal = Portal::of_two_providers();
        let device = portal.enrolled("demo", "SN-4711-0815").await;
        let writes = token(&portal, "demo", &[ApiScope::InstructionsWrite]);
        let wanted = json!({"enrollments": [device.peer.enrollment], "name": "set-point",
            "arguments": {"celsius": 20}});
        let sent = post(&portal, &writes, &wanted).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.body);
        let again = post(&portal, &writes, &wanted).await;
        assert_eq!(json(&again), json(&sent));
        let id = json(&sent)["instruction_id"].as_str().unwrap().to_owned();
        let seen = get(&portal, &writes, &id).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
        let seen = json(&seen);
        assert_eq!(seen["name"], "set-point");
        assert_eq!(seen["counts"]["queued"], 1);
        assert_eq!(seen["devices"][0]["state"], "queued");
        let others = token(&portal, "other", &[ApiScope::InstructionsWrite]);
        assert_eq!(get(&portal, &others, &id).await.problem(), "not-found");
        assert_eq!(get(&portal, &writes, "x").await.problem(), "not-found");
        let other = json!({"enrollments": [device.peer.enrollment], "name": "off"});
        assert_eq!(post(&portal, &writes, &other).await.problem(), "conflict");
        assert_eq!(post(&portal, &others, &other).await.problem(), "invalid");
    }

    #[tokio::test]
    async fn only_a_token_with_the_scope_instructs_and_only_what_reads() {
        let portal = Portal::new();
        let device = portal.enrolled("demo", "SN-4711-0815").await;
        let id = device.peer.enrollment;
        let wanted = json!({"enrollments": [id], "name": "off"});
        let reads = token(&portal, "demo", &[ApiScope::RegistrationsWrite]);
        assert_eq!(post(&portal, &reads, &wanted).await.problem(), "forbidden");
        assert_eq!(
            post(&portal, "Bearer x", &wanted).await.problem(),
            "unauthorized"
        );
        let writes = token(&portal, "demo", &[ApiScope::InstructionsWrite]);
        for (wanted, problem) in [
            (json!({"enrollments": [id], "name": "Off"}), "bad-request"),
            (
                json!({"enrollments": [id], "name": "off", "later": 1}),
                "bad-request",
            ),
            (
                json!({"enrollments": [id], "name": "off", "arguments": []}),
                "bad-request",
            ),
            (json!({"enrollments": [], "name": "off"}), "invalid"),
            (
                json!({"enrollments": [id], "name": "off", "valid_for": 1}),
                "invalid",
            ),
        ] {
            let answer = post(&portal, &writes, &wanted).await;
            assert_eq!(answer.problem(), problem, "{wanted}");
        }
    }
}
