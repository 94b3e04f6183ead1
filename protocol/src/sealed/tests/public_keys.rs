//! Which keys are read.

use super::*;
use crate::{KeyAlgorithm, primitives::EcPoint, sealed::spki};

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
