//! `POST /api/v1/registrations`: a device ID arrives from the provider's own systems (stage 1).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use gridpass_app::ssr::RequestFacts;
use gridpass_protocol::{DeviceId, KeyAlgorithm, ProblemName, TemporaryId, UnixTime};
use gridpass_provider::{
    AccountNumber, AccountRef, Actor, ApiScope, Channel, EnrollmentId, EnrollmentKind, Gridpass,
    IdempotencyKey, Language, NewLabel, Registration, label_image,
};
use serde::{Deserialize, Serialize};

use super::bearer::Bearer;
use super::idempotency::idempotency_key;
use super::openapi::refusals;
use crate::problem::ProblemResponse;
use crate::state::{App, in_request};

pub(crate) mod one;

/// A registration is a few short fields.
pub(crate) const SIZE_LIMIT: usize = 16 * 1024;
/// The one settings profile that there is so far.
const PROFILE: &str = "default";

/// What the provider's systems send.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Registration)]
struct Request {
    /// The customer's account number, printable and without outer spaces; an unknown one is added.
    #[schema(value_type = String, pattern = "^[!-~\\u00a1-\\u1fff]([ -~\\u00a1-\\u1fff]{0,62}[!-~\\u00a1-\\u1fff])?$")]
    account: AccountNumber,
    /// The device ID as it is printed: 8 to 64 letters and digits; separators do not count. One of 15 digits
    /// is an IMEI, whose check digit must hold.
    #[schema(pattern = "^([ \\t:._-]?[0-9A-Za-z]){8,64}$")]
    device_id: String,
    #[schema(value_type = KindDocument)]
    kind: EnrollmentKind,
    #[schema(value_type = ChannelDocument)]
    channel: Channel,
    /// The settings profile.
    #[schema(pattern = "^default$")]
    profile: Option<String>,
    /// The language of what is sent to the customer, if not that of the account.
    #[schema(value_type = Option<LanguageDocument>)]
    language: Option<Language>,
    /// What key the device makes, if not what the provider's configuration says.
    #[schema(value_type = Option<KeyAlgorithmDocument>)]
    key_algorithm: Option<KeyAlgorithm>,
}

/// What is registered.
#[derive(utoipa::ToSchema)]
#[schema(as = EnrollmentKind, rename_all = "kebab-case")]
#[expect(dead_code, reason = "the schema of `EnrollmentKind`")]
enum KindDocument {
    Device,
    Gateway,
}

/// How the label reaches the customer.
#[derive(utoipa::ToSchema)]
#[schema(as = Channel, rename_all = "kebab-case")]
#[expect(dead_code, reason = "the schema of `Channel`")]
enum ChannelDocument {
    Screen,
    Email,
    Sms,
    Letter,
    Api,
}

/// What key a device makes.
#[derive(utoipa::ToSchema)]
#[schema(as = KeyAlgorithm)]
#[expect(dead_code, reason = "the schema of `KeyAlgorithm`")]
enum KeyAlgorithmDocument {
    #[schema(rename = "ES256")]
    Es256,
    #[schema(rename = "RS2048")]
    Rs2048,
    #[schema(rename = "RS3072")]
    Rs3072,
}

/// The language of what is sent to the customer.
#[derive(utoipa::ToSchema)]
#[schema(as = Language)]
#[expect(dead_code, reason = "the schema of `Language`")]
pub(super) enum LanguageDocument {
    #[schema(rename = "en")]
    English,
    #[schema(rename = "es")]
    Spanish,
}

/// What they get back.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Registered)]
pub(crate) struct Answer {
    #[schema(value_type = uuid::Uuid)]
    enrollment_id: EnrollmentId,
    /// What the label calls it, base64url.
    #[schema(value_type = String)]
    temporary_id: TemporaryId,
    /// `open`.
    state: &'static str,
    /// When the label stops being of use, Unix seconds.
    #[schema(value_type = u64)]
    expires_at: UnixTime,
    /// Only for the channel `api`: the label, to be delivered by the caller. Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    label: Option<Label>,
}

/// A label.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Label {
    /// The text of the QR code.
    link: String,
    /// For people without a camera.
    manual_code: String,
    /// The QR code as an image.
    svg: String,
}

refusals!(
    /// Why nothing is registered.
    RegistrationRefusals:
        BadRequest, InvalidDeviceId, Unauthorized, Forbidden, RequestTimeout, Conflict,
        PayloadTooLarge, UnsupportedMediaType, Invalid,
);

/// Registers a device for an account.
///
/// Makes its mapping and its label, and hands the label to the channel. `Idempotency-Key` makes a repetition
/// within 24 hours one registration.
#[utoipa::path(
    post,
    path = "/api/v1/registrations",
    operation_id = "register",
    tag = "registrations",
    security(("token" = ["registrations:write"])),
    params((
        "Idempotency-Key" = Option<String>,
        Header,
        description = "1 to 255 visible ASCII characters",
        pattern = "^[!-~]{1,255}$"
    )),
    request_body = Request,
    responses((status = 201, description = "Registered.", body = Answer), RegistrationRefusals)
)]
pub(crate) async fn post(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Answer>), ProblemResponse> {
    let token = Bearer::of(&headers)?;
    let idempotency = idempotency_key(&headers)?;
    let request = super::json_body(&headers, body);
    app.run(move |gridpass| {
        let client = token.client(gridpass, ApiScope::RegistrationsWrite)?;
        let actor = in_request(Actor::api_client(&client), &facts);
        let registration = registration(request?, client.provider, idempotency)?;
        register(gridpass, registration, actor)
    })
    .await?
    .map(|answer| (StatusCode::CREATED, Json(answer)))
}

fn register(
    gridpass: &Gridpass,
    registration: Registration,
    actor: Actor,
) -> Result<Answer, ProblemResponse> {
    let channel = registration.channel;
    let registered = gridpass
        .register(registration, actor)
        .map_err(|error| ProblemResponse::new(error.problem()))?;
    let label = registered
        .handed()
        .filter(|_| channel == Channel::Api)
        .map(label);
    Ok(Answer {
        enrollment_id: registered.enrollment_id,
        temporary_id: registered.temporary_id,
        state: "open",
        expires_at: registered.expires_at,
        label,
    })
}

fn label(label: &NewLabel) -> Label {
    Label {
        link: label.link.as_str().to_owned(),
        manual_code: label.manual_code.grouped(),
        svg: label_image::svg(&label.link),
    }
}

fn registration(
    request: Request,
    provider: gridpass_provider::ProviderId,
    idempotency: Option<IdempotencyKey>,
) -> Result<Registration, ProblemResponse> {
    if request.profile.is_some_and(|profile| profile != PROFILE) {
        return Err(ProblemResponse::invalid(
            "unknown-profile",
            "There is one settings profile, `default`.",
        ));
    }
    let device_id = DeviceId::parse_checked(&request.device_id).map_err(|error| {
        ProblemResponse::saying(ProblemName::InvalidDeviceId, error.to_string())
    })?;
    Ok(Registration {
        provider,
        account: AccountRef::Number(request.account),
        device_id,
        kind: request.kind,
        channel: request.channel,
        key_algorithm: request.key_algorithm,
        idempotency,
        nickname: None,
        language: request.language,
    })
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use serde_json::{Value, json};

    use crate::testing::{Answer, Portal};

    fn body() -> Value {
        json!({"account": "B-7", "device_id": "00:1A:2B:3C:4D:5E", "kind": "device", "channel": "api", "language": "es"})
    }

    async fn post(portal: &Portal, token: &str, key: &str, body: &Value) -> Answer {
        let authorization = format!("Bearer {token}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        portal
            .post("/api/v1/registrations", &headers, &body.to_string())
            .await
    }

    #[tokio::test]
    async fn a_registration_is_answered_with_its_label() {
        let portal = Portal::new();
        let answer = post(&portal, &portal.token(), "1", &body()).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        let registered: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(registered["state"], "open");
        let link = registered["label"]["link"].as_str().unwrap();
        assert!(link.starts_with("http://localhost:3000/e#"), "{link}");
        assert!(
            registered["label"]["svg"]
                .as_str()
                .unwrap()
                .starts_with("<svg")
        );
    }

    #[tokio::test]
    async fn one_idempotency_key_makes_one_registration() {
        let portal = Portal::new();
        let token = portal.token();
        let first = post(&portal, &token, "1", &body()).await;
        let again = post(&portal, &token, "1", &body()).await;
        let id = |answer: &Answer| {
            serde_json::from_str::<Value>(&answer.body).unwrap()["enrollment_id"].clone()
        };
        assert_eq!(id(&first), id(&again));
        let mut other = body();
        other["device_id"] = "SN-4711-0815".into();
        assert_eq!(
            post(&portal, &token, "1", &other).await.problem(),
            "conflict"
        );
    }

    #[tokio::test]
    async fn only_a_known_token_registers() {
        let portal = Portal::new();
        let answer = post(&portal, "gridpass_unknown", "1", &body()).await;
        assert_eq!(answer.problem(), "unauthorized");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }

    #[tokio::test]
    async fn what_is_not_acceptable_is_named() {
        let portal = Portal::new();
        let token = portal.token();
        for (field, value, problem) in [
            ("device_id", json!("short"), "invalid-device-id"),
            (
                "device_id",
                json!("49-015420-323751-7"),
                "invalid-device-id",
            ),
            ("channel", json!("sms"), "invalid"),
            ("profile", json!("other"), "invalid"),
            ("kind", json!("toaster"), "bad-request"),
            ("surprise", json!(1), "bad-request"),
            ("language", json!("tlh"), "bad-request"),
        ] {
            let mut body = body();
            body[field] = value;
            assert_eq!(
                post(&portal, &token, field, &body).await.problem(),
                problem,
                "{field}"
            );
        }
    }
}
