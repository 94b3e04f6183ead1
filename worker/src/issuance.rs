//! Whether an answer may be believed (stage `issuance`).

use std::iter;

use gridpass_protocol::{
    CertificateFacts as Parsed, DirectoryEntry, Identifiers, Issuance, UnixTime,
    certificate::verify_issued_by, directory::certificate_from_pem,
};
use gridpass_wire::{CertificateFacts, DeviceFacts};

/// The answer is not for these keys, or not from this provider's CA.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer does not belong to this enrollment")]
pub(crate) struct NotGenuine;

/// Checks that the certificate is over our public key and chains to a CA that the provider
/// publishes; returns it in figures.
///
/// The signature of the provider over the whole answer has been verified before.
pub(crate) fn check(
    issuance: &Issuance,
    public_key: &[u8],
    provider: &DirectoryEntry,
    now: UnixTime,
) -> Result<CertificateFacts, NotGenuine> {
    let parsed = Parsed::parse(&issuance.certificate).map_err(|_| NotGenuine)?;
    if parsed.spki_der != public_key {
        return Err(NotGenuine);
    }
    // The clock of a device may be behind; what has just been issued is not refused for that.
    check_chain(issuance, provider, now.max(parsed.not_before))?;
    let identifiers = Identifiers::of(&issuance.certificate);
    Ok(CertificateFacts {
        subject: parsed.subject,
        issuer: parsed.issuer,
        serial: parsed.serial,
        not_before: parsed.not_before.0,
        not_after: parsed.not_after.0,
        fingerprint: identifiers.fingerprint,
        ven_fingerprint: identifiers.ven_fingerprint,
        lfdi: identifiers.lfdi,
        sfdi: identifiers.sfdi,
    })
}

/// Every certificate issued by the next, and the last of them published by the provider.
fn check_chain(
    issuance: &Issuance,
    provider: &DirectoryEntry,
    now: UnixTime,
) -> Result<(), NotGenuine> {
    let issued = iter::once(&issuance.certificate).chain(&issuance.chain);
    for (certificate, issuer) in issued.zip(&issuance.chain) {
        verify_issued_by(certificate, issuer, now).map_err(|_| NotGenuine)?;
    }
    let root = issuance.chain.last().ok_or(NotGenuine)?;
    let is_published = provider
        .certificates
        .iter()
        .any(|published| certificate_from_pem(published).is_ok_and(|published| published == *root));
    if is_published {
        Ok(())
    } else {
        Err(NotGenuine)
    }
}

/// What people are shown of a finished enrollment.
pub(crate) fn facts(
    issuance: &Issuance,
    certificate: CertificateFacts,
    enrolled_at: u64,
) -> DeviceFacts {
    let settings = &issuance.settings;
    DeviceFacts {
        enrollment_id: issuance.enrollment_id.to_string(),
        provider: settings.provider.clone(),
        support_email: settings.support_email.clone(),
        support_phone: settings.support_phone.clone(),
        profile: settings.profile.clone(),
        poll_interval: settings.poll_interval,
        renew_before: settings.renew_before,
        enrolled_at,
        certificate,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use const_oid::{AssociatedOid, db::rfc5912::ECDSA_WITH_SHA_256};
    use der::{
        Decode, Encode, Sequence,
        asn1::{BitString, OctetString, UtcTime},
    };
    use gridpass_protocol::{PrivateKey, Settings, directory::certificate_to_pem};
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
    use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
    use x509_cert::{
        ext::{Extension, pkix::BasicConstraints},
        name::Name,
        time::{Time, Validity},
    };

    use super::*;

    const NOW: UnixTime = UnixTime(1500);

    /// A name with its key.
    struct Party {
        name: &'static str,
        key: PrivateKey,
    }

    impl Party {
        fn new(name: &'static str, rng: &mut ChaCha20Rng) -> Self {
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

    /// A certificate that may issue, valid from 1000 to 2000 seconds after the epoch.
    fn certificate(subject: &Party, issuer: &Party) -> Vec<u8> {
        let algorithm = AlgorithmIdentifierOwned {
            oid: ECDSA_WITH_SHA_256,
            parameters: None,
        };
        let time =
            |at| Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(at)).unwrap());
        let authority = BasicConstraints {
            ca: true,
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

    /// What a provider issued to a device, with all who took part.
    struct Case {
        root: Party,
        issuing: Party,
        device: Party,
        stranger: Party,
        issuance: Issuance,
        provider: DirectoryEntry,
    }

    impl Case {
        fn new() -> Self {
            let rng = &mut ChaCha20Rng::seed_from_u64(9);
            let [root, issuing, device, stranger] =
                ["CN=Root", "CN=Issuing", "CN=Device", "CN=Root"].map(|name| Party::new(name, rng));
            let chain = vec![certificate(&issuing, &root), certificate(&root, &root)];
            let certificates = chain
                .iter()
                .map(|der| certificate_to_pem(der).unwrap())
                .collect();
            let issuance = Issuance {
                enrollment_id: "00000000-0000-7000-8000-000000000001".parse().unwrap(),
                certificate: certificate(&device, &issuing),
                chain,
                settings: Settings {
                    version: 1,
                    profile: "default".to_owned(),
                    provider: "Provider".to_owned(),
                    messages_url: None,
                    poll_interval: 300,
                    support_email: None,
                    support_phone: None,
                    renew_before: 30,
                },
            };
            let provider = DirectoryEntry {
                id: "demo".to_owned(),
                name: "Provider".to_owned(),
                certificates,
                messages_url: None,
                est_url: None,
                mtls_url: None,
            };
            Self {
                root,
                issuing,
                device,
                stranger,
                issuance,
                provider,
            }
        }

        fn check(&self, now: UnixTime) -> Result<CertificateFacts, NotGenuine> {
            check(
                &self.issuance,
                self.device.key.spki_der(),
                &self.provider,
                now,
            )
        }
    }

    #[test]
    fn a_certificate_over_our_key_under_the_published_root_is_accepted() {
        let case = Case::new();
        let facts = case.check(NOW).unwrap();
        assert_eq!(
            (facts.subject.as_str(), facts.issuer.as_str()),
            ("CN=Device", "CN=Issuing")
        );
        assert_eq!((facts.not_before, facts.not_after), (1000, 2000));
        assert_eq!(facts.fingerprint.len(), 64);
    }

    #[test]
    fn a_certificate_over_another_key_is_refused() {
        let mut case = Case::new();
        case.issuance.certificate = certificate(&case.stranger, &case.issuing);
        assert_eq!(case.check(NOW), Err(NotGenuine));
    }

    #[test]
    fn a_chain_to_a_root_that_the_provider_does_not_publish_is_refused() {
        let mut case = Case::new();
        case.issuance.chain = vec![
            certificate(&case.issuing, &case.stranger),
            certificate(&case.stranger, &case.stranger),
        ];
        assert_eq!(case.check(NOW), Err(NotGenuine));
    }

    #[test]
    fn a_chain_with_a_link_missing_or_altered_is_refused() {
        let mut case = Case::new();
        case.issuance.chain.remove(0);
        assert_eq!(case.check(NOW), Err(NotGenuine));
        let mut case = Case::new();
        case.issuance.certificate = certificate(&case.device, &case.root);
        assert_eq!(case.check(NOW), Err(NotGenuine));
        let mut case = Case::new();
        case.issuance.chain.clear();
        assert_eq!(case.check(NOW), Err(NotGenuine));
    }

    #[test]
    fn a_certificate_past_its_end_is_refused_and_one_before_its_start_is_not() {
        let case = Case::new();
        assert_eq!(case.check(UnixTime(2001)), Err(NotGenuine));
        assert!(case.check(UnixTime(999)).is_ok());
    }
}
