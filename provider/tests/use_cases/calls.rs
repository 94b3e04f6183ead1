//! What is delivered by signed calls: short messages, events.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use aws_lc_rs::hmac;
use base64ct::{Base64, Encoding};
use gridpass_provider::{
    Channel, Role, WebhookError,
    delivery::{
        Carriers, SmsGateway,
        http::{CallSecret, Caller, HttpCaller, Reach, SignedCall},
    },
};
use serde_json::Value;

use crate::{
    desk::staff_of,
    fixture::{DEVICE_ID, Device, Fixture, operator},
};

/// One call, as it arrived.
struct Called {
    id: String,
    at: u64,
    signature: String,
    body: String,
}

/// A system that is called, and answers with a status.
#[derive(Clone)]
pub(crate) struct System {
    calls: Arc<Mutex<Vec<Called>>>,
    status: Arc<Mutex<u16>>,
}

impl System {
    pub(crate) fn new() -> Self {
        Self {
            calls: Arc::default(),
            status: Arc::new(Mutex::new(204)),
        }
    }

    fn answer(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    pub(crate) fn webhooks(&self) -> Carriers {
        Carriers {
            webhooks: Some(Box::new(self.clone())),
            ..Carriers::default()
        }
    }

    /// The bodies of the calls so far, each with a signature that holds.
    pub(crate) fn bodies(&self, secret: &CallSecret) -> Vec<Value> {
        let key = Base64::decode_vec(secret.shown().strip_prefix("whsec_").unwrap()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let calls = self.calls.lock().unwrap();
        let body = |Called {
                        id,
                        at,
                        signature,
                        body,
                    }: &Called| {
            let tag = Base64::decode_vec(signature.strip_prefix("v1,").unwrap()).unwrap();
            hmac::verify(&key, format!("{id}.{at}.{body}").as_bytes(), &tag).unwrap();
            serde_json::from_str(body).unwrap()
        };
        calls.iter().map(body).collect()
    }
}

impl Caller for System {
    fn call(&self, call: &SignedCall) -> Result<u16, String> {
        self.calls.lock().unwrap().push(Called {
            id: call.id.clone(),
            at: call.at.0,
            signature: call.signature.clone(),
            body: call.body.clone(),
        });
        Ok(*self.status.lock().unwrap())
    }
}

const URL: &str = "https://crm.gmec.example/gridpass";

#[test]
fn a_system_is_told_of_every_change_once_it_is_added_and_until_it_is_removed() {
    let fixture = Fixture::new();
    let (admin, actor) = staff_of("demo", Role::Admin);
    fixture.register("SN-4711-0001");
    let added = fixture
        .gridpass
        .add_webhook(&admin, URL, actor.clone())
        .unwrap();
    let registered = fixture.register(DEVICE_ID);
    fixture
        .confirm(&Device::new(1, &registered.link, DEVICE_ID))
        .unwrap();
    let cancelled = fixture.register("SN-4711-0002");
    fixture
        .gridpass
        .cancel(cancelled.enrollment_id, operator())
        .unwrap();
    let system = System::new();
    let done = fixture
        .gridpass
        .deliver_due(&system.webhooks(), 10)
        .unwrap();
    assert_eq!(done.sent, 4);
    let bodies = system.bodies(&added.secret);
    let told = |id: &dyn std::fmt::Display| -> Vec<String> {
        let mut told: Vec<_> = bodies
            .iter()
            .filter(|body| body["data"]["enrollment_id"] == id.to_string())
            .map(|body| body["type"].as_str().unwrap().to_owned())
            .collect();
        told.sort();
        told
    };
    assert_eq!(
        told(&registered.enrollment_id),
        ["enrollment.issued", "enrollment.open"]
    );
    assert_eq!(
        told(&cancelled.enrollment_id),
        ["enrollment.cancelled", "enrollment.open"]
    );
    let text = format!("{bodies:?}");
    assert!(!text.contains(&registered.manual_code.grouped()) && !text.contains("SN-4711"));

    fixture
        .gridpass
        .remove_webhook(&admin, added.id, actor.clone())
        .unwrap();
    fixture.register("SN-4711-0003");
    let done = fixture
        .gridpass
        .deliver_due(&system.webhooks(), 10)
        .unwrap();
    assert!(done.is_idle());
    assert!(matches!(
        fixture.gridpass.remove_webhook(&admin, added.id, actor),
        Err(WebhookError::NotFound)
    ));
}

#[test]
fn a_system_that_fails_is_called_again_with_the_same_id() {
    let fixture = Fixture::new();
    let (admin, actor) = staff_of("demo", Role::Admin);
    let added = fixture.gridpass.add_webhook(&admin, URL, actor).unwrap();
    fixture.register(DEVICE_ID);
    let system = System::new();
    let deliver = || {
        fixture
            .gridpass
            .deliver_due(&system.webhooks(), 10)
            .unwrap()
    };
    system.answer(500);
    assert_eq!(deliver().put_off, 1);
    fixture.clock.advance(60);
    system.answer(200);
    assert_eq!(deliver().sent, 1);
    assert_eq!(system.bodies(&added.secret).len(), 2);
    let calls = system.calls.lock().unwrap();
    assert_eq!(calls[0].id, calls[1].id);
    assert_ne!(calls[0].at, calls[1].at, "each try says when it was made");
}

/// Two systems; the first one answers nothing.
#[derive(Clone, Default)]
struct Deaf(Arc<Mutex<Vec<String>>>);

impl Deaf {
    fn calls(&self, url: &str) -> usize {
        let called = self.0.lock().unwrap();
        called.iter().filter(|called| *called == url).count()
    }
}

impl Caller for Deaf {
    fn call(&self, call: &SignedCall) -> Result<u16, String> {
        self.0.lock().unwrap().push(call.url.clone());
        if call.url == URL {
            return Err("timeout: global".to_owned());
        }
        Ok(204)
    }
}

#[test]
fn a_system_that_does_not_answer_is_waited_for_once_and_others_are_told_meanwhile() {
    const OTHER: &str = "https://erp.gmec.example/gridpass";
    let fixture = Fixture::new();
    let (admin, actor) = staff_of("demo", Role::Admin);
    for url in [URL, OTHER] {
        let gridpass = &fixture.gridpass;
        gridpass.add_webhook(&admin, url, actor.clone()).unwrap();
    }
    let systems = Deaf::default();
    let carriers = Carriers {
        webhooks: Some(Box::new(systems.clone())),
        ..Carriers::default()
    };
    let deliver = || {
        let mut sent = 0;
        loop {
            let done = fixture.gridpass.deliver_due(&carriers, 10).unwrap();
            sent += done.sent;
            if done.is_idle() {
                return sent;
            }
        }
    };
    let mut number = 0;
    let mut register = |count: u32| {
        for _ in 0..count {
            number += 1;
            fixture.register(&format!("SN-4711-{number:04}"));
        }
    };
    register(20);
    assert_eq!(deliver(), 20, "the other one is told everything");
    assert_eq!(systems.calls(URL), 1, "this one was waited for once");
    register(5);
    assert_eq!(deliver(), 5);
    assert_eq!(systems.calls(URL), 1, "and is left alone");
    fixture.clock.advance(60);
    assert_eq!(deliver(), 0);
    assert_eq!(
        systems.calls(URL),
        2,
        "one call finds out that it is still away"
    );
    assert_eq!(systems.calls(OTHER), 25);
}

#[test]
fn only_admins_set_addresses_and_only_ones_that_can_be_called() {
    let fixture = Fixture::new();
    for role in [Role::Support, Role::Operator, Role::Auditor] {
        let (staff, actor) = staff_of("demo", role);
        assert!(matches!(
            fixture.gridpass.add_webhook(&staff, URL, actor.clone()),
            Err(WebhookError::NotAllowed(_))
        ));
        assert!(fixture.gridpass.webhooks(&staff, &actor).is_err());
    }
    let (admin, actor) = staff_of("demo", Role::Admin);
    for url in [
        "",
        "http://crm.gmec.example/",
        "ftp://crm.gmec.example/",
        "https://",
        "https://user:secret@crm.gmec.example/",
        "//crm.gmec.example/",
    ] {
        assert!(
            matches!(
                fixture.gridpass.add_webhook(&admin, url, actor.clone()),
                Err(WebhookError::InvalidUrl)
            ),
            "{url}"
        );
    }
    for _ in 0..10 {
        fixture
            .gridpass
            .add_webhook(&admin, URL, actor.clone())
            .unwrap();
    }
    assert!(matches!(
        fixture.gridpass.add_webhook(&admin, URL, actor.clone()),
        Err(WebhookError::TooMany)
    ));
    assert_eq!(fixture.gridpass.webhooks(&admin, &actor).unwrap().len(), 10);
}

#[test]
fn a_label_by_sms_brings_the_code_in_words_and_as_a_picture() {
    let fixture = Fixture::with(|config| config.providers[0].channels = vec![Channel::Sms]);
    crate::letters::set_contact(&fixture);
    let registered = crate::letters::register_by(&fixture, Channel::Sms);
    assert_eq!(registered.expires_at, crate::fixture::NOW.plus(600));
    let system = System::new();
    let secret = CallSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let carriers = Carriers {
        sms: Some(SmsGateway {
            url: "https://sms.example/send".into(),
            secret: secret.clone(),
            caller: Box::new(system.clone()),
        }),
        ..Carriers::default()
    };
    assert_eq!(fixture.gridpass.deliver_due(&carriers, 10).unwrap().sent, 1);
    let body = &system.bodies(&secret)[0];
    assert_eq!(body["to"], "+18025550142");
    let text = body["text"].as_str().unwrap();
    assert!(text.contains("https://portal.gmec.example/e"), "{text}");
    let png = Base64::decode_vec(body["media"][0]["data"].as_str().unwrap()).unwrap();
    let link = crate::label_image::decode(&png);
    let (origin, payload) = gridpass_protocol::Link::parse(&link).unwrap();
    let link = gridpass_protocol::Link::new(&origin, &payload);
    fixture.confirm(&Device::new(1, &link, DEVICE_ID)).unwrap();
}

/// What came over the wire: the head of a request and its body.
type Wire = Arc<Mutex<Vec<(String, String)>>>;

/// A system that answers real requests, one after the other, with these statuses.
fn listening(statuses: &'static [&'static str]) -> (u16, Wire) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let wire = Wire::default();
    let heard = Arc::clone(&wire);
    thread::spawn(move || {
        for (status, stream) in statuses.iter().zip(listener.incoming()) {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(stream.read_line(&mut head).unwrap() > 0, "{head}");
            }
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .unwrap();
            let mut body = vec![0; length.parse().unwrap()];
            stream.read_exact(&mut body).unwrap();
            let body = String::from_utf8(body).unwrap();
            heard.lock().unwrap().push((head, body));
            let answer = format!(
                "HTTP/1.1 {status}\r\nlocation: http://127.0.0.1:{port}/elsewhere\r\n\
                 content-length: 0\r\nconnection: close\r\n\r\n"
            );
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    (port, wire)
}

#[test]
fn each_call_goes_over_http_signed_and_is_in_the_log_with_what_came_of_it() {
    let fixture = Fixture::with(|config| config.origin = "http://localhost:3000".parse().unwrap());
    let gridpass = &fixture.gridpass;
    let (admin, actor) = staff_of("demo", Role::Admin);
    let (port, wire) = listening(&["503 Busy", "302 Found", "204 No Content"]);
    let url = format!("http://127.0.0.1:{port}/hook");
    let added = gridpass.add_webhook(&admin, &url, actor.clone()).unwrap();
    fixture.register(DEVICE_ID);
    let carriers = Carriers {
        webhooks: Some(Box::new(HttpCaller::new(Reach::Anywhere))),
        ..Carriers::default()
    };
    for (sent, put_off) in [(0, 1), (0, 1), (1, 0)] {
        let done = gridpass.deliver_due(&carriers, 10).unwrap();
        assert_eq!((done.sent, done.put_off, done.dead), (sent, put_off, 0));
        fixture.clock.advance(3600);
    }

    let wire = wire.lock().unwrap();
    let header = |head: &str, name: &str| -> String {
        let line = head.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim_start_matches(": ").to_owned()
    };
    let key = added.secret.shown();
    let key = Base64::decode_vec(key.strip_prefix("whsec_").unwrap()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    for (head, body) in wire.iter() {
        assert!(
            head.starts_with("POST /hook HTTP/1.1\r\n"),
            "no redirect is followed: {head}"
        );
        let [id, at, tag] =
            ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| header(head, name));
        let tag = Base64::decode_vec(tag.strip_prefix("v1,").unwrap()).unwrap();
        hmac::verify(&key, format!("{id}.{at}.{body}").as_bytes(), &tag).unwrap();
        let told: Value = serde_json::from_str(body).unwrap();
        assert_eq!(told["type"], "enrollment.open");
    }
    assert_eq!(
        header(&wire[0].0, "webhook-id"),
        header(&wire[2].0, "webhook-id")
    );

    let log = gridpass
        .webhook_log(&admin, added.id, None, 10, &actor)
        .unwrap();
    let [(told, calls)] = log.as_slice() else {
        panic!("one event, not {}", log.len())
    };
    assert_eq!(told.attempts, 3);
    let calls: Vec<_> = calls
        .iter()
        .map(|call| {
            (
                call.at.0 - crate::fixture::NOW.0,
                call.status,
                call.error.as_deref(),
            )
        })
        .collect();
    let (busy, found) = ("the system answered 503", "the system answered 302");
    assert_eq!(
        calls,
        [
            (0, Some(503), Some(busy)),
            (3600, Some(302), Some(found)),
            (7200, Some(204), None),
        ]
    );
    let (other, actor) = staff_of("other", Role::Admin);
    let foreign = gridpass
        .webhook_log(&other, added.id, None, 10, &actor)
        .unwrap();
    assert!(foreign.is_empty(), "nobody sees another provider's calls");
}

#[test]
fn a_system_that_does_not_prove_who_it_is_hears_nothing() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = crate::smtp::Authority::new().server("localhost");
    let hears = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let connection = rustls::ServerConnection::new(config).unwrap();
        let mut heard = Vec::new();
        let outcome = rustls::StreamOwned::new(connection, stream).read_to_end(&mut heard);
        (outcome.is_err(), heard)
    });
    let call = SignedCall {
        url: format!("https://localhost:{port}/hook"),
        id: "msg_1".into(),
        at: crate::fixture::NOW,
        signature: "v1,none".into(),
        body: "{}".into(),
    };
    let outcome = HttpCaller::new(Reach::Anywhere).call(&call);
    assert!(outcome.is_err(), "{outcome:?}");
    assert_eq!(
        hears.join().unwrap(),
        (true, Vec::new()),
        "the handshake failed"
    );
}
