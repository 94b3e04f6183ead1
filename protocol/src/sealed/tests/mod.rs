//! Sealed messages against RFC 7518 and against alteration.

mod headers;
mod public_keys;

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;

use super::{
    jws::UnsignedJws,
    keys,
    parts::{concat_kdf_with, split},
    *,
};
use crate::{
    DeviceKey, b64u, from_b64u,
    primitives::{EcKey, ephemeral_agreement},
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
    assert_eq!(jwe, include_str!("../../../tests/sealed.jwe").trim_end());
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
