//! HTTP Basic (RFC 7617), as EST clients without a certificate use it (RFC 7030, 3.2.3).

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64, Encoding};
use gridpass_protocol::ProblemName;

use crate::problem::ProblemResponse;

/// User and password of a request. Never shown.
pub(super) struct Basic {
    pub(super) user: String,
    pub(super) password: String,
}

impl Basic {
    /// Those of a request, if it has them and they can be read.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, credentials) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = Base64::decode_vec(credentials.trim()).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (user, password) = decoded.split_once(':')?;
        Some(Self {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }
}

/// A 401 as clients of EST expect it: with the challenge that makes them send what they have.
pub(super) fn challenge(problem: ProblemResponse) -> Response {
    let mut response = problem.into_response();
    response.headers_mut().insert(
        WWW_AUTHENTICATE,
        HeaderValue::from_static("Basic realm=\"Gridpass\", charset=\"UTF-8\""),
    );
    response
}

/// Without user and password, or with some that no label has.
pub(super) fn unauthorized() -> Response {
    challenge(ProblemResponse::saying(
        ProblemName::Unauthorized,
        "Send HTTP Basic: the user is the label's temporary id, the password its one-time password, both base64url.",
    ))
}
