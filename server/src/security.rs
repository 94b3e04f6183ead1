//! Headers that every answer carries, and the refusal of requests forged by other sites.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, ORIGIN,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gridpass_protocol::label::Origin;
use gridpass_protocol::problem::ProblemName;

use crate::problem::ProblemResponse;
use crate::state::App;

/// What a page may load: its own files, and the one script that carries the nonce.
pub(crate) fn content_security_policy(nonce: Option<&str>) -> String {
    let nonce = nonce
        .map(|nonce| format!(" 'nonce-{nonce}'"))
        .unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'{nonce} 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; \
         manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Adds the headers that are not there yet.
pub(crate) async fn headers(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Not `no-referrer`: with it, browsers send `Origin: null` with our own forms.
    set(REFERRER_POLICY, "same-origin");
    set(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    set(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    );
    set(CACHE_CONTROL, "no-store");
    if app.origin.is_https() {
        set(
            STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        );
    }
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, app.content_security_policy.clone());
    }
    response
}

/// Refuses a state-changing request that a browser sends on behalf of another site.
///
/// A browser always names the site: by `Origin`, which must then be ours. A client that sends neither
/// `Origin` nor a cookie is no browser acting for a person and has no authority to lend.
pub(crate) async fn refuse_forged(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if safe || is_own(request.headers(), &app.origin) {
        return next.run(request).await;
    }
    ProblemResponse::of(ProblemName::Forbidden).into_response()
}

fn is_own(headers: &HeaderMap, own: &Origin) -> bool {
    if let Some(origin) = headers.get(ORIGIN) {
        return origin.as_bytes() == own.as_str().as_bytes();
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    !headers.contains_key(axum::http::header::COOKIE) || headers.contains_key(AUTHORIZATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn only_our_own_pages_may_act_for_a_person() {
        let own = Origin::parse("https://portal.example").unwrap();
        assert!(is_own(
            &headers(&[("origin", "https://portal.example"), ("cookie", "a=b")]),
            &own
        ));
        assert!(!is_own(
            &headers(&[("origin", "https://evil.example"), ("cookie", "a=b")]),
            &own
        ));
        assert!(!is_own(&headers(&[("origin", "null")]), &own));
        assert!(!is_own(&headers(&[("sec-fetch-site", "cross-site")]), &own));
        assert!(!is_own(&headers(&[("cookie", "a=b")]), &own));
        assert!(is_own(&headers(&[]), &own));
    }

    #[test]
    fn the_policy_lets_only_the_nonce_run_inline() {
        let policy = content_security_policy(Some("abc"));
        assert!(policy.contains("script-src 'self' 'nonce-abc' 'wasm-unsafe-eval'"));
        assert!(!policy.contains("unsafe-inline"));
    }
}
