//! The page and its three calls, and what guards them.

use gridpass_protocol::{HandoverNonce, b64u};
use rand_core::Rng;
use serde::{Deserialize, Serialize};

use super::{
    Desk, Refusal, Step,
    http::{Request, Response, is_own_host},
    words::Language,
};
use crate::clock::randomness;

const PAGE: &str = include_str!("page.html");
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";

/// The text that came in the address of the page.
#[derive(Deserialize)]
struct Opened {
    text: String,
}

/// The hand-over that the person agreed to.
#[derive(Deserialize)]
struct Agreed {
    nonce: HandoverNonce,
}

/// What the page is told.
#[derive(Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
enum Told {
    Ask {
        nonce: HandoverNonce,
        provider: String,
        portal: String,
    },
    GoBack {
        back: String,
    },
    Done {
        back: String,
    },
}

/// Why the page has to say something else. A word of the page's own words.
#[derive(Serialize)]
struct Problem {
    problem: &'static str,
}

/// Answers a request to the local site.
pub(super) fn answer(desk: &Desk, request: &Request, names: &[String]) -> Response {
    let Some(host) = request.header("host") else {
        return Response::empty(400);
    };
    if !is_own_host(host, names) {
        return Response::empty(421);
    }
    match (request.method.as_str(), request.path.as_str()) {
        ("GET" | "HEAD", "/enroll" | "/") => page(request),
        ("POST", path @ ("/enroll/open" | "/enroll/agree")) => match admitted(request, host) {
            Err(status) => Response::empty(status),
            Ok(()) => told(call(desk, path, &request.body)),
        },
        (_, "/enroll" | "/" | "/enroll/open" | "/enroll/agree") => Response::empty(405),
        _ => Response::empty(404),
    }
}

/// Only the page itself may call: another site's page cannot send JSON here without being asked
/// first, and says where it comes from.
fn admitted(request: &Request, host: &str) -> Result<(), u16> {
    let own_origin = format!("http://{host}");
    let is_own = request
        .header("origin")
        .is_some_and(|origin| origin.eq_ignore_ascii_case(&own_origin));
    let is_same = request
        .header("sec-fetch-site")
        .is_none_or(|site| site == "same-origin");
    if !is_own || !is_same {
        return Err(403);
    }
    let is_json = request
        .header("content-type")
        .is_some_and(|media| media.split(';').next().unwrap_or_default().trim() == JSON);
    if is_json { Ok(()) } else { Err(415) }
}

fn call(desk: &Desk, path: &str, body: &[u8]) -> Result<Told, Refusal> {
    if path == "/enroll/open" {
        let Opened { text } = serde_json::from_slice(body).map_err(|_| Refusal::Damaged)?;
        return desk.open(&text).map(|step| match step {
            Step::Ask {
                nonce,
                provider,
                portal,
            } => Told::Ask {
                nonce,
                provider,
                portal: portal.to_string(),
            },
            Step::Done { back } => Told::Done { back },
        });
    }
    let Agreed { nonce } = serde_json::from_slice(body).map_err(|_| Refusal::Damaged)?;
    desk.agree(nonce).map(|back| Told::GoBack { back })
}

fn told(result: Result<Told, Refusal>) -> Response {
    let (status, json) = match result {
        Ok(told) => (200, serde_json::to_vec(&told)),
        Err(refusal) => {
            tracing::warn!(error = %refusal, "a step of the hand-over was refused");
            let (status, problem) = word(&refusal);
            (status, serde_json::to_vec(&Problem { problem }))
        }
    };
    Response::new(status, JSON, json.expect("plain structs are JSON"))
}

fn word(refusal: &Refusal) -> (u16, &'static str) {
    match refusal {
        Refusal::Damaged => (400, "damaged"),
        Refusal::Enrolled => (409, "enrolled"),
        Refusal::Ended => (409, "ended"),
        Refusal::Unknown(_) => (403, "unknown"),
        Refusal::Offline(_) => (502, "offline"),
        Refusal::NotGenuine => (403, "not_genuine"),
        Refusal::Token(_) | Refusal::Store(_) | Refusal::Enroll(_) => (500, "failed"),
    }
}

/// The page, with the only script and style that it may have.
fn page(request: &Request) -> Response {
    let language = Language::of(request.header("accept-language"));
    let words = language.words();
    let json = serde_json::to_value(words).expect("words are strings");
    let mut bytes = [0; 16];
    randomness().fill_bytes(&mut bytes);
    let nonce = b64u(&bytes);
    // `<` could end the script that the words stand in.
    let script = json.to_string().replace('<', "\\u003c");
    let mut html = PAGE
        .replace("{{language}}", language.tag())
        .replace("{{nonce}}", &nonce)
        .replace("{{words}}", &script);
    for (name, text) in json.as_object().into_iter().flatten() {
        let text = text.as_str().unwrap_or_default();
        html = html.replace(&format!("{{{{{name}}}}}"), text);
    }
    let mut response = Response::new(200, HTML, html);
    response.headers.push((
        "Content-Security-Policy",
        format!(
            "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    ));
    response
}

#[cfg(test)]
mod tests;
