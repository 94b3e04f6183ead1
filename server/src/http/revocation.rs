//! What is revoked, for everybody who asks: `GET /crl/{file}` (RFC 5280) and `/ocsp` (RFC 6960).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, EXPIRES, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::{Router, routing};
use base64ct::{Base64, Encoding as _};
use gridpass_protocol::{ProblemName, UnixTime};
use gridpass_provider::{OcspAnswer, ca::CrlName};
use sha2::{Digest as _, Sha256};

use crate::problem::ProblemResponse;
use crate::state::App;

/// A request for a few certificates has a few hundred bytes.
const SIZE_LIMIT: usize = 8 * 1024;

/// The longest request in a path. RFC 5019, 5, has requests of more than 255 bytes posted.
const LONGEST_PATH: usize = 2048;

/// For how long a revocation list may be kept, in seconds: a newer one is there within seconds of
/// a revocation, so that it is worth asking for.
const LIST_KEPT: u64 = 300;

const REQUEST: &str = "application/ocsp-request";
const RESPONSE: &str = "application/ocsp-response";

/// The routes. Everybody may ask, and nobody has to say who they are.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/crl/{file}", routing::get(list))
        .route("/ocsp", routing::post(post))
        .route("/ocsp/{*request}", routing::get(get))
        .layer(DefaultBodyLimit::max(SIZE_LIMIT))
        .method_not_allowed_fallback(method_not_allowed)
}

async fn method_not_allowed() -> ProblemResponse {
    ProblemResponse::of(ProblemName::MethodNotAllowed)
}

/// The newest revocation list of an issuer, or a part of it.
async fn list(
    State(app): State<Arc<App>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ProblemResponse> {
    let not_found = || ProblemResponse::of(ProblemName::NotFound);
    let name = CrlName::parse(&file).ok_or_else(not_found)?;
    let list = app
        .run(move |gridpass| gridpass.revocation_list(&name))
        .await?
        .map_err(|error| super::store_problem(&error))?
        .ok_or_else(not_found)?;
    let tag = format!("\"{}\"", list.number);
    let left = list.next_update.since(app.gridpass.clock_now());
    let caching = AppendHeaders([
        (ETAG, tag.clone()),
        (LAST_MODIFIED, http_date(list.this_update)),
        (
            CACHE_CONTROL,
            format!("public, max-age={}", left.min(LIST_KEPT)),
        ),
    ]);
    if is_known(&headers, &tag, list.this_update) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    let kind = [(CONTENT_TYPE, "application/pkix-crl")];
    Ok((caching, kind, list.der).into_response())
}

/// Whether the client has this very list (RFC 9110, 13.1: the tag goes before the date).
fn is_known(headers: &HeaderMap, tag: &str, since: UnixTime) -> bool {
    if let Some(known) = headers.get(IF_NONE_MATCH) {
        return known.to_str().is_ok_and(|known| {
            known
                .split(',')
                .map(|one| one.trim().trim_start_matches("W/"))
                .any(|one| one == tag || one == "*")
        });
    }
    headers
        .get(IF_MODIFIED_SINCE)
        .and_then(|known| known.to_str().ok())
        .and_then(|known| httpdate::parse_http_date(known).ok())
        .is_some_and(|known| known >= system_time(since))
}

/// Answers an OCSP request that was posted (RFC 6960, appendix A).
async fn post(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ProblemResponse> {
    let is_request = headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| super::media_type(value.as_bytes()) == REQUEST.as_bytes());
    if !is_request {
        return Err(ProblemResponse::of(ProblemName::UnsupportedMediaType));
    }
    let body = body.map_err(|rejection| ProblemResponse::of(super::body_problem(&rejection)))?;
    let answer = app.run(move |gridpass| gridpass.answer_ocsp(&body)).await?;
    Ok(([(CONTENT_TYPE, RESPONSE)], answer.der).into_response())
}

/// Answers an OCSP request in the path, base64. What is not base64 is answered as what is no
/// request. The answer may be kept on its way (RFC 5019, 6).
async fn get(
    State(app): State<Arc<App>>,
    Path(request): Path<String>,
) -> Result<Response, ProblemResponse> {
    let request = if request.len() <= LONGEST_PATH {
        Base64::decode_vec(&request).unwrap_or_default()
    } else {
        Vec::new()
    };
    let OcspAnswer { der, good } = app
        .run(move |gridpass| gridpass.answer_ocsp(&request))
        .await?;
    let kind = [(CONTENT_TYPE, RESPONSE)];
    let Some((this_update, next_update)) = good else {
        return Ok((kind, der).into_response());
    };
    let left = next_update.since(app.gridpass.clock_now());
    let caching = AppendHeaders([
        (
            ETAG,
            format!("\"{}\"", Base64::encode_string(&Sha256::digest(&der))),
        ),
        (LAST_MODIFIED, http_date(this_update)),
        (EXPIRES, http_date(next_update)),
        (
            CACHE_CONTROL,
            format!("max-age={left}, public, no-transform, must-revalidate"),
        ),
    ]);
    Ok((caching, kind, der).into_response())
}

fn system_time(time: UnixTime) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(time.0)
}

/// As RFC 9110, 5.6.7.
fn http_date(time: UnixTime) -> String {
    httpdate::fmt_http_date(system_time(time))
}
