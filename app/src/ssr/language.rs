//! Which language a request asks for.

use super::cookies;
use crate::messages::Language;
use axum::http::{HeaderMap, header, request::Parts};
use leptos::prelude::*;

/// The language to answer in: the one the person switched to, else the signed-in account's, else
/// the best of `Accept-Language`, else English.
#[must_use]
pub fn request_language() -> Language {
    use_context::<Parts>().map_or_else(Language::default, |parts| of_headers(&parts.headers))
}

/// The same of these headers.
#[must_use]
pub fn of_headers(headers: &HeaderMap) -> Language {
    cookies::switched_language(headers)
        .or_else(|| cookies::account_language(headers))
        .or_else(|| {
            headers
                .get(header::ACCEPT_LANGUAGE)?
                .to_str()
                .ok()
                .and_then(accepted)
        })
        .unwrap_or_default()
}

/// The language of the highest weight that the site speaks (RFC 9110, 12.5.4); among equals the
/// one that comes first.
fn accepted(header: &str) -> Option<Language> {
    let mut best = None;
    for range in header.split(',') {
        let mut parts = range.split(';');
        let Some(language) = parts.next().and_then(|tag| tag.parse::<Language>().ok()) else {
            continue;
        };
        let weight = parts
            .find_map(|parameter| parameter.trim().strip_prefix("q="))
            .map_or(Some(1.0), |q| q.trim().parse::<f32>().ok())
            .unwrap_or(0.0);
        if weight > best.map_or(0.0, |(_, best)| best) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_heaviest_language_that_the_site_speaks_is_taken() {
        assert_eq!(
            accepted("de, es-MX;q=0.8, en;q=0.7"),
            Some(Language::Spanish)
        );
        assert_eq!(accepted("en-GB,en;q=0.9,es;q=0.8"), Some(Language::English));
        assert_eq!(accepted("es;q=0, de"), None);
        assert_eq!(accepted("es;q=nonsense"), None);
        assert_eq!(accepted(""), None);
    }

    #[test]
    fn the_switch_wins_over_the_account_and_the_account_over_the_browser() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
        assert_eq!(of_headers(&headers), Language::English);
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("gridpass-account-language=es"),
        );
        assert_eq!(of_headers(&headers), Language::Spanish);
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("gridpass-language=en"),
        );
        assert_eq!(of_headers(&headers), Language::English);
    }
}
