//! What several tests need: parties, certificates, a record of the vault.

use std::time::Duration;

use const_oid::{AssociatedOid, db::rfc5912::ECDSA_WITH_SHA_256};
use der::{
    Decode, Encode, Sequence,
    asn1::{BitString, OctetString, UtcTime},
};
use gridpass_protocol::{PrivateKey, UnixTime, b64u};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::{
    ext::{Extension, pkix::BasicConstraints},
    name::Name,
    time::{Time, Validity},
};

use crate::vault::Device;

/// Within the time of [`certificate`].
pub(crate) const NOW: UnixTime = UnixTime(1500);

/// The same numbers in every run.
pub(crate) fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(9)
}

/// What a certificate is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Authority,
    EndEntity,
}

/// A name with its key.
pub(crate) struct Party {
    pub(crate) name: &'static str,
    pub(crate) key: PrivateKey,
}

impl Party {
    pub(crate) fn new(name: &'static str, rng: &mut ChaCha20Rng) -> Self {
        Self {
            name,
            key: PrivateKey::make_p256(rng),
        }
    }
}

#[derive(Sequence)]
struct Signed {
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

/// A certificate, valid from 1000 to 2000 seconds after the epoch.
pub(crate) fn certificate(subject: &Party, issuer: &Party, role: Role) -> Vec<u8> {
    let algorithm = AlgorithmIdentifierOwned {
        oid: ECDSA_WITH_SHA_256,
        parameters: None,
    };
    let time = |at| Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(at)).unwrap());
    let authority = BasicConstraints {
        ca: role == Role::Authority,
        path_len_constraint: None,
    };
    let tbs = Tbs {
        version: 2,
        serial: 7,
        signature: algorithm.clone(),
        issuer: issuer.name.parse().unwrap(),
        validity: Validity::new(time(1000), time(2000)),
        subject: subject.name.parse().unwrap(),
        spki: SubjectPublicKeyInfoOwned::from_der(subject.key.spki_der()).unwrap(),
        extensions: vec![Extension {
            extn_id: BasicConstraints::OID,
            critical: true,
            extn_value: OctetString::new(authority.to_der().unwrap()).unwrap(),
        }],
    };
    let signature = issuer.key.sign_der(&tbs.to_der().unwrap()).unwrap();
    let signature = BitString::from_bytes(&signature).unwrap();
    Signed {
        tbs,
        algorithm,
        signature,
    }
    .to_der()
    .unwrap()
}

/// An enrollment as a page wrote it that knew nothing of messages.
pub(crate) fn device(provider_certificate: &[u8]) -> Device {
    serde_json::from_value(serde_json::json!({
        "temporary_id": "AAAAAAAAAAAAAAAAAAAAAA",
        "provider": { "id": "demo", "name": "Provider", "certificates": [] },
        "provider_certificate": b64u(provider_certificate),
        "enrollment_id": "00000000-0000-7000-8000-000000000001",
        "certificate": "Ag",
        "chain": ["Aw"],
        "settings": {
            "version": 1, "profile": "default", "provider": "Provider",
            "poll_interval": 300, "renew_before": 30
        },
        "facts": {
            "enrollment_id": "00000000-0000-7000-8000-000000000001",
            "provider": "Provider", "support_email": null, "support_phone": null,
            "profile": "default", "poll_interval": 300, "renew_before": 30, "enrolled_at": 5,
            "certificate": {
                "subject": "", "issuer": "", "serial": "", "not_before": 0, "not_after": 1000,
                "fingerprint": "", "ven_fingerprint": "", "lfdi": "", "sfdi": ""
            }
        },
        // The handles of the keys have no JSON form.
        "signing_key": {}, "opening_key": {}
    }))
    .unwrap()
}
