//! From the certificate of a connection to the device behind it, anew with every request.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gridpass_protocol::ProblemName;
use gridpass_provider::Peer;

use super::ShownCertificate;
use crate::problem::ProblemResponse;
use crate::state::App;

/// Looks up who holds the certificate of the connection. One that is not, or no longer, accepted is
/// refused whatever the route; none at all is the route's to judge.
pub(super) async fn resolve(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let shown = request.extensions().get::<ShownCertificate>();
    if let Some(ShownCertificate(Some(certificate))) = shown.cloned() {
        let found = app.run(move |gridpass| gridpass.peer(certificate)).await;
        match found {
            Ok(Ok(peer)) => {
                request.extensions_mut().insert(peer);
            }
            Ok(Err(error)) => {
                let problem = error.problem();
                if problem.status >= 500 {
                    tracing::error!(%error, "a device was not looked up");
                }
                return ProblemResponse::new(problem).into_response();
            }
            Err(problem) => return problem.into_response(),
        }
    }
    next.run(request).await
}

/// The enrolled device that a request comes from. A route that takes it is closed to everybody else.
#[derive(Clone, Debug)]
pub(crate) struct Enrolled(pub Peer);

impl<S: Sync> FromRequestParts<S> for Enrolled {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ProblemResponse> {
        let peer = parts.extensions.get::<Peer>().cloned();
        peer.map(Self).ok_or_else(no_certificate)
    }
}

/// The certificate that a request comes with, for a route that looks up whose it is by itself. It is closed to
/// whoever shows none.
pub(super) struct Shown(pub Arc<[u8]>);

impl<S: Sync> FromRequestParts<S> for Shown {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ProblemResponse> {
        let shown = parts.extensions.get::<ShownCertificate>().cloned();
        let certificate = shown.and_then(|ShownCertificate(certificate)| certificate);
        certificate.map(Self).ok_or_else(no_certificate)
    }
}

fn no_certificate() -> ProblemResponse {
    ProblemResponse::saying(
        ProblemName::UnknownDevice,
        "This call takes a device's certificate in TLS. Connect with the one from the enrollment.",
    )
}
