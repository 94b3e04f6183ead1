//! Sealed messages against RFC 7518, against every header that is not the protocol's, and
//! against alteration.

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;

use super::{
    header::{JweHeader, KeyManagement},
    jws::UnsignedJws,
    parts::{concat_kdf, concat_kdf_with, split},
    *,
};
use crate::{
    DeviceKey, KeyAlgorithm, b64u, from_b64u,
    primitives::{Aes256Gcm, EcKey, EcPoint, ephemeral_agreement},
    test_support::{proptest_config, rng, rsa_2048},
};

const TYPES: [MessageType; 4] = [
    MessageType::Confirmation,
    MessageType::Issuance,
    MessageType::Up,
    MessageType::Down,
];

fn p256() -> PrivateKey {
    PrivateKey::make_p256(&mut rng())
}

fn key_id(key: &PrivateKey) -> KeyId {
    KeyId::of_spki(key.spki_der())
}

fn sealed_to(key: &PrivateKey, rng: &mut ChaCha20Rng) -> String {
    encrypt(
        MessageType::Up,
        &key_id(key),
        key.public_key(),
        b"plaintext",
        rng,
    )
    .unwrap()
}

fn open(key: &PrivateKey, jwe: &str) -> Result<Vec<u8>, SealedError> {
    decrypt(MessageType::Up, jwe, &key_id(key), key).map(|plaintext| plaintext.to_vec())
}

fn signed_by(key: &PrivateKey) -> String {
    sign(MessageType::Up, &key_id(key), key, b"payload", &mut rng()).unwrap()
}

fn check(key: &PrivateKey, jws: &str) -> Result<Vec<u8>, SealedError> {
    verify(MessageType::Up, jws, &key_id(key), key.public_key())
}

/// The example of ECDH-ES key agreement: Alice's ephemeral key, Bob's key, `A128GCM`.
#[test]
fn rfc_7518_appendix_c() {
    let scalar = |text| <[u8; 32]>::try_from(from_b64u(text).unwrap()).unwrap();
    let alice = scalar("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");
    let bob = EcKey::from_scalar(&scalar("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw")).unwrap();
    let (ephemeral, shared) = ephemeral_agreement(&alice, bob.point()).unwrap();
    assert_eq!(
        b64u(&ephemeral[1..33]),
        "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0"
    );
    assert_eq!(
        b64u(&ephemeral[33..]),
        "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"
    );
    assert_eq!(bob.agree(&ephemeral).unwrap(), shared);
    let z = [
        158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110,
        163, 218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
    ];
    assert_eq!(*shared, z);
    let key = concat_kdf_with(&*shared, b"A128GCM", b"Alice", b"Bob", 128);
    assert_eq!(b64u(&key[..16]), "VqqN6vgjbSBcIijNcacQGg");
}

#[test]
fn a_message_opens_for_its_recipient_in_either_way() {
    for key in [p256(), rsa_2048()] {
        for message in TYPES {
            let jwe = encrypt(
                message,
                &key_id(&key),
                key.public_key(),
                b"hello",
                &mut rng(),
            )
            .unwrap();
            assert_eq!(key_id_of(&jwe), Ok(key_id(&key)));
            assert_eq!(
                *decrypt(message, &jwe, &key_id(&key), &key).unwrap(),
                b"hello"
            );

            let parts = JweParts::parse(message, &jwe, &key_id(&key)).unwrap();
            let opened = match (parts.key_agreement(), &key.key) {
                (KeyAgreement::Ecdh { ephemeral_public }, keys::Secret::P256(own)) => {
                    let shared = own.agree(&ephemeral_public.try_into().unwrap()).unwrap();
                    assert_eq!(
                        parts.open_with_content_key(&*shared),
                        Err(SealedError::Algorithm)
                    );
                    parts.open_with_shared_secret(&*shared)
                }
                (KeyAgreement::RsaOaep { encrypted_key }, keys::Secret::Rsa(own)) => {
                    let content = own.decrypt_oaep(&encrypted_key).unwrap();
                    assert_eq!(
                        parts.open_with_shared_secret(&content),
                        Err(SealedError::Algorithm)
                    );
                    parts.open_with_content_key(&content)
                }
                _ => panic!("the algorithm is the one of the key"),
            };
            assert_eq!(*opened.unwrap(), b"hello");
        }
    }
}

#[test]
fn a_signature_verifies_for_its_signer() {
    for key in [p256(), rsa_2048()] {
        assert_eq!(check(&key, &signed_by(&key)).unwrap(), b"payload");
    }
}

#[test]
fn who_signs_in_webcrypto_makes_the_same_message() {
    let key = p256();
    let unsigned =
        UnsignedJws::new(MessageType::Up, &key_id(&key), key.algorithm(), b"payload").unwrap();
    let keys::Secret::P256(own) = &key.key else {
        panic!("P-256")
    };
    let signature = own.sign(unsigned.signing_input()).unwrap();
    assert_eq!(
        check(&key, &unsigned.with_signature(&signature).unwrap()).unwrap(),
        b"payload"
    );
}

#[test]
fn no_message_stands_in_for_another() {
    let key = p256();
    for message in TYPES {
        for other in TYPES.into_iter().filter(|other| *other != message) {
            let jwe = encrypt(message, &key_id(&key), key.public_key(), b"x", &mut rng()).unwrap();
            let opened = decrypt(other, &jwe, &key_id(&key), &key);
            assert_eq!(opened.map(|_| ()), Err(SealedError::Type));
            let Ok(jws) = sign(message, &key_id(&key), &key, b"x", &mut rng()) else {
                continue;
            };
            let expected = if other == MessageType::Confirmation {
                SealedError::NeverSigned
            } else {
                SealedError::Type
            };
            assert_eq!(
                verify(other, &jws, &key_id(&key), key.public_key()),
                Err(expected)
            );
        }
    }
}

#[test]
fn a_confirmation_is_never_signed() {
    let key = p256();
    let signed = sign(
        MessageType::Confirmation,
        &key_id(&key),
        &key,
        b"x",
        &mut rng(),
    );
    assert_eq!(signed, Err(SealedError::NeverSigned));
}

#[test]
fn a_message_for_another_key_does_not_open() {
    let mut rng = rng();
    let (key, other) = (
        PrivateKey::make_p256(&mut rng),
        PrivateKey::make_p256(&mut rng),
    );
    let jwe = sealed_to(&key, &mut rng);
    assert_eq!(open(&other, &jwe), Err(SealedError::KeyId));
    let opened = decrypt(MessageType::Up, &jwe, &key_id(&key), &other);
    assert_eq!(opened.map(|_| ()), Err(SealedError::Authentication));
    let opened = decrypt(MessageType::Up, &jwe, &key_id(&key), &rsa_2048());
    assert_eq!(opened.map(|_| ()), Err(SealedError::Algorithm));

    let jws = signed_by(&key);
    assert_eq!(check(&other, &jws), Err(SealedError::KeyId));
    let checked = verify(MessageType::Up, &jws, &key_id(&key), other.public_key());
    assert_eq!(checked, Err(SealedError::Authentication));
    let checked = verify(
        MessageType::Up,
        &jws,
        &key_id(&key),
        rsa_2048().public_key(),
    );
    assert_eq!(checked, Err(SealedError::Algorithm));
}

/// A JWE to `key` that is right but for its header, which `edit` has changed.
fn jwe_with_header(key: &PrivateKey, edit: impl Fn(String) -> String) -> String {
    let keys::Secret::P256(own) = &key.key else {
        panic!("P-256")
    };
    let (ephemeral, shared) = ephemeral_agreement(&[7; 32], own.point()).unwrap();
    let header = JweHeader {
        management: KeyManagement::EcdhEs { ephemeral },
        kid: key_id(key),
        typ: MessageType::Up.jwe().to_owned(),
    };
    let json = String::from_utf8(from_b64u(&header.encode()).unwrap()).unwrap();
    let header = b64u(edit(json).as_bytes());
    let sealed =
        Aes256Gcm::new(&concat_kdf(&*shared)).seal(&[0; 12], header.as_bytes(), b"plaintext");
    let (ciphertext, tag) = sealed.split_at(9);
    [
        header,
        String::new(),
        b64u(&[0; 12]),
        b64u(ciphertext),
        b64u(tag),
    ]
    .join(".")
}

fn with_member(member: &str) -> impl Fn(String) -> String {
    let member = member.to_owned();
    move |json| json.replacen('{', &format!("{{{member},"), 1)
}

fn replaced(from: &str, to: &str) -> impl Fn(String) -> String {
    let (from, to) = (from.to_owned(), to.to_owned());
    move |json| {
        assert!(json.contains(&from), "{from}");
        json.replace(&from, &to)
    }
}

#[test]
fn a_header_in_another_order_or_with_spaces_is_the_same_header() {
    let key = p256();
    assert_eq!(
        open(&key, &jwe_with_header(&key, |json| json)).unwrap(),
        b"plaintext"
    );
    let spaced = jwe_with_header(&key, replaced("\":\"", "\" : \""));
    assert_eq!(open(&key, &spaced).unwrap(), b"plaintext");
    let reordered = jwe_with_header(&key, |json| {
        let rest = json.replacen(r#""alg":"ECDH-ES","#, "", 1);
        rest.strip_suffix('}').unwrap().to_owned() + r#","alg":"ECDH-ES"}"#
    });
    assert_eq!(open(&key, &reordered).unwrap(), b"plaintext");
}

#[test]
fn a_jwe_header_has_exactly_its_members() {
    let key = p256();
    for member in [
        r#""crit":["exp"]"#,
        r#""zip":"DEF""#,
        r#""apu":"QQ""#,
        r#""apv":"QQ""#,
        r#""cty":"JWT""#,
        r#""jku":"https://x.example""#,
        r#""jwk":{"kty":"EC"}"#,
        r#""p2c":1"#,
        r#""x":null"#,
        r#""alg":"ECDH-ES""#,
    ] {
        let jwe = jwe_with_header(&key, with_member(member));
        assert_eq!(open(&key, &jwe), Err(SealedError::Form), "{member}");
        assert_eq!(key_id_of(&jwe), Err(SealedError::Form), "{member}");
    }
    for (from, to, error) in [
        ("ECDH-ES", "ECDH-ES+A256KW", SealedError::Algorithm),
        ("ECDH-ES", "dir", SealedError::Algorithm),
        ("ECDH-ES", "none", SealedError::Algorithm),
        ("ECDH-ES", "RSA1_5", SealedError::Algorithm),
        ("ECDH-ES", "RSA-OAEP-256", SealedError::Form),
        ("A256GCM", "A128GCM", SealedError::Algorithm),
        ("A256GCM", "A256CBC-HS512", SealedError::Algorithm),
        ("P-256", "P-384", SealedError::Algorithm),
        ("\"kty\":\"EC\"", "\"kty\":\"OKP\"", SealedError::Algorithm),
        (
            "\"kty\":\"EC\"",
            "\"kty\":\"EC\",\"d\":\"QQ\"",
            SealedError::Form,
        ),
        ("\"typ\"", "\"Typ\"", SealedError::Form),
        ("gridpass-up+jwe", "gridpass-up+jws", SealedError::Type),
        ("gridpass-up+jwe", "GRIDPASS-UP+JWE", SealedError::Type),
        (
            "gridpass-up+jwe\"}",
            "gridpass-up+jwe\"}x",
            SealedError::Form,
        ),
        ("\"kid\":\"", "\"kid\":\"A", SealedError::Form),
    ] {
        let jwe = jwe_with_header(&key, replaced(from, to));
        assert_eq!(open(&key, &jwe), Err(error), "{from} -> {to}");
    }
    for whole in ["[]", "null", "\"x\"", "{}", "{", ""] {
        assert_eq!(
            open(&key, &jwe_with_header(&key, |_| whole.to_owned())),
            Err(SealedError::Form)
        );
    }
}

#[test]
fn an_ephemeral_key_off_the_curve_is_refused() {
    let key = p256();
    for (x, y) in [
        ([0; 32], [0; 32]),
        ([1; 32], [1; 32]),
        ([255; 32], [255; 32]),
    ] {
        let jwe = jwe_with_header(&key, |json| {
            let (head, _) = json.split_once("\"x\"").unwrap();
            let (_, tail) = json.split_once("},").unwrap();
            format!(
                "{head}\"x\":\"{}\",\"y\":\"{}\"}},{tail}",
                b64u(&x),
                b64u(&y)
            )
        });
        assert_eq!(open(&key, &jwe), Err(SealedError::Authentication));
    }
}

#[test]
fn parts_have_exactly_their_lengths() {
    let key = p256();
    let jwe = sealed_to(&key, &mut rng());
    let parts: Vec<&str> = jwe.split('.').collect();
    let with = |place: usize, part: &str| {
        let mut parts = parts.clone();
        parts[place] = part;
        parts.join(".")
    };
    let (short_nonce, long_nonce) = (b64u(&[0; 11]), b64u(&[0; 16]));
    let short_tag = b64u(&from_b64u(parts[4]).unwrap()[..12]);
    for jwe in [
        String::new(),
        "....".to_owned(),
        parts[..4].join("."),
        format!("{jwe}."),
        format!("{jwe}.AA"),
        format!("{jwe}="),
        format!(" {jwe}"),
        format!("{jwe}\n"),
        with(1, "QQ"),
        with(2, ""),
        with(2, &short_nonce),
        with(2, &long_nonce),
        with(4, ""),
        with(4, &short_tag),
    ] {
        assert_eq!(open(&key, &jwe), Err(SealedError::Form), "{jwe}");
    }
    assert_eq!(open(&key, &with(3, "")), Err(SealedError::Authentication));
}

#[test]
fn an_rsa_key_has_to_be_encrypted_whole() {
    let key = rsa_2048();
    let jwe = sealed_to(&key, &mut rng());
    let parts: Vec<&str> = jwe.split('.').collect();
    for encrypted_key in ["", "AA", &parts[1][..340], &[parts[1], "AAAA"].concat()] {
        let altered = [parts[0], encrypted_key, parts[2], parts[3], parts[4]].join(".");
        assert!(open(&key, &altered).is_err(), "{encrypted_key}");
    }
}

#[test]
fn a_jws_header_has_exactly_its_members() {
    let key = p256();
    let keys::Secret::P256(own) = &key.key else {
        panic!("P-256")
    };
    let signed = |edit: &dyn Fn(String) -> String| {
        let jws = signed_by(&key);
        let [header, payload, _] = split(&jws).unwrap();
        let json = String::from_utf8(from_b64u(header).unwrap()).unwrap();
        let input = format!("{}.{payload}", b64u(edit(json).as_bytes()));
        let signature = own.sign(input.as_bytes()).unwrap();
        format!("{input}.{}", b64u(&signature))
    };
    assert!(check(&key, &signed(&|json| json)).is_ok());
    for member in [
        r#""crit":["b64"]"#,
        r#""b64":false"#,
        r#""jwk":{"kty":"EC"}"#,
        r#""x5c":["AA"]"#,
    ] {
        assert_eq!(
            check(&key, &signed(&with_member(member))),
            Err(SealedError::Form),
            "{member}"
        );
    }
    for (from, to, error) in [
        ("ES256", "none", SealedError::Algorithm),
        ("ES256", "HS256", SealedError::Algorithm),
        ("ES256", "ES384", SealedError::Algorithm),
        ("ES256", "PS256", SealedError::Algorithm),
        ("gridpass-up+jws", "gridpass-down+jws", SealedError::Type),
        ("gridpass-up+jws", "gridpass-up+jwe", SealedError::Type),
        ("\"typ\"", "\"cty\"", SealedError::Form),
    ] {
        assert_eq!(
            check(&key, &signed(&replaced(from, to))),
            Err(error),
            "{from} -> {to}"
        );
    }
    let jws = signed_by(&key);
    let [header, payload, _] = split(&jws).unwrap();
    assert_eq!(
        check(&key, &format!("{header}.{payload}.")),
        Err(SealedError::Authentication)
    );
    assert_eq!(
        check(&key, &format!("{header}.{payload}")),
        Err(SealedError::Form)
    );
}

#[test]
fn a_signature_of_zeros_is_none() {
    let key = p256();
    let jws = signed_by(&key);
    let [header, payload, _] = split(&jws).unwrap();
    let forged = format!("{header}.{payload}.{}", b64u(&[0; 64]));
    assert_eq!(check(&key, &forged), Err(SealedError::Authentication));
}

#[test]
fn length_is_bounded_both_ways() {
    let key = p256();
    let large = vec![0; MAX_LENGTH];
    let sealed = encrypt(
        MessageType::Up,
        &key_id(&key),
        key.public_key(),
        &large,
        &mut rng(),
    );
    assert_eq!(sealed, Err(SealedError::TooLong));
    let signed = sign(MessageType::Up, &key_id(&key), &key, &large, &mut rng());
    assert_eq!(signed, Err(SealedError::TooLong));
    let long = "A".repeat(MAX_LENGTH + 1);
    assert_eq!(open(&key, &long), Err(SealedError::TooLong));
    assert_eq!(check(&key, &long), Err(SealedError::TooLong));
}

/// Made once, by RustCrypto, from the fixed random numbers of the tests: every backend seals the
/// same bytes, so features do not change behaviour.
#[test]
fn every_backend_seals_the_same_bytes() {
    let jwe = sealed_to(&p256(), &mut rng());
    assert_eq!(jwe, include_str!("../../tests/sealed.jwe").trim_end());
}

#[test]
fn only_the_keys_of_the_protocol_are_read() {
    for key in [p256(), rsa_2048()] {
        let spki = key.spki_der();
        assert_eq!(PublicKey::from_spki_der(spki).unwrap().spki_der(), spki);
        let again = PrivateKey::from_pkcs8_der(&key.to_pkcs8_der()).unwrap();
        assert_eq!(again.spki_der(), spki);
        for der in [
            &spki[1..],
            &spki[..spki.len() - 1],
            &[spki, &[0]].concat(),
            &[],
        ] {
            assert!(PublicKey::from_spki_der(der).is_err());
        }
        for place in 0..spki.len() {
            let mut altered = spki.to_vec();
            altered[place] ^= 1;
            if let Ok(other) = PublicKey::from_spki_der(&altered) {
                // Another modulus is another key; nothing else may pass.
                assert_eq!(other.algorithm(), KeyAlgorithm::Rs2048);
                assert_eq!(other.spki_der(), altered);
            }
        }
    }
    // Compressed points and the identity have no place in a certificate.
    assert!(EcPoint::parse(&[4; 65]).is_none());
    let mut hybrid = <[u8; 65]>::try_from(&p256().spki_der()[26..]).unwrap();
    hybrid[0] = 6 | hybrid[64] & 1;
    assert!(EcPoint::parse(&hybrid).is_none());
}

#[test]
fn scalars_out_of_range_are_no_keys() {
    // The order of P-256 (SEC 2, 2.4.2), big-endian.
    let order: [u8; 32] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63,
        0x25, 0x51,
    ];
    let mut largest = order;
    largest[31] -= 1;
    let peer = p256();
    let Ok(spki::Spki::P256(point)) = spki::Spki::parse(peer.spki_der()) else {
        panic!("P-256")
    };
    for (scalar, valid) in [
        ([0; 32], false),
        (order, false),
        ([255; 32], false),
        (largest, true),
    ] {
        assert_eq!(EcKey::from_scalar(&scalar).is_some(), valid);
        assert_eq!(ephemeral_agreement(&scalar, &point).is_some(), valid);
    }
}

#[test]
fn debug_tells_no_secret() {
    let key = p256();
    assert_eq!(format!("{key:?}"), "PrivateKey(ES256 [redacted])");
    let key = DeviceKey::from_pkcs8(&key.to_pkcs8_der()).unwrap();
    assert_eq!(format!("{key:?}"), "DeviceKey(ES256 [redacted])");
}

proptest! {
    #![proptest_config(proptest_config())]

    #[test]
    fn decrypt_inverts_encrypt(plaintext in proptest::collection::vec(any::<u8>(), 0..300)) {
        let key = p256();
        let jwe =
            encrypt(MessageType::Down, &key_id(&key), key.public_key(), &plaintext, &mut rng())
                .unwrap();
        let opened = decrypt(MessageType::Down, &jwe, &key_id(&key), &key).unwrap();
        prop_assert_eq!(&*opened, &plaintext);
    }

    #[test]
    fn an_altered_jwe_does_not_open(place in any::<prop::sample::Index>(), bit in 0u8..7) {
        let key = p256();
        let jwe = sealed_to(&key, &mut rng());
        let mut altered = jwe.clone().into_bytes();
        altered[place.index(jwe.len())] ^= 1 << bit;
        prop_assert!(open(&key, &String::from_utf8(altered).unwrap()).is_err());
    }

    #[test]
    fn a_jwe_cut_off_does_not_open(place in any::<prop::sample::Index>()) {
        let key = p256();
        let jwe = sealed_to(&key, &mut rng());
        prop_assert!(open(&key, &jwe[..place.index(jwe.len())]).is_err());
    }

    #[test]
    fn an_altered_jws_does_not_verify(place in any::<prop::sample::Index>(), bit in 0u8..7) {
        let key = p256();
        let jws = signed_by(&key);
        let mut altered = jws.clone().into_bytes();
        altered[place.index(jws.len())] ^= 1 << bit;
        prop_assert!(check(&key, &String::from_utf8(altered).unwrap()).is_err());
    }

    #[test]
    fn no_text_makes_it_panic(text in "[ -~]{0,200}") {
        let key = p256();
        prop_assert!(open(&key, &text).is_err());
        prop_assert!(check(&key, &text).is_err());
        prop_assert!(key_id_of(&text).is_err());
    }
}
