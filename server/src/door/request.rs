//! What a request may look like, whichever route it is for.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gridpass_protocol::ProblemName;

use super::body::Paced;
use crate::problem::ProblemResponse;

/// Path and query, in bytes. What is longest is an OCSP request in a path.
const MOST_ADDRESS: usize = 8 * 1024;

/// Refuses addresses that are too long and bodies that are compressed: nothing that a client sends is ever
/// unpacked, so there is nothing that could grow. Other bodies have to keep a pace.
///
/// `Expect: 100-continue` needs nothing of its own: the client is told to go on when somebody reads the
/// body, which is after everything that can be refused by its head.
pub(crate) async fn bounded(request: Request, next: Next) -> Response {
    let address = request.uri().path_and_query();
    if address.is_some_and(|address| address.as_str().len() > MOST_ADDRESS) {
        return ProblemResponse::saying(
            ProblemName::BadRequest,
            "The address is too long. Send a shorter one.",
        )
        .into_response();
    }
    let mut encodings = request.headers().get_all(CONTENT_ENCODING).iter();
    if encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let refusal = ProblemResponse::saying(
            ProblemName::UnsupportedMediaType,
            "Bodies are taken as they are. Send this one without Content-Encoding.",
        );
        let mut response = refusal.into_response();
        response
            .headers_mut()
            .insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        return response;
    }
    next.run(request.map(|body| Body::new(Paced::new(body))))
        .await
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};

    use crate::testing::Portal;

    #[tokio::test]
    async fn what_is_compressed_is_not_unpacked() {
        let portal = Portal::new();
        for encoding in ["gzip", "br", "deflate, identity"] {
            let request = Request::post("/api/v1/registrations")
                .header("content-type", "application/json")
                .header("content-encoding", encoding)
                .body(Body::from("{}"))
                .unwrap();
            let answer = portal.send(request).await;
            assert_eq!(answer.problem(), "unsupported-media-type", "{encoding}");
            assert_eq!(answer.headers["accept-encoding"], "identity");
        }
        let request = Request::get("/api/v1/device/settings")
            .header("content-encoding", "gzip")
            .body(Body::empty())
            .unwrap();
        let answer = portal.send_over_mtls(None, request).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    #[tokio::test]
    async fn an_address_has_its_length() {
        let portal = Portal::new();
        let long = format!("/devices?x={}", "y".repeat(9000));
        assert_eq!(portal.get(&long).await.problem(), "bad-request");
    }
}
