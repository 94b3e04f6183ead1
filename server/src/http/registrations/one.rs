//! `/api/v1/registrations/{enrollment_id}`: where one registration stands; `…/cancellation` calls it off.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use gridpass_app::ssr::RequestFacts;
use gridpass_protocol::{Problem, ProblemName, TemporaryId, UnixTime};
use gridpass_provider::{
    Actor, ApiScope, CertificateView, Channel, EnrollmentId, EnrollmentKind, EnrollmentView, Scope,
    StateView, TransitionError,
};
use serde::Serialize;

use crate::http::bearer::Bearer;
use crate::http::openapi::refusals;
use crate::problem::ProblemResponse;
use crate::state::{App, in_request};

/// One registration and what became of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RegistrationStatus)]
pub(crate) struct Status {
    #[schema(value_type = uuid::Uuid)]
    enrollment_id: EnrollmentId,
    /// What the label calls it, base64url.
    #[schema(value_type = String)]
    temporary_id: TemporaryId,
    #[schema(value_type = super::KindDocument)]
    kind: EnrollmentKind,
    #[schema(value_type = super::ChannelDocument)]
    channel: Channel,
    /// The last four characters of the device ID.
    device_id_ends_with: String,
    /// Unix seconds.
    #[schema(value_type = u64)]
    registered_at: UnixTime,
    #[schema(value_type = StateDocument)]
    state: &'static str,
    /// While open: until when the label is good, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, nullable = false)]
    expires_at: Option<UnixTime>,
    /// While open: wrong device IDs that are left before it locks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tries_left: Option<u32>,
    /// Once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    certificate: Option<Certificate>,
}

/// Where an enrollment stands.
#[derive(utoipa::ToSchema)]
#[schema(as = EnrollmentState, rename_all = "kebab-case")]
#[expect(dead_code, reason = "the schema of the words of a state")]
enum StateDocument {
    Open,
    Issued,
    Active,
    Suspended,
    Locked,
    Expired,
    Superseded,
    Cancelled,
    Revoked,
}

/// A device's certificate, by what identifies it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Certificate {
    /// Until when it is good, Unix seconds.
    #[schema(value_type = u64)]
    not_after: UnixTime,
    /// SHA-256, hexadecimal.
    fingerprint: String,
    /// OpenADR: the last 10 bytes of the fingerprint.
    ven_fingerprint: String,
    /// IEEE 2030.5: the long-form device identifier.
    lfdi: String,
    /// IEEE 2030.5: the short-form device identifier.
    sfdi: String,
}

refusals!(
    /// Why nothing is told.
    ReadRefusals: Unauthorized, Forbidden, NotFound
);

refusals!(
    /// Why nothing is called off.
    CancelRefusals: Unauthorized, Forbidden, NotFound, Conflict
);

/// Where a registration stands.
#[utoipa::path(
    get,
    path = "/api/v1/registrations/{enrollment_id}",
    operation_id = "show_registration",
    tag = "registrations",
    security(("token" = ["registrations:read"])),
    params(("enrollment_id" = String, Path, description = "As the registration was answered, a UUID")),
    responses((status = 200, description = "Where it stands.", body = Status), ReadRefusals)
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Status>, ProblemResponse> {
    let token = Bearer::of(&headers)?;
    app.run(move |gridpass| {
        let client = token.client(gridpass, ApiScope::RegistrationsRead)?;
        let found = gridpass
            .enrollment(parse(&id)?, &Scope::Provider(client.provider))
            .map_err(|error| crate::http::store_problem(&error))?
            .ok_or_else(not_found)?;
        Ok(Json(status(found)))
    })
    .await?
}

/// Calls a registration off: its label is of no more use.
///
/// Only what is open can be called off; a certificate that was issued is revoked instead.
#[utoipa::path(
    post,
    path = "/api/v1/registrations/{enrollment_id}/cancellation",
    operation_id = "cancel_registration",
    tag = "registrations",
    security(("token" = ["registrations:write"])),
    params(("enrollment_id" = String, Path, description = "As the registration was answered, a UUID")),
    responses((status = 204, description = "It is called off."), CancelRefusals)
)]
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ProblemResponse> {
    let token = Bearer::of(&headers)?;
    app.run(move |gridpass| {
        let client = token.client(gridpass, ApiScope::RegistrationsWrite)?;
        let actor = in_request(Actor::api_client(&client), &facts);
        gridpass
            .cancel(parse(&id)?, actor)
            .map_err(|error| refusal(&error))?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await?
}

fn parse(id: &str) -> Result<EnrollmentId, ProblemResponse> {
    id.parse().map_err(|_| not_found())
}

fn not_found() -> ProblemResponse {
    ProblemResponse::saying(
        ProblemName::NotFound,
        "There is no such registration. Check the id against the answer of the registration.",
    )
}

fn refusal(error: &TransitionError) -> ProblemResponse {
    match error {
        TransitionError::NotFound => not_found(),
        TransitionError::Illegal(illegal) => ProblemResponse::new(
            Problem::new(ProblemName::Conflict, illegal.to_string())
                .with_reason(illegal.from.as_str()),
        ),
        TransitionError::Store(error) => crate::http::store_problem(error),
    }
}

fn status(found: EnrollmentView) -> Status {
    let (expires_at, tries_left) = match &found.state {
        StateView::Open {
            expires_at,
            tries_left,
        } => (Some(*expires_at), Some(*tries_left)),
        _ => (None, None),
    };
    Status {
        enrollment_id: found.id,
        temporary_id: found.temporary_id,
        kind: found.kind,
        channel: found.channel,
        device_id_ends_with: found.device_id_hint,
        registered_at: found.created_at,
        state: found.state.name().as_str(),
        expires_at,
        tries_left,
        certificate: found.certificate.map(certificate),
    }
}

fn certificate(view: CertificateView) -> Certificate {
    Certificate {
        not_after: view.not_after,
        fingerprint: view.identifiers.fingerprint,
        ven_fingerprint: view.identifiers.ven_fingerprint,
        lfdi: view.identifiers.lfdi,
        sfdi: view.identifiers.sfdi,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use gridpass_provider::{Actor, ApiScope};
    use serde_json::Value;

    use crate::testing::{Answer, Portal};

    fn token(portal: &Portal, provider: &str, scopes: &[ApiScope]) -> String {
        portal
            .gridpass
            .make_api_token(&provider.parse().unwrap(), scopes, "test", Actor::system())
            .unwrap()
    }

    async fn registered(portal: &Portal) -> String {
        let authorization = format!("Bearer {}", portal.token());
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        let body =
            r#"{"account":"A-1001","device_id":"SN-4711-0815","kind":"device","channel":"api"}"#;
        let answer = portal.post("/api/v1/registrations", &headers, body).await;
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        format!(
            "/api/v1/registrations/{}",
            answer["enrollment_id"].as_str().unwrap()
        )
    }

    async fn call(portal: &Portal, method: &str, path: &str, token: &str) -> Answer {
        let request = axum::http::Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .body(axum::body::Body::empty())
            .unwrap();
        portal.send(request).await
    }

    async fn cancel(portal: &Portal, path: &str, token: &str) -> Answer {
        call(portal, "POST", &format!("{path}/cancellation"), token).await
    }

    #[tokio::test]
    async fn a_registration_is_followed_and_called_off() {
        let portal = Portal::new();
        let path = registered(&portal).await;
        let token = token(&portal, "demo", &ApiScope::ALL);
        let open: Value =
            serde_json::from_str(&call(&portal, "GET", &path, &token).await.body).unwrap();
        assert_eq!(open["state"], "open");
        assert_eq!(open["tries_left"], 5);
        assert_eq!(open["device_id_ends_with"], "0815");
        let gone = cancel(&portal, &path, &token).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
        let again = cancel(&portal, &path, &token).await;
        assert_eq!(again.problem(), "conflict");
        let cancelled: Value =
            serde_json::from_str(&call(&portal, "GET", &path, &token).await.body).unwrap();
        assert_eq!(cancelled["state"], "cancelled");
    }

    #[tokio::test]
    async fn a_token_does_what_its_scopes_say_and_no_more() {
        let portal = Portal::new();
        let path = registered(&portal).await;
        let reads = token(&portal, "demo", &[ApiScope::RegistrationsRead]);
        let writes = token(&portal, "demo", &[ApiScope::RegistrationsWrite]);
        assert_eq!(cancel(&portal, &path, &reads).await.problem(), "forbidden");
        assert_eq!(
            call(&portal, "GET", &path, &writes).await.problem(),
            "forbidden"
        );
        assert_eq!(
            call(&portal, "GET", &path, "unknown").await.problem(),
            "unauthorized"
        );
        let nowhere = "/api/v1/registrations/018f0000-0000-7000-8000-000000000000";
        assert_eq!(
            call(&portal, "GET", nowhere, &reads).await.problem(),
            "not-found"
        );
        assert_eq!(
            call(&portal, "GET", "/api/v1/registrations/x", &reads)
                .await
                .problem(),
            "not-found"
        );
    }
}
