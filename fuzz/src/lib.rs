//! What the fuzz targets do: each takes whatever bytes there are, and fails loudly where a parser breaks a
//! promise. A promise is more than not to panic: what is read, written and read again is the same, and no two
//! texts stand for one thing where one of them is signed, hashed or looked up.
//!
//! The parsers of the server, of the worker and of the gateway are read from where they stand: these crates are
//! programs.

pub mod gateway;
pub mod keys;
pub mod label;
pub mod openadr;
#[cfg(feature = "provider")]
pub mod provider;
pub mod sealed;
pub mod symbol;
pub mod web;

/// As the server's files name it.
#[expect(dead_code, reason = "only a part of it is needed here")]
#[path = "../../server/src/problem.rs"]
mod problem;

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Takes bytes as whoever sends them wrote them.
pub type Target = fn(&[u8]);

/// The targets of the protocol, the server and the gateway.
pub const TARGETS: &[(&str, Target)] = &[
    ("digits", label::digits),
    ("payload", label::payload),
    ("link", label::link),
    ("manual_code", label::manual_code),
    ("device_id", label::device_id),
    ("origin", label::origin),
    ("handover", label::handover),
    ("csr", keys::csr),
    ("certificate", keys::certificate),
    ("pem", keys::pem),
    ("jwe", sealed::jwe),
    ("jws", sealed::jws),
    ("confirmation", sealed::confirmation),
    ("up", sealed::up),
    ("down", sealed::down),
    ("issuance", sealed::issuance),
    ("openadr_event", openadr::openadr_event),
    ("openadr_report", openadr::openadr_report),
    ("duration", openadr::duration),
    ("moment", openadr::moment),
    ("est_body", web::est_body),
    ("basic", web::basic),
    ("prefer", web::prefer),
    ("forwarded", web::forwarded),
    ("cookies", web::cookies),
    ("cookie_jar", web::cookie_jar),
    ("traceparent", web::traceparent),
    ("directory", web::directory),
    ("problem", web::problem),
    ("gateway_http", gateway::gateway_http),
    ("picture", gateway::picture),
    ("symbol", symbol::symbol),
];

/// Those of the provider.
#[cfg(feature = "provider")]
pub const PROVIDERS: &[(&str, Target)] = &[
    ("oidc_answer", web::oidc_answer),
    ("id_token", provider::id_token),
    ("asking", provider::asking),
    ("ocsp", provider::ocsp),
    ("certs_only", provider::certs_only),
    ("crl_name", provider::crl_name),
    ("cursor", provider::cursor),
    ("customers", provider::customers),
    ("registrations", provider::registrations),
    ("webhook_url", provider::webhook_url),
    ("words", provider::words),
];
#[cfg(not(feature = "provider"))]
pub const PROVIDERS: &[(&str, Target)] = &[];

/// Every target, by its name.
pub fn targets() -> impl Iterator<Item = &'static (&'static str, Target)> {
    TARGETS.iter().chain(PROVIDERS)
}

/// Runs one target.
///
/// # Panics
/// The target found something, or there is none of this name.
pub fn run(name: &str, data: &[u8]) {
    let (_, target) = targets()
        .find(|(known, _)| *known == name)
        .expect("a target of this name");
    target(data);
}

/// What parsers of text are called with.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// What was read, written and read again, is the same, and is written in the same way.
fn again<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let written = serde_json::to_vec(value).expect("what was read can be written");
    let read: T = serde_json::from_slice(&written).expect("what was written can be read");
    assert_eq!(&read, value);
    let again = serde_json::to_vec(&read).expect("what was read can be written");
    assert_eq!(written, again);
}
