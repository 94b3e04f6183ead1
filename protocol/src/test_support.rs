//! Shared by the unit tests: a fixed source of "randomness", a fixed property-test run.

use std::{sync::LazyLock, time::Duration};

use const_oid::AssociatedOid;
use der::{
    Decode, Encode, Sequence,
    asn1::{BitString, OctetString, UtcTime},
};
use proptest::test_runner::{Config, RngSeed};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::{
    ext::{Extension, pkix::BasicConstraints},
    name::Name,
    time::{Time, Validity},
};

use crate::{DeviceKey, KeyAlgorithm, PrivateKey, keying::signature_algorithm};

pub(crate) fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(0x6772_6964)
}

pub(crate) fn proptest_config() -> Config {
    Config {
        cases: 256,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x7061_7373),
        ..Config::default()
    }
}

/// An RSA key that is made once: making one takes longer than all other tests together.
pub(crate) fn rsa_2048() -> PrivateKey {
    static PKCS8: LazyLock<Vec<u8>> = LazyLock::new(|| {
        DeviceKey::make(&mut rng(), KeyAlgorithm::Rs2048)
            .unwrap()
            .to_pkcs8()
            .to_vec()
    });
    PrivateKey::from_pkcs8_der(&PKCS8).unwrap()
}

/// What a certificate of the tests says, besides its names and key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Authority,
    EndEntity,
}

/// A certificate, DER, valid from 1000 to 2000 seconds after the epoch.
pub(crate) fn certificate(
    profile: Profile,
    subject: &str,
    subject_key: &PrivateKey,
    issuer: &str,
    issuer_key: &PrivateKey,
) -> Vec<u8> {
    let algorithm = signature_algorithm(issuer_key.algorithm());
    let time =
        |seconds| Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(seconds)).unwrap());
    let basic_constraints = BasicConstraints {
        ca: profile == Profile::Authority,
        path_len_constraint: None,
    };
    let tbs = Tbs {
        version: 2,
        serial: 0x0102_0304,
        signature: algorithm.clone(),
        issuer: issuer.parse().unwrap(),
        validity: Validity::new(time(1000), time(2000)),
        subject: subject.parse().unwrap(),
        spki: SubjectPublicKeyInfoOwned::from_der(subject_key.spki_der()).unwrap(),
        extensions: vec![Extension {
            extn_id: BasicConstraints::OID,
            critical: true,
            extn_value: OctetString::new(basic_constraints.to_der().unwrap()).unwrap(),
        }],
    };
    let signature = issuer_key
        .sign_request(&tbs.to_der().unwrap(), &mut rng())
        .unwrap();
    let signature = BitString::from_bytes(&signature).unwrap();
    SignedCertificate {
        tbs,
        algorithm,
        signature,
    }
    .to_der()
    .unwrap()
}

#[derive(Sequence)]
struct SignedCertificate {
    tbs: Tbs,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

#[derive(Sequence)]
struct Tbs {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: u8,
    serial: u32,
    signature: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    spki: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}
