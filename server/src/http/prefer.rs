//! `Prefer: wait=N` (RFC 7240, 4.3): how long a client would wait for an answer.

use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::HeaderName;

/// The longest that anybody waits.
const LONGEST: Duration = Duration::from_secs(60);

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// How long the sender would wait for something to lie in its mailbox; none: not at all.
pub(crate) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get_all(PREFER)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|preference| preference.split(';').next())
        .filter_map(|preference| preference.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))?
        .1
        .trim()
        .trim_matches('"')
        .parse()
        .ok()?;
    let wait = Duration::from_secs(seconds).min(LONGEST);
    (!wait.is_zero()).then_some(wait)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_wish_to_wait_is_read_as_rfc_7240_writes_it() {
        let asked = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(PREFER, HeaderValue::from_static(value));
            }
            asked(&headers).map(|wait| wait.as_secs())
        };
        for (values, seconds) in [
            (&["wait=20"][..], Some(20)),
            (&["respond-async, Wait = 20; x=y"], Some(20)),
            (&["return=minimal", "wait=\"7\""], Some(7)),
            (&["wait=600"], Some(60)),
            (&["wait=0"], None),
            (&["wait=-1"], None),
            (&["wait"], None),
            (&["wait=99999999999999999999"], None),
            (&[], None),
        ] {
            assert_eq!(asked(values), seconds, "{values:?}");
        }
    }
}
