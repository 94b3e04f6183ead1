//! The test values of the protocol, made with an independent implementation.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use gridpass_protocol::{
    CsrContent, DeviceId, Identifiers, KeyAlgorithm, KeyId, LabelKind, Link, ManualCode,
    ManualLookup, MessageType, Origin, Otp, OtpCiphertext, OtpHash, Payload, PrivateKey,
    ProviderCertificate, SealedPayload, TemporaryId, UnixTime, from_b64u, label::digits, sealed,
};
use rsa::{BoxedUint, RsaPrivateKey, pkcs8::EncodePrivateKey};
use serde_json::Value;

fn vectors(name: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let vectors = all[name].as_array().unwrap().clone();
    assert!(!vectors.is_empty(), "{name}");
    vectors
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} is missing"))
}

fn bytes(hex: &str) -> Vec<u8> {
    assert_eq!(hex.len() % 2, 0);
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
        .collect()
}

fn array<const N: usize>(vector: &Value, name: &str) -> [u8; N] {
    bytes(text(vector, name)).try_into().unwrap()
}

#[test]
fn canonical_device_id() {
    for vector in vectors("canonical_device_id") {
        let device_id = DeviceId::parse(text(&vector, "in")).unwrap();
        assert_eq!(device_id.as_str(), text(&vector, "out"));
    }
}

#[test]
fn refused_device_id() {
    for vector in vectors("refused_device_id") {
        let refused = vector.as_str().unwrap();
        assert!(DeviceId::parse(refused).is_err(), "{refused:?}");
        assert!(DeviceId::parse_checked(refused).is_err(), "{refused:?}");
    }
}

#[test]
fn otp() {
    for vector in vectors("otp") {
        let device_id = DeviceId::parse(text(&vector, "device_id")).unwrap();
        let temporary_id = TemporaryId::from_bytes(array(&vector, "temporary_id"));
        let otp = Otp::from_bytes(array(&vector, "otp"));
        let ciphertext = OtpCiphertext::from_bytes(array(&vector, "otp_ciphertext"));
        assert_eq!(otp.encrypt(&device_id, &temporary_id), ciphertext);
        assert_eq!(ciphertext.decrypt(&device_id, &temporary_id), otp);
        assert_eq!(otp.hash().as_bytes(), &array::<32>(&vector, "stored_hash"));
        assert!(OtpHash::from_bytes(array(&vector, "stored_hash")).matches(&otp));
    }
}

#[test]
fn digits_of_bytes() {
    for vector in vectors("digits") {
        let (bytes, packed) = (bytes(text(&vector, "bytes")), text(&vector, "digits"));
        assert_eq!(digits::encode(&bytes), packed);
        assert_eq!(digits::decode(packed).unwrap(), bytes);
    }
}

/// The payload of a vector; ids and ciphertext are those of the first `otp` vector.
fn payload(vector: &Value) -> Payload {
    let otp = &vectors("otp")[0];
    let field = bytes(text(vector, "certificate_field"));
    let content = |key: &str| vector["csr_content"][key].as_str().map(str::to_owned);
    Payload {
        temporary_id: TemporaryId::from_bytes(array(otp, "temporary_id")),
        otp_ciphertext: OtpCiphertext::from_bytes(array(otp, "otp_ciphertext")),
        provider_certificate: match <[u8; 32]>::try_from(field.as_slice()) {
            Ok(fingerprint) => ProviderCertificate::Fingerprint(fingerprint),
            Err(_) => ProviderCertificate::Full(field),
        },
        csr_content: CsrContent {
            country: content("1"),
            state: content("2"),
            locality: content("3"),
            organization: content("4"),
            unit: content("5"),
            email: content("6"),
        },
        key_algorithm: text(vector, "key_algorithm")
            .parse::<KeyAlgorithm>()
            .unwrap(),
        expires_at: UnixTime(vector["expires"].as_u64().unwrap()),
        kind: LabelKind::Device,
    }
}

#[test]
fn payload_and_link() {
    for vector in vectors("payload") {
        let payload = payload(&vector);
        let cbor = bytes(text(&vector, "cbor"));
        assert_eq!(payload.to_cbor(), cbor);
        assert_eq!(Payload::from_cbor(&cbor).unwrap(), payload);
        assert_eq!(
            matches!(payload.provider_certificate, ProviderCertificate::Full(_)),
            text(&vector, "profile") == "full"
        );

        let origin = Origin::parse("https://portal.gmec.example").unwrap();
        let link = Link::new(&origin, &payload);
        assert_eq!(link.as_str(), text(&vector, "link"));
        assert_eq!(link.head(), "https://portal.gmec.example/e#");
        assert_eq!([link.head(), link.digits()].concat(), link.as_str());
        assert_eq!(Link::parse(link.as_str()).unwrap(), (origin, payload));
    }
}

#[test]
fn manual_code() {
    let compact = vectors("payload").iter().map(payload).collect::<Vec<_>>();
    for vector in vectors("manual_code") {
        let written = text(&vector, "code");
        let code = ManualCode::parse(written).unwrap();
        assert_eq!(code.grouped(), written);
        assert_eq!(
            ManualCode::parse(&written.to_lowercase().replace('-', " ")).unwrap(),
            code
        );
        assert_eq!(
            code.lookup(),
            ManualLookup::from_bytes(array(&vector, "lookup"))
        );
        let sealed = SealedPayload {
            nonce: array(&vector, "nonce"),
            payload: bytes(text(&vector, "ciphertext")),
        };
        assert!(compact.contains(&code.open(&sealed).unwrap()));
    }
}

#[test]
fn refused_manual_code() {
    for vector in vectors("refused_manual_code") {
        let refused = vector.as_str().unwrap();
        assert!(ManualCode::parse(refused).is_err(), "{refused}");
    }
}

#[test]
fn certificate_identifiers() {
    for vector in vectors("certificate_identifiers") {
        let identifiers = Identifiers::of(&bytes(text(&vector, "der")));
        assert_eq!(identifiers.fingerprint, text(&vector, "sha256"));
        assert_eq!(
            identifiers.ven_fingerprint,
            text(&vector, "ven_fingerprint")
        );
        assert_eq!(identifiers.lfdi, text(&vector, "lfdi"));
        assert_eq!(identifiers.sfdi, text(&vector, "sfdi"));
    }
}

/// A private key from its JWK (RFC 7517).
fn private_key(jwk: &Value) -> PrivateKey {
    let part = |name: &str| from_b64u(text(jwk, name)).unwrap();
    let der = match text(jwk, "kty") {
        "EC" => {
            let key = p256::SecretKey::from_slice(&part("d")).unwrap();
            EncodePrivateKey::to_pkcs8_der(&key).unwrap()
        }
        "RSA" => {
            let number =
                |name: &str, bits: u32| BoxedUint::from_be_slice(&part(name), bits).unwrap();
            let primes = vec![number("p", 1024), number("q", 1024)];
            RsaPrivateKey::from_components(
                number("n", 2048),
                number("e", 24),
                number("d", 2048),
                primes,
            )
            .unwrap()
            .to_pkcs8_der()
            .unwrap()
        }
        other => panic!("{other}"),
    };
    PrivateKey::from_pkcs8_der(der.as_bytes()).unwrap()
}

#[test]
fn sealed_messages_of_an_independent_implementation_open() {
    for vector in vectors("sealed") {
        let key = private_key(&vector["private_jwk"]);
        let jwe = text(&vector, "jwe");
        let key_id = sealed::key_id_of(jwe).unwrap();
        assert_eq!(key_id, KeyId::of_spki(key.spki_der()));
        let plaintext = sealed::decrypt(MessageType::Issuance, jwe, &key_id, &key).unwrap();
        assert_eq!(plaintext.as_slice(), text(&vector, "plaintext").as_bytes());
    }
}
