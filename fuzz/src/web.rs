//! Bodies, headers and addresses as HTTP brings them.

use std::net::IpAddr;

use axum::http::header::{AUTHORIZATION, COOKIE, FORWARDED};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use gridpass_protocol::{Directory, Problem};
#[cfg(feature = "provider")]
use gridpass_provider::OidcAnswer;
use ipnet::IpNet;

use crate::{again, problem, text};

#[path = "../../server/src/est/basic.rs"]
mod credentials;

#[path = "../../server/src/est/body.rs"]
mod body;

#[path = "../../server/src/client_ip.rs"]
mod client_ip;

#[path = "../../server/src/http/prefer.rs"]
mod wish;

#[path = "../../app/src/ssr/cookies/read.rs"]
mod read;

#[expect(dead_code, reason = "the parser alone is driven here")]
#[path = "../../server/src/traces/place.rs"]
mod place;

/// A body of EST, in whichever of its spellings: what is read, written and read again, is the same.
pub fn est_body(data: &[u8]) {
    if let Ok(der) = body::decode(data) {
        assert!(!der.is_empty() && der.len() <= data.len());
        let written = body::encode(&der);
        assert!(body::decode(written.as_bytes()).is_ok_and(|again| again == der));
    }
}

fn header(name: HeaderName, data: &[u8]) -> Option<HeaderMap> {
    let value = HeaderValue::from_bytes(data).ok()?;
    Some(HeaderMap::from_iter([(name, value)]))
}

/// HTTP Basic.
pub fn basic(data: &[u8]) {
    if let Some(headers) = header(AUTHORIZATION, data)
        && let Some(basic) = credentials::Basic::of(&headers)
    {
        assert!(!basic.user.contains(':'));
        let _ = basic.password.len();
    }
    let _ = credentials::unauthorized();
    let _ = problem::ProblemResponse::of(gridpass_protocol::ProblemName::NotFound);
}

/// `Prefer: wait`: nobody waits for longer than a minute.
pub fn prefer(data: &[u8]) {
    if let Some(headers) = header(HeaderName::from_static("prefer"), data)
        && let Some(wait) = wish::asked(&headers)
    {
        assert!((1..=60).contains(&wait.as_secs()));
    }
}

/// Who a proxy says that it asks for: nobody is believed who is no proxy of ours.
pub fn forwarded(data: &[u8]) {
    let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
    let trusted: [IpNet; 1] = ["10.0.0.0/8".parse().expect("a network")];
    for name in [HeaderName::from_static("x-forwarded-for"), FORWARDED] {
        let Some(headers) = header(name, data) else {
            return;
        };
        let stranger = ip("203.0.113.9");
        assert_eq!(client_ip::client_ip(stranger, &headers, &trusted), stranger);
        let _ = client_ip::client_ip(ip("10.0.0.1"), &headers, &trusted);
    }
}

/// Cookies: a value has been one of those that were sent.
pub fn cookies(data: &[u8]) {
    if let Some(headers) = header(COOKIE, data)
        && let Some(value) = read::value(&headers, "gridpass-session")
    {
        let sent = text(data).expect("a header that was read is text");
        assert!(sent.contains(&value));
    }
}

/// All cookies of a browser, a header a line: each name has one value, whatever the others say, and what is read
/// can be sent again and is read again.
pub fn cookie_jar(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(COOKIE, value);
        }
    }
    for name in [
        "__Host-gridpass-session",
        "__Host-gridpass-staff",
        "__Host-gridpass-asking",
        "gridpass-session",
        "gridpass-typed",
    ] {
        let Some(value) = read::value(&headers, name) else {
            continue;
        };
        assert!(!value.contains(';'), "a value of two cookies");
        let alone = HeaderValue::from_str(&format!("{name}={value}"));
        let alone = HeaderMap::from_iter([(COOKIE, alone.expect("it came in a header"))]);
        assert_eq!(read::value(&alone, name).as_ref(), Some(&value));
        // What was typed is read from there, whoever wrote it.
        if let Ok(json) = gridpass_protocol::from_b64u(&value) {
            let _ = serde_json::from_slice::<serde_json::Value>(&json);
        }
    }
}

/// `traceparent`: one text for each place in a trace.
pub fn traceparent(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Some(place) = place::Place::continued(text) {
        let hex =
            |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
        let parent = place.parent.expect("whose it is");
        let begin = format!("00-{}-{}-", hex(&place.trace), hex(&parent));
        let flags = text.trim().strip_prefix(&begin).expect("what was sent");
        let last = flags.bytes().last().expect("two digits");
        assert_eq!(flags.len(), 2);
        assert_eq!(
            place.sampled,
            char::from(last).to_digit(16).expect("a digit") % 2 == 1
        );
        assert_ne!(place.span, parent, "a span of our own");
    }
}

/// What an issuer sends a browser back with.
#[cfg(feature = "provider")]
pub fn oidc_answer(data: &[u8]) {
    let Some(query) = text(data) else { return };
    let Ok(uri) = format!("/oidc/callback?{query}").parse::<axum::http::Uri>() else {
        return;
    };
    if let Ok(axum::extract::Query(answer)) = axum::extract::Query::<OidcAnswer>::try_from_uri(&uri)
    {
        assert_eq!(format!("{answer:?}"), "OidcAnswer([redacted])");
    }
}

/// `/.well-known/gridpass`, as devices read it.
pub fn directory(data: &[u8]) {
    if let Ok(directory) = serde_json::from_slice::<Directory>(data) {
        again(&directory);
    }
}

/// A problem document, as devices read it.
pub fn problem(data: &[u8]) {
    if let Ok(problem) = serde_json::from_slice::<Problem>(data) {
        let written = serde_json::to_vec(&problem).expect("what was read can be written");
        assert!(serde_json::from_slice::<Problem>(&written).is_ok());
    }
}
