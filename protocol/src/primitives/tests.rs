//! The two backends against each other.

use proptest::prelude::*;

use super::{aws_lc, rustcrypto};
use crate::test_support::{proptest_config, rng, rsa_2048};

/// A scalar with both backends' keys; `None` for both alike.
fn keys(scalar: &[u8; 32]) -> Option<(aws_lc::EcKey, rustcrypto::EcKey)> {
    let keys = (
        aws_lc::EcKey::from_scalar(scalar),
        rustcrypto::EcKey::from_scalar(scalar),
    );
    assert_eq!(keys.0.is_some(), keys.1.is_some());
    keys.0.zip(keys.1)
}

#[test]
fn rsa_with_public_keys_is_the_same() {
    let key = rsa_2048();
    let spki = key.spki_der();
    let secret = super::RsaSecret::from_pkcs8(&key.to_pkcs8_der()).unwrap();
    let a = aws_lc::RsaPublic::new(&secret.modulus(), spki).unwrap();
    let b = rustcrypto::RsaPublic::new(&secret.modulus(), spki).unwrap();
    let pkcs1 = secret.sign_pkcs1(b"message", &mut rng()).unwrap();
    let pss = secret.sign_pss(b"message", &mut rng()).unwrap();
    let short = &pss[..255];
    let long = [&[0], &pss[..]].concat();
    for (message, signature, is_pkcs1, is_pss) in [
        (&b"message"[..], &pkcs1[..], true, false),
        (b"message", &pss, false, true),
        (b"another", &pkcs1, false, false),
        (b"another", &pss, false, false),
        (b"message", short, false, false),
        (b"message", &long, false, false),
        (b"message", &[], false, false),
    ] {
        assert_eq!(a.verify_pkcs1(message, signature), is_pkcs1);
        assert_eq!(b.verify_pkcs1(message, signature), is_pkcs1);
        assert_eq!(a.verify_pss(message, signature), is_pss);
        assert_eq!(b.verify_pss(message, signature), is_pss);
    }
    for ciphertext in [
        a.encrypt_oaep(b"key", &mut rng()),
        b.encrypt_oaep(b"key", &mut rng()),
    ] {
        assert_eq!(*secret.decrypt_oaep(&ciphertext.unwrap()).unwrap(), b"key");
    }
}

proptest! {
    #![proptest_config(proptest_config())]

    #[test]
    fn keys_agree_and_sign_for_each_other(a: [u8; 32], b: [u8; 32], message: Vec<u8>) {
        let (Some((a_lc, a_rc)), Some((b_lc, b_rc))) = (keys(&a), keys(&b)) else { return Ok(()) };
        prop_assert_eq!(a_lc.point().as_bytes(), a_rc.point().as_bytes());
        prop_assert_eq!(a_lc.scalar(), a_rc.scalar());
        let shared = a_lc.agree(b_lc.point().as_bytes()).unwrap();
        prop_assert_eq!(&a_rc.agree(b_rc.point().as_bytes()).unwrap(), &shared);
        prop_assert_eq!(
            aws_lc::ephemeral_agreement(&a, b_lc.point()),
            rustcrypto::ephemeral_agreement(&a, b_rc.point())
        );
        for signature in [a_lc.sign(&message).unwrap(), a_rc.sign(&message).unwrap()] {
            prop_assert!(a_lc.point().verify(&message, &signature));
            prop_assert!(a_rc.point().verify(&message, &signature));
            prop_assert!(!b_lc.point().verify(&message, &signature));
            prop_assert!(!b_rc.point().verify(&message, &signature));
        }
    }

    #[test]
    fn points_are_accepted_alike(
        scalar: [u8; 32], place in 0usize..65, bit in 0u8..8,
    ) {
        let Some((key, _)) = keys(&scalar) else { return Ok(()) };
        let mut point = *key.point().as_bytes();
        point[place] ^= 1 << bit;
        prop_assert!(aws_lc::EcPoint::parse(&point).is_none());
        prop_assert!(rustcrypto::EcPoint::parse(&point).is_none());
        prop_assert!(key.agree(&point).is_none());
    }
}
