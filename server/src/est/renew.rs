//! `simplereenroll`: the next certificate of a device that shows the present one (RFC 7030, 4.2.2).

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use gridpass_app::ssr::RequestFacts;
use gridpass_protocol::ProblemName;
use gridpass_provider::EstRenewal;

use super::tenant::Tenant;
use super::{certificates, enrol, problem};
use crate::mtls::Enrolled;
use crate::problem::ProblemResponse;
use crate::state::App;

/// Gives the device the certificate of its next key.
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    Enrolled(peer): Enrolled,
    Tenant(provider): Tenant,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ProblemResponse> {
    if peer.provider != provider {
        return Err(ProblemResponse::saying(
            ProblemName::Forbidden,
            "This is another provider's device. Use the address that its own provider publishes.",
        ));
    }
    let csr = enrol::request(&headers, body)?;
    let message = app
        .run(move |gridpass| {
            gridpass.est_renew(EstRenewal {
                peer: &peer,
                csr: &csr,
                client: facts.client,
                request_id: facts.request_id.parse().ok(),
            })
        })
        .await?
        .map_err(|error| problem(&error))?;
    Ok(certificates(&message))
}
