//! EST (RFC 7030, RFC 8951) on the listener for devices: `/.well-known/est/<provider>/…`, and without
//! the label where there is one provider.

mod basic;
mod body;
mod enrol;
mod renew;
mod tenant;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use gridpass_protocol::ProblemName;
use gridpass_provider::EstError;

use self::tenant::Tenant;
use crate::problem::ProblemResponse;
use crate::state::App;

/// RFC 7030, 4.1.3. RFC 8951, 3.1: newer clients pass over it, older ones do not decode without.
const TRANSFER_ENCODING: HeaderName = HeaderName::from_static("content-transfer-encoding");
const CERTS_ONLY: &str = "application/pkcs7-mime; smime-type=certs-only";
const CSR_ATTRIBUTES: &str = "application/csrattrs";

/// The calls of EST.
pub(crate) fn routes() -> Router<Arc<App>> {
    let calls = Router::new()
        .route("/cacerts", get(ca_certificates))
        .route("/csrattrs", get(csr_attributes))
        .route("/simpleenroll", post(enrol::post))
        .route("/simplereenroll", post(renew::post));
    Router::new()
        .nest("/.well-known/est", calls.clone())
        .nest("/.well-known/est/{provider}", calls)
}

/// The certificates of the provider's CAs (RFC 7030, 4.1).
async fn ca_certificates(
    State(app): State<Arc<App>>,
    Tenant(provider): Tenant,
) -> Result<Response, ProblemResponse> {
    let message = app
        .run(move |gridpass| gridpass.est_ca_certificates(&provider))
        .await?
        .map_err(|error| problem(&error))?;
    Ok(certificates(&message))
}

/// What a request should look like (RFC 7030, 4.5).
async fn csr_attributes(
    State(app): State<Arc<App>>,
    Tenant(provider): Tenant,
) -> Result<Response, ProblemResponse> {
    let attributes = app
        .run(move |gridpass| gridpass.est_csr_attributes(&provider))
        .await?
        .map_err(|error| problem(&error))?;
    Ok(encoded(CSR_ATTRIBUTES, &attributes))
}

/// A `certs-only` message as an answer.
fn certificates(message: &[u8]) -> Response {
    encoded(CERTS_ONLY, message)
}

fn encoded(content_type: &'static str, der: &[u8]) -> Response {
    let headers = [(CONTENT_TYPE, content_type), (TRANSFER_ENCODING, "base64")];
    (headers, body::encode(der)).into_response()
}

/// A refusal is the device's business; a fault is ours too, and goes into the log.
fn problem(error: &EstError) -> ProblemResponse {
    let problem = match error {
        EstError::UnknownProvider => return ProblemResponse::of(ProblemName::NotFound),
        EstError::Credentials => return ProblemResponse::of(ProblemName::Unauthorized),
        EstError::Confirmation(error) => ProblemResponse::new(error.problem()),
        EstError::Renewal(error) => ProblemResponse::new(error.problem()),
        EstError::Encode(_) => ProblemResponse::of(ProblemName::InternalError),
        EstError::Store(_) => ProblemResponse::of(ProblemName::ServiceUnavailable),
    };
    if problem.0.status >= 500 {
        tracing::error!(%error, "a call of EST was not answered");
    }
    problem
}
