//! What the local page lets in, and what a browser can have it do.

use std::sync::{Mutex, atomic::AtomicBool};

use gridpass_protocol::{
    CsrContent, Handover, HandoverRequest, KeyAlgorithm, Origin, TemporaryId, UnixTime,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::http::Request;
use super::*;
use crate::{clock::Clock, handover, portal::Portal, state::LabelFacts, store::Store};

const HOST: &str = "192.168.1.20";

struct House {
    _folder: TempDir,
    desk: Desk,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk {
            store: Store::open(folder.path(), None).unwrap(),
            portal: Portal::new(None).unwrap(),
            expected: Some(Origin::parse("https://portal.example").unwrap()),
            clock: Clock(|| UnixTime(1_800_000_000)),
            open: Mutex::default(),
            is_enrolled: AtomicBool::new(false),
        };
        Self {
            _folder: folder,
            desk,
        }
    }

    fn answer(&self, request: &Request) -> Response {
        answer(&self.desk, request, &[])
    }

    /// Opens the page with this text in its address; status and answer.
    fn open(&self, text: &str) -> (u16, Value) {
        let body = json!({ "text": text }).to_string();
        let response = self.answer(&post("/enroll/open", &body));
        (
            response.status,
            serde_json::from_slice(&response.body).unwrap(),
        )
    }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request {
    Request::of(method, path, headers, body.as_bytes())
}

fn post(path: &str, body: &str) -> Request {
    let headers = [
        ("host", HOST),
        ("origin", "http://192.168.1.20"),
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/json"),
    ];
    request("POST", path, &headers, body)
}

fn asked(portal: &str, expires_at: u64) -> HandoverRequest {
    HandoverRequest {
        nonce: gridpass_protocol::HandoverNonce::make(&mut randomness()),
        temporary_id: TemporaryId::make(&mut randomness()),
        csr_content: CsrContent::default(),
        key_algorithm: KeyAlgorithm::Es256,
        provider_certificate: vec![7; 32],
        expires_at: UnixTime(expires_at),
        portal: Origin::parse(portal).unwrap(),
    }
}

#[test]
fn the_page_is_alone_with_its_own_script() {
    let house = House::new();
    let get = |host| {
        let headers = [("host", host), ("accept-language", "es")];
        house.answer(&request("GET", "/enroll", &headers, ""))
    };
    let page = get(HOST);
    assert_eq!(page.status, 200);
    let html = String::from_utf8(page.body).unwrap();
    assert!(html.contains("Conectar este equipo") && !html.contains("{{"));
    let (_, policy) = &page.headers[0];
    assert!(policy.starts_with("default-src 'none'; script-src 'nonce-"));
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
    assert_ne!(get(HOST).headers[0].1, *policy, "a nonce is used once");
    assert_eq!(get("evil.example").status, 421, "DNS rebinding");
}

#[test]
fn another_sites_page_cannot_call() {
    let house = House::new();
    let call = |headers: &[(&str, &str)]| {
        house
            .answer(&request("POST", "/enroll/open", headers, r#"{"text":""}"#))
            .status
    };
    let host = ("host", HOST);
    let json = ("content-type", "application/json");
    let own = ("origin", "http://192.168.1.20");
    assert_eq!(call(&[host, own, json]), 400, "let in, and nothing in it");
    assert_eq!(call(&[host, json]), 403);
    assert_eq!(call(&[host, ("origin", "https://evil.example"), json]), 403);
    assert_eq!(call(&[host, ("origin", "null"), json]), 403);
    assert_eq!(
        call(&[host, own, json, ("sec-fetch-site", "cross-site")]),
        403
    );
    assert_eq!(call(&[host, own, ("content-type", "text/plain")]), 415);
    assert_eq!(call(&[("host", "evil.example"), own, json]), 421);
    assert_eq!(call(&[host, host, own, json]), 400);
}

#[test]
fn only_a_label_that_counts_of_the_portal_that_is_expected_is_looked_at() {
    let house = House::new();
    let open = |request: HandoverRequest| house.open(&Handover::Request(request.into()).to_text());
    let (status, told) = open(asked("https://evil.example", 1_900_000_000));
    assert_eq!((status, &told["problem"]), (403, &json!("unknown")));
    let (status, told) = open(asked("http://portal.example", 1_900_000_000));
    assert_eq!((status, &told["problem"]), (403, &json!("unknown")));
    let (status, told) = open(asked("https://portal.example", 1_800_000_000));
    assert_eq!((status, &told["problem"]), (409, &json!("ended")));
    assert_eq!(house.open("nonsense").0, 400);
    assert!(
        house.desk.store.state().unwrap().is_none(),
        "nothing is made"
    );
}

#[test]
fn nobody_agrees_to_what_was_not_asked() {
    let house = House::new();
    let nonce = gridpass_protocol::HandoverNonce::make(&mut randomness());
    let body = json!({ "nonce": nonce }).to_string();
    let response = house.answer(&post("/enroll/agree", &body));
    assert_eq!(response.status, 409);
    assert!(house.desk.store.state().unwrap().is_none());
}

#[test]
fn an_answer_to_another_hand_over_or_of_another_provider_is_refused() {
    let house = House::new();
    let asked = asked("https://portal.example", 1_900_000_000);
    let label = LabelFacts::of_request(&asked);
    let kept = enroll_request(&house, label.clone(), asked.nonce);
    let again = enroll_request(&house, label, asked.nonce);
    assert_eq!(kept, again, "the same label has the same request");
    let issuance = |nonce| {
        Handover::Issuance {
            nonce,
            issuance: "a.b.c.d.e".to_owned(),
            provider_certificate: vec![1, 2, 3],
        }
        .to_text()
    };
    let other = gridpass_protocol::HandoverNonce::make(&mut randomness());
    assert_eq!(house.open(&issuance(other)).1["problem"], "ended");
    assert_eq!(
        house.open(&issuance(asked.nonce)).1["problem"],
        "not_genuine"
    );
}

fn enroll_request(
    house: &House,
    label: LabelFacts,
    nonce: gridpass_protocol::HandoverNonce,
) -> Vec<u8> {
    let kept = crate::enroll::OtherPending::Kept;
    handover::request(&house.desk.store, label, Some(nonce), kept)
        .unwrap()
        .csr
}
