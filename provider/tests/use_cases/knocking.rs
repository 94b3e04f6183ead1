//! Knocking at devices whose page is closed: who is knocked at, how it is signed, and what ends it.

use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64ct::{Base64UrlUnpadded, Encoding};
use gridpass_protocol::{Item, ProblemName, UpKind};
use gridpass_provider::{
    EnrollmentId, Knock, Pusher,
    delivery::{Carriers, Delivered},
};
use serde_json::Value;

use crate::{
    fixture::{Fixture, NOW},
    mailbox::instruct,
    speaking::Talker,
};

const ENDPOINT: &str = "https://push.example/wpush/v2/4711";

/// A push service that answers with one status, and remembers.
#[derive(Clone)]
struct Service {
    status: u16,
    heard: Arc<Mutex<Vec<Knock>>>,
}

impl Service {
    fn new(status: u16) -> Self {
        Self {
            status,
            heard: Arc::default(),
        }
    }

    fn deliver(&self, fixture: &Fixture) -> Delivered {
        let carriers = Carriers {
            push: Some(Box::new(self.clone())),
            ..Carriers::default()
        };
        fixture.gridpass.deliver_due(&carriers, 10).unwrap()
    }

    fn count(&self) -> usize {
        self.heard.lock().unwrap().len()
    }
}

impl Pusher for Service {
    fn knock(&self, knock: &Knock) -> Result<u16, String> {
        self.heard.lock().unwrap().push(Knock {
            endpoint: knock.endpoint.clone(),
            authorization: knock.authorization.clone(),
        });
        Ok(self.status)
    }
}

fn push(endpoint: Option<&str>) -> UpKind {
    UpKind::Push {
        endpoint: endpoint.map(str::to_owned),
    }
}

/// The provider's key in an answer.
fn key_in(items: &[Item]) -> Vec<u8> {
    let key = |item: &Item| match item {
        Item::Push { key } => Some(key.clone()),
        _ => None,
    };
    items.iter().find_map(key).unwrap()
}

/// A device that wants to be knocked at.
fn subscribed(fixture: &Fixture) -> Talker {
    let mut talker = Talker::enrol(fixture, 1);
    talker.hello(fixture).unwrap();
    talker.say(fixture, push(Some(ENDPOINT))).unwrap();
    talker
}

/// Something new, and the time that an open page has to fetch it.
fn news(fixture: &Fixture, id: EnrollmentId) {
    instruct(fixture, id, "message");
    fixture.clock.advance(5);
}

/// What the provider signed: claims, and the key beside them.
fn verified(knock: &Knock) -> (Value, Vec<u8>) {
    let (token, key) = knock
        .authorization
        .strip_prefix("vapid t=")
        .and_then(|rest| rest.split_once(", k="))
        .unwrap();
    let key = Base64UrlUnpadded::decode_vec(key).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = Base64UrlUnpadded::decode_vec(signature).unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &key)
        .verify(signed.as_bytes(), &signature)
        .expect("the push service can verify it");
    let (header, claims) = signed.split_once('.').unwrap();
    let json = |part| -> Value {
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap()
    };
    assert_eq!(json(header)["alg"], "ES256");
    (json(claims), key)
}

#[test]
fn a_device_is_knocked_at_once_with_the_providers_signature_and_without_content() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    let asked = talker.say(&fixture, push(None)).unwrap();
    let key = key_in(&asked.items);
    let told = talker.say(&fixture, push(Some(ENDPOINT))).unwrap();
    assert_eq!(key_in(&told.items), key, "made once");
    let service = Service::new(201);
    assert!(service.deliver(&fixture).is_idle(), "nothing is new");
    news(&fixture, talker.id);
    assert_eq!(service.deliver(&fixture).sent, 1);
    assert!(service.deliver(&fixture).is_idle(), "once is enough");
    let heard = service.heard.lock().unwrap();
    let (claims, signer) = verified(&heard[0]);
    assert_eq!(signer, key, "the key that the browser was given");
    assert_eq!(heard[0].endpoint, ENDPOINT);
    assert_eq!(claims["aud"], "https://push.example");
    assert!(claims["sub"].as_str().unwrap().contains(':'));
    let expires_at = claims["exp"].as_u64().unwrap();
    assert!(expires_at > NOW.0 && expires_at <= NOW.0 + 24 * 60 * 60);
}

#[test]
fn whoever_has_it_already_is_not_knocked_at() {
    let fixture = Fixture::new();
    let mut talker = subscribed(&fixture);
    let service = Service::new(201);
    let parcel = instruct(&fixture, talker.id, "message");
    assert!(
        service.deliver(&fixture).is_idle(),
        "an open page is quicker"
    );
    talker.poll(&fixture).unwrap();
    let receipt = crate::mailbox::receipt(parcel.uuid(), gridpass_protocol::Outcome::Executed);
    talker.say(&fixture, receipt).unwrap();
    fixture.clock.advance(60);
    service.deliver(&fixture);
    assert_eq!(service.count(), 0);
}

#[test]
fn a_subscription_that_has_ended_is_dropped() {
    for status in [404, 410] {
        let fixture = Fixture::new();
        let talker = subscribed(&fixture);
        let service = Service::new(status);
        news(&fixture, talker.id);
        service.deliver(&fixture);
        news(&fixture, talker.id);
        service.deliver(&fixture);
        assert_eq!(service.count(), 1, "{status}");
    }
}

#[test]
fn a_service_in_trouble_is_asked_again_later_and_not_for_ever() {
    let fixture = Fixture::new();
    let talker = subscribed(&fixture);
    let service = Service::new(503);
    news(&fixture, talker.id);
    assert_eq!(service.deliver(&fixture).put_off, 1);
    assert!(service.deliver(&fixture).is_idle(), "not at once");
    for _ in 0..20 {
        fixture.clock.advance(3600);
        service.deliver(&fixture);
    }
    assert_eq!(service.count(), 8);
    // The next news is another matter.
    let service = Service::new(201);
    news(&fixture, talker.id);
    assert_eq!(service.deliver(&fixture).sent, 1);
}

#[test]
fn a_device_that_no_longer_wants_it_or_is_out_of_service_is_not_knocked_at() {
    let fixture = Fixture::new();
    let mut talker = subscribed(&fixture);
    talker.say(&fixture, push(None)).unwrap();
    news(&fixture, talker.id);
    let service = Service::new(201);
    service.deliver(&fixture);
    talker.say(&fixture, push(Some(ENDPOINT))).unwrap();
    instruct(&fixture, talker.id, "message");
    let reason = "lost".to_owned();
    talker.say(&fixture, UpKind::RevokeMe { reason }).unwrap();
    fixture.clock.advance(60);
    service.deliver(&fixture);
    assert_eq!(service.count(), 0);
}

#[test]
fn only_an_address_of_the_web_can_be_knocked_at() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    let long = format!("https://push.example/{}", "a".repeat(1024));
    for endpoint in [
        "ftp://push.example/a",
        "https://user@push.example/a",
        "push.example",
        "",
        &long,
    ] {
        let jwe = talker.seal(push(Some(endpoint)));
        let refused = crate::speaking::post(&fixture, &jwe).unwrap_err();
        assert_eq!(refused.problem().name, ProblemName::Invalid, "{endpoint}");
    }
    talker.say(&fixture, push(Some(ENDPOINT))).unwrap();
}

#[test]
fn the_database_tells_nobody_where_to_knock() {
    let fixture = Fixture::new();
    subscribed(&fixture);
    let kept = fixture.folder.kept_bytes();
    assert!(!kept.windows(15).any(|part| part == b"push.example/wp"));
}
