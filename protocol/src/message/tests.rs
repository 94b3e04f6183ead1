use serde_json::json;

use super::*;
use crate::{
    DeviceId,
    test_support::{Profile, certificate, rng, rsa_2048},
};

const NOW: UnixTime = UnixTime(1_798_761_600);

struct Pair {
    key: PrivateKey,
    certificate: Vec<u8>,
}

fn pair(name: &str, key: PrivateKey) -> Pair {
    let certificate = certificate(
        Profile::EndEntity,
        name,
        &key,
        "CN=i",
        &PrivateKey::make_p256(&mut rng()),
    );
    Pair { key, certificate }
}

fn cast() -> (Pair, Pair, Pair) {
    let mut rng = rng();
    let mut key = || PrivateKey::make_p256(&mut rng);
    (
        pair("CN=provider", key()),
        pair("CN=device", key()),
        pair("CN=other", key()),
    )
}

fn up(kind: UpKind) -> Up {
    Up {
        seq: 7,
        iat: NOW,
        token: Some(MessageToken::from_bytes([9; 16])),
        kind,
    }
}

fn down() -> Down {
    Down {
        ack: 7,
        iat: NOW,
        token: MessageToken::from_bytes([8; 16]),
        items: vec![
            Item::Certificate {
                certificate: vec![1, 2, 3],
                chain: vec![vec![4]],
            },
            Item::Parameters(Parameters {
                key_algorithms: vec![KeyAlgorithm::Es256, KeyAlgorithm::Rs3072],
                certificate_days: 398,
                renew_before: 30,
                overlap: 86_400,
                grace: 14,
            }),
        ],
    }
}

#[test]
fn the_json_is_the_protocols() {
    let json = |kind| serde_json::to_string(&up(kind)).unwrap();
    let head = r#"{"seq":7,"iat":1798761600,"token":"CQkJCQkJCQkJCQkJCQkJCQ","kind":"#;
    assert_eq!(json(UpKind::Poll), format!(r#"{head}"poll"}}"#));
    assert_eq!(
        json(UpKind::Rekey { csr: vec![1] }),
        format!(r#"{head}"rekey","csr":"AQ"}}"#)
    );
    assert_eq!(
        json(UpKind::RevokeMe {
            reason: "lost".into()
        }),
        format!(r#"{head}"revoke-me","reason":"lost"}}"#)
    );
    assert_eq!(
        serde_json::to_string(&down()).unwrap(),
        concat!(
            r#"{"ack":7,"iat":1798761600,"token":"CAgICAgICAgICAgICAgICA","items":["#,
            r#"{"kind":"certificate","certificate":"AQID","chain":["BA"]},"#,
            r#"{"kind":"parameters","key_algorithms":["ES256","RS3072"],"certificate_days":398,"#,
            r#""renew_before":30,"overlap":86400,"grace":14}]}"#
        )
    );
}

/// Written and read again, it is the same.
fn travels<T>(value: &T, wire: serde_json::Value)
where
    T: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    assert_eq!(serde_json::to_value(value).unwrap(), wire);
    assert_eq!(serde_json::from_value::<T>(wire).unwrap(), *value);
}

const ID: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);
const ID_TEXT: &str = "01920000-0000-7000-8000-000000000001";

#[test]
fn receipts_choices_and_reports_are_the_protocols() {
    let with = |members: serde_json::Value| {
        let mut wire = json!({"seq": 7, "iat": NOW, "token": "CQkJCQkJCQkJCQkJCQkJCQ"});
        let members = members.as_object().unwrap().clone();
        wire.as_object_mut().unwrap().extend(members);
        wire
    };
    for outcome in ["acknowledged", "executed", "failed", "refused"] {
        let receipt = UpKind::Receipt {
            item: ID,
            outcome: serde_json::from_value(json!(outcome)).unwrap(),
            at: NOW,
            detail: Some("21 °C".into()),
        };
        let wire = json!({"kind": "receipt", "item": ID_TEXT, "outcome": outcome,
            "at": NOW, "detail": "21 °C"});
        travels(&up(receipt), with(wire));
    }
    let opt = UpKind::Opt {
        event: "ev-1".into(),
        choice: Choice::Out,
        reason: None,
    };
    let wire = json!({"kind": "opt", "event": "ev-1", "choice": "out"});
    travels(&up(opt), with(wire));
    let report = UpKind::Report {
        report: openadr::Report {
            event_id: "ev-1".into(),
            ..openadr::Report::default()
        },
    };
    let wire = json!({"kind": "report",
        "report": {"objectType": "REPORT", "eventID": "ev-1", "resources": []}});
    travels(&up(report), with(wire));
    let unheard_of = json!({"kind": "receipt", "item": ID_TEXT, "outcome": "eaten", "at": NOW});
    assert!(serde_json::from_value::<Up>(with(unheard_of)).is_err());
}

#[test]
fn instructions_events_and_settings_are_the_protocols() {
    let instruction = Item::Instruction {
        id: ID,
        from: "staff".into(),
        expires_at: NOW,
        name: "set-point".into(),
        arguments: json!({"celsius": 20.5, "zones": ["living"]})
            .as_object()
            .unwrap()
            .clone(),
    };
    travels(
        &instruction,
        json!({"kind": "instruction", "id": ID_TEXT, "from": "staff", "expires_at": NOW,
            "name": "set-point", "arguments": {"celsius": 20.5, "zones": ["living"]}}),
    );
    let event = Item::Event {
        id: ID,
        from: "event".into(),
        expires_at: NOW,
        status: EventStatus::Cancelled,
        event: Box::new(openadr::Event {
            id: "ev-1".into(),
            program_id: "summer".into(),
            ..openadr::Event::default()
        }),
    };
    travels(
        &event,
        json!({"kind": "event", "id": ID_TEXT, "from": "event", "expires_at": NOW,
            "status": "cancelled",
            "event": {"objectType": "EVENT", "id": "ev-1", "programID": "summer"}}),
    );
    let wire = json!({"kind": "settings", "id": ID_TEXT, "version": 2, "profile": "default",
        "provider": "GM", "poll_interval": 60, "renew_before": 30});
    let settings: Item = serde_json::from_value(wire.clone()).unwrap();
    travels(&settings, wire);
    for item in [instruction, event, settings] {
        assert_eq!(item.id(), Some(ID));
    }
    assert_eq!(down().items[0].id(), None);
}

#[test]
fn the_key_that_wakes_a_page_is_of_one_enrollment_and_one_token() {
    let key = |token: u8| WakeKey::derive(&MessageToken::from_bytes([token; 16]));
    let bearer = key(1).bearer(ID);
    let (enrollment, read) = WakeKey::from_bearer(&bearer).unwrap();
    assert_eq!(enrollment, ID);
    assert!(read.matches(&key(1).hash()) && !read.matches(&key(2).hash()));
    assert!(!read.matches(&MessageToken::from_bytes([1; 16]).hash()));
    assert!(WakeKey::from_bearer("").is_err() && WakeKey::from_bearer(&bearer[1..]).is_err());
    assert!(!format!("{read:?}").contains(&bearer[24..]));
}

#[test]
fn unknown_members_and_items_are_passed_over() {
    let later =
        r#"{"seq":7,"iat":1798761600,"token":"CQkJCQkJCQkJCQkJCQkJCQ","kind":"poll","later":[1]}"#;
    assert_eq!(serde_json::from_str::<Up>(later).unwrap(), up(UpKind::Poll));
    let later =
        r#"{"ack":1,"iat":2,"token":"CAgICAgICAgICAgICAgICA","items":[{"kind":"later","x":1}]}"#;
    assert_eq!(
        serde_json::from_str::<Down>(later).unwrap().items,
        [Item::Unknown]
    );
    let unknown = r#"{"seq":7,"iat":1,"kind":"later"}"#;
    assert!(
        serde_json::from_str::<Up>(unknown).is_err(),
        "an order that nobody understands"
    );
}

#[test]
fn a_message_travels_from_its_device_to_its_provider() {
    let (provider, device, other) = cast();
    for device in [device, pair("CN=rsa", rsa_2048())] {
        let message = up(UpKind::Rekey { csr: vec![5; 400] });
        let jwe = message
            .seal(
                &device.certificate,
                &device.key,
                &provider.certificate,
                &mut rng(),
            )
            .unwrap();
        let key_id = KeyId::of_certificate(&provider.certificate);
        let opened = OpenedUp::open(&jwe, &key_id, &provider.key).unwrap();
        assert_eq!(*opened.signer(), KeyId::of_certificate(&device.certificate));
        let public = PublicKey::from_certificate_der(&device.certificate).unwrap();
        assert_eq!(opened.verify(&public), Ok(message.clone()));
        let stranger = PublicKey::from_certificate_der(&other.certificate).unwrap();
        assert!(opened.verify(&stranger).is_err(), "signed by another key");
        assert!(
            OpenedUp::open(&jwe, &key_id, &other.key).is_err(),
            "another recipient"
        );
        let kept = OpenedUp::from_jws(opened.jws()).unwrap();
        assert_eq!(kept.verify(&public), Ok(message));
    }
}

#[test]
fn an_answer_travels_from_its_provider_to_its_device() {
    let (provider, device, other) = cast();
    let jwe = down()
        .seal(
            &device.certificate,
            &provider.certificate,
            &provider.key,
            &mut rng(),
        )
        .unwrap();
    let open =
        |to: &Pair, from: &Pair| Down::open(&jwe, &to.certificate, &to.key, &from.certificate);
    assert_eq!(open(&device, &provider), Ok(down()));
    assert_eq!(open(&other, &provider), Err(SealedError::KeyId));
    assert_eq!(open(&device, &other), Err(SealedError::KeyId));
}

#[test]
fn no_message_stands_in_for_another() {
    let (provider, device, _) = cast();
    let key_id = KeyId::of_certificate(&provider.certificate);
    // A provider's own answer, sent back to it; and a message of a device, sent back to it.
    let answer = down()
        .seal(
            &provider.certificate,
            &provider.certificate,
            &provider.key,
            &mut rng(),
        )
        .unwrap();
    assert_eq!(
        OpenedUp::open(&answer, &key_id, &provider.key).err(),
        Some(SealedError::Type)
    );
    let message = up(UpKind::Poll)
        .seal(
            &device.certificate,
            &device.key,
            &device.certificate,
            &mut rng(),
        )
        .unwrap();
    assert_eq!(
        Down::open(
            &message,
            &device.certificate,
            &device.key,
            &device.certificate
        ),
        Err(SealedError::Type)
    );
    // The wrapping may be right and the signed message inside another one.
    let jws = sealed::sign(
        MessageType::Down,
        &KeyId::of_certificate(&device.certificate),
        &device.key,
        &serde_json::to_vec(&up(UpKind::Poll)).unwrap(),
        &mut rng(),
    )
    .unwrap();
    let jwe = Up::seal_jws(&jws, &provider.certificate, &mut rng()).unwrap();
    let opened = OpenedUp::open(&jwe, &key_id, &provider.key).unwrap();
    let public = PublicKey::from_certificate_der(&device.certificate).unwrap();
    assert_eq!(opened.verify(&public), Err(SealedError::Type));
}

#[test]
fn an_issuance_is_no_answer_and_an_answer_no_issuance() {
    let (provider, device, _) = cast();
    // Even if it were sealed to the same key under the same key id.
    let seal = |message, json: &[u8]| {
        let signer = KeyId::of_certificate(&provider.certificate);
        let jws = sealed::sign(message, &signer, &provider.key, json, &mut rng()).unwrap();
        let recipient = device.key.public_key();
        let key_id = KeyId::of_certificate(&device.certificate);
        sealed::encrypt(message, &key_id, recipient, jws.as_bytes(), &mut rng()).unwrap()
    };
    let json = serde_json::to_vec(&down()).unwrap();
    let open = |jwe: &str| Down::open(jwe, &device.certificate, &device.key, &provider.certificate);
    assert!(open(&seal(MessageType::Down, &json)).is_ok());
    for other in [
        MessageType::Issuance,
        MessageType::Up,
        MessageType::Confirmation,
    ] {
        let signer = KeyId::of_certificate(&provider.certificate);
        if other != MessageType::Confirmation {
            assert_eq!(open(&seal(other, &json)), Err(SealedError::Type));
        }
        // The wrapping may be an answer's, and what is inside something else.
        let inside = match other {
            MessageType::Confirmation => json.clone(),
            _ => sealed::sign(other, &signer, &provider.key, &json, &mut rng())
                .unwrap()
                .into_bytes(),
        };
        let recipient = device.key.public_key();
        let key_id = KeyId::of_certificate(&device.certificate);
        let jwe =
            sealed::encrypt(MessageType::Down, &key_id, recipient, &inside, &mut rng()).unwrap();
        assert!(open(&jwe).is_err());
    }
    let answer = seal(MessageType::Down, &json);
    assert_eq!(
        crate::Issuance::open(
            &answer,
            &device.key,
            device.key.spki_der(),
            &provider.certificate
        ),
        Err(SealedError::Type)
    );
}

#[test]
fn a_receipt_of_one_device_is_not_another_ones_with_its_certificate() {
    let (provider, device, other) = cast();
    let receipt = up(UpKind::Receipt {
        item: ID,
        outcome: Outcome::Executed,
        at: NOW,
        detail: None,
    });
    let key_id = KeyId::of_certificate(&provider.certificate);
    // Signed by one key, in the name of another certificate.
    let jwe = receipt
        .seal(
            &other.certificate,
            &device.key,
            &provider.certificate,
            &mut rng(),
        )
        .unwrap();
    let opened = OpenedUp::open(&jwe, &key_id, &provider.key).unwrap();
    assert_eq!(*opened.signer(), KeyId::of_certificate(&other.certificate));
    let claimed = PublicKey::from_certificate_der(&other.certificate).unwrap();
    assert_eq!(opened.verify(&claimed), Err(SealedError::Authentication));
    // Sealed to another provider.
    let jwe = receipt
        .seal(
            &device.certificate,
            &device.key,
            &other.certificate,
            &mut rng(),
        )
        .unwrap();
    assert_eq!(
        OpenedUp::open(&jwe, &key_id, &provider.key).err(),
        Some(SealedError::KeyId)
    );
}

#[test]
fn a_proof_is_of_one_device_and_one_token() {
    let proof = |id: &str, token: u8| {
        let id = DeviceId::parse(id).unwrap();
        DeviceProof::derive(&id, &MessageToken::from_bytes([token; 16]))
    };
    assert_eq!(proof("00:1A:2B:3C:4D:5E", 1), proof("001a2b3c4d5e", 1));
    assert_ne!(proof("00:1A:2B:3C:4D:5E", 1), proof("00:1A:2B:3C:4D:5F", 1));
    assert_ne!(proof("00:1A:2B:3C:4D:5E", 1), proof("00:1A:2B:3C:4D:5E", 2));
}

#[test]
fn a_debugged_message_shows_no_token() {
    let debug = format!("{:?}", up(UpKind::Poll));
    assert!(
        debug.contains("[redacted]") && !debug.contains("CQkJ"),
        "{debug}"
    );
}

#[test]
fn a_key_rolls_over_in_time_or_when_its_kind_is_no_longer_accepted() {
    let policy = Parameters {
        key_algorithms: vec![KeyAlgorithm::Es256],
        certificate_days: 398,
        renew_before: 30,
        overlap: 0,
        grace: 0,
    };
    let end = NOW.plus(30 * 24 * 60 * 60);
    assert!(policy.ask_for_rollover(KeyAlgorithm::Es256, end, NOW));
    assert!(!policy.ask_for_rollover(KeyAlgorithm::Es256, end, NOW.minus(1)));
    assert!(policy.ask_for_rollover(KeyAlgorithm::Rs2048, end.plus(1_000_000), NOW));
}
