//! `/auth/…`: access tokens by the client credentials grant (RFC 6749, 4.4), where the client is
//! known by its certificate in TLS (RFC 8705, 2.1) and the token is bound to it (section 3).

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, FromRequestParts, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64, Encoding};
use gridpass_protocol::ProblemName;
use gridpass_provider::Peer;
use serde::Deserialize;
use serde_json::{Value, json};

use super::BASE;
use crate::http::bearer::Bearer;
use crate::mtls::Enrolled;
use crate::problem::ProblemResponse;
use crate::state::App;

/// What a VEN may do (OpenADR 3.1, security schemes).
const SCOPE: &str = "read_targets read_ven_objects write_reports write_vens";

/// Where tokens are made: public, so that a VEN can find it.
pub(super) async fn server(
    State(app): State<Arc<App>>,
    Enrolled(peer): Enrolled,
) -> Result<Json<Value>, ProblemResponse> {
    let url = app.gridpass.mtls_url_of(&peer.provider);
    let origin = url.ok_or_else(|| ProblemResponse::of(ProblemName::NotFound))?;
    Ok(Json(
        json!({ "tokenURL": format!("{origin}{BASE}/auth/token") }),
    ))
}

/// What is sent for a token.
#[derive(Debug, Deserialize)]
pub(super) struct TokenRequest {
    grant_type: String,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// Why there is no token.
enum Refusal {
    Request,
    GrantType,
    Client,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error, description) = match self {
            Self::Request => (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "Send a form with grant_type=client_credentials.",
            ),
            Self::GrantType => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "Only grant_type=client_credentials is known here.",
            ),
            Self::Client => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "The device is known by its certificate in TLS: leave client_id out or send the \
                 VEN's id, and no secret.",
            ),
        };
        let body = json!({ "error": error, "error_description": description });
        (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}

/// Makes a token.
pub(super) async fn make(
    State(app): State<Arc<App>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Response {
    match grant(peer.map(|Extension(peer)| peer), &headers, form) {
        Ok(peer) => {
            let token = app.gridpass.make_ven_token(&peer);
            let body = json!({
                "access_token": token.text,
                "token_type": "Bearer",
                "expires_in": token.lifetime,
                "scope": SCOPE,
            });
            ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn grant(
    peer: Option<Peer>,
    headers: &HeaderMap,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Result<Peer, Refusal> {
    let peer = peer.ok_or(Refusal::Client)?;
    let Form(request) = form.map_err(|_| Refusal::Request)?;
    if request.grant_type != "client_credentials" {
        return Err(Refusal::GrantType);
    }
    let basic = basic(headers)?;
    let names = [request.client_id, basic.as_ref().map(|(id, _)| id.clone())];
    let secrets = [request.client_secret, basic.map(|(_, secret)| secret)];
    let is_other = |name: &String| *name != peer.enrollment.to_string();
    // There is no secret: whoever sends one takes this for another service.
    if names.iter().flatten().any(is_other) || secrets.iter().flatten().any(|s| !s.is_empty()) {
        return Err(Refusal::Client);
    }
    Ok(peer)
}

/// The name and the secret of HTTP Basic authentication, which many clients send always.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Refusal> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let read = || {
        let (scheme, text) = value.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let bytes = Base64::decode_vec(text.trim()).ok()?;
        let (name, secret) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
        Some((name.to_owned(), secret.to_owned()))
    };
    read().map(Some).ok_or(Refusal::Client)
}

/// The VEN that calls: a device's certificate, and a token that is bound to it.
pub(super) struct Caller(pub(super) Peer);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ProblemResponse;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Self, ProblemResponse> {
        let Enrolled(peer) = Enrolled::from_request_parts(parts, app).await?;
        let token = Bearer::of(&parts.headers)?;
        if app.gridpass.is_ven_token(&peer, token.text()) {
            Ok(Self(peer))
        } else {
            Err(ProblemResponse::saying(
                ProblemName::Unauthorized,
                "This token is not good, or not with this certificate. Ask for a new one at \
                 /auth/token.",
            ))
        }
    }
}
