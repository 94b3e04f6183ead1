//! The last look at a certificate before it is signed.
//!
//! It reads the bytes to be signed back, without trust in what made them, and checks what the
//! profile promises. What it finds is our fault, so it stops the issuance and costs no try.

use const_oid::ObjectIdentifier;
use der::{Decode, oid::AssociatedOid};
use gridpass_protocol::{DeviceId, KeyAlgorithm, UnixTime};
use x509_cert::{
    TbsCertificate,
    certificate::Version,
    ext::pkix::{
        AuthorityKeyIdentifier, CertificatePolicies, ExtendedKeyUsage, KeyUsage, SubjectAltName,
        SubjectKeyIdentifier,
    },
    name::Name,
};

use super::{
    certificate_profile::{CertificateProfile, SubjectContent, names_der},
    profile::{
        Criticality, DEVICE_EXTENSIONS, device_key_usage, key_identifier, name_criticality,
        unix_time,
    },
};
use crate::id::EnrollmentId;

/// What is wrong with a certificate to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Finding(&'static str);

/// What a device certificate has to keep to.
pub(super) struct Expectation<'a> {
    pub(super) profile: &'a CertificateProfile,
    pub(super) device_id: &'a DeviceId,
    pub(super) enrollment_id: EnrollmentId,
    pub(super) key_algorithm: KeyAlgorithm,
    /// SubjectPublicKeyInfo, DER.
    pub(super) spki: &'a [u8],
    pub(super) issuer_key_identifier: &'a [u8; 20],
    pub(super) issuer_not_before: UnixTime,
    pub(super) issuer_not_after: UnixTime,
    pub(super) days: u32,
}

/// Checks the `TBSCertificate` of a device.
pub(super) fn lint(tbs: &[u8], expected: &Expectation<'_>) -> Result<(), Finding> {
    let unreadable = |_| Finding("it cannot be read back");
    let tbs = TbsCertificate::from_der(tbs).map_err(unreadable)?;
    check(tbs.version() == Version::V3, "it is not of version 3")?;
    lint_serial(tbs.serial_number().as_bytes())?;
    lint_validity(&tbs, expected)?;
    lint_subject(tbs.subject(), expected.profile.subject)?;
    check(!tbs.issuer().is_empty(), "it has no issuer")?;
    lint_extension_set(&tbs, expected.profile)?;
    lint_usage(&tbs, expected)?;
    lint_names(&tbs, expected)?;
    lint_policies(&tbs, expected.profile)?;
    lint_key_identifiers(&tbs, expected)
}

/// What a certificate of the provider itself has to keep to: of a root, of an issuing key, or of
/// a key that messages are sealed to.
pub(super) struct OwnExpectation<'a> {
    /// SubjectPublicKeyInfo, DER.
    pub(super) spki: &'a [u8],
    /// Its extensions, and which of them are critical.
    pub(super) extensions: &'a [(ObjectIdentifier, Criticality)],
    /// The times of its issuer; its own for a root.
    pub(super) issuer_not_before: UnixTime,
    pub(super) issuer_not_after: UnixTime,
}

/// Checks the `TBSCertificate` of the provider itself.
pub(super) fn lint_own(tbs: &[u8], expected: &OwnExpectation<'_>) -> Result<(), Finding> {
    let unreadable = |_| Finding("it cannot be read back");
    let tbs = TbsCertificate::from_der(tbs).map_err(unreadable)?;
    check(tbs.version() == Version::V3, "it is not of version 3")?;
    lint_serial(tbs.serial_number().as_bytes())?;
    let not_before = unix_time(&tbs.validity().not_before);
    let not_after = unix_time(&tbs.validity().not_after);
    check(not_before < not_after, "it ends before it begins")?;
    check(
        not_before >= expected.issuer_not_before,
        "it begins before its issuer",
    )?;
    check(
        not_after <= expected.issuer_not_after,
        "it ends after its issuer",
    )?;
    lint_subject(tbs.subject(), SubjectContent::Request)?;
    check(!tbs.issuer().is_empty(), "it has no issuer")?;
    let found: Vec<_> = tbs
        .extensions()
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .map(|extension| (extension.extn_id, extension.critical))
        .collect();
    let wanted: Vec<_> = expected
        .extensions
        .iter()
        .map(|(oid, criticality)| (*oid, *criticality == Criticality::Critical))
        .collect();
    check(found == wanted, "its extensions are not those of its kind")?;
    let SubjectKeyIdentifier(own) = one(&tbs)?;
    let of_key = key_identifier(expected.spki).map_err(|_| Finding("its key cannot be read"))?;
    check(
        own.as_bytes() == of_key,
        "its subject key identifier is another key's",
    )
}

fn check(holds: bool, otherwise: &'static str) -> Result<(), Finding> {
    if holds {
        Ok(())
    } else {
        Err(Finding(otherwise))
    }
}

/// RFC 5280, 4.1.2.2: positive, at most 20 octets; ours have 128 random bits.
fn lint_serial(serial: &[u8]) -> Result<(), Finding> {
    check(
        (16..=20).contains(&serial.len()),
        "its serial number has not 16 to 20 octets",
    )?;
    check(serial[0] & 0x80 == 0, "its serial number is negative")
}

fn lint_validity(tbs: &TbsCertificate, expected: &Expectation<'_>) -> Result<(), Finding> {
    let not_before = unix_time(&tbs.validity().not_before);
    let not_after = unix_time(&tbs.validity().not_after);
    check(not_before < not_after, "it ends before it begins")?;
    check(
        not_before >= expected.issuer_not_before,
        "it begins before its issuer",
    )?;
    check(
        not_after <= expected.issuer_not_after,
        "it ends after its issuer",
    )?;
    let longest = u64::from(expected.days) * 24 * 60 * 60;
    check(
        not_after.since(not_before) <= longest,
        "it lasts longer than the profile says",
    )
}

/// The upper bounds of X.520 (RFC 5280, appendix A).
fn lint_subject(subject: &Name, wanted: SubjectContent) -> Result<(), Finding> {
    const UPPER_BOUNDS: [(ObjectIdentifier, usize); 6] = [
        (const_oid::db::rfc4519::COUNTRY_NAME, 2),
        (const_oid::db::rfc4519::ST, 128),
        (const_oid::db::rfc4519::LOCALITY_NAME, 128),
        (const_oid::db::rfc4519::ORGANIZATION_NAME, 64),
        (const_oid::db::rfc4519::ORGANIZATIONAL_UNIT_NAME, 64),
        (const_oid::db::rfc4519::COMMON_NAME, 64),
    ];
    if wanted == SubjectContent::Empty {
        return check(subject.is_empty(), "it has a subject");
    }
    check(!subject.is_empty(), "it has no subject")?;
    for attribute in subject.iter() {
        let bound = UPPER_BOUNDS.iter().find(|(oid, _)| *oid == attribute.oid);
        let (_, most) = bound.ok_or(Finding("its subject has an attribute of another kind"))?;
        let text = std::str::from_utf8(attribute.value.value())
            .map_err(|_| Finding("its subject has an attribute that is not UTF-8"))?;
        let length = text.chars().count();
        check(
            (1..=*most).contains(&length),
            "an attribute of its subject is empty or too long",
        )?;
    }
    Ok(())
}

/// RFC 5280, 4.2: each extension at most once; and exactly those of the profile.
fn lint_extension_set(tbs: &TbsCertificate, profile: &CertificateProfile) -> Result<(), Finding> {
    let extensions = tbs.extensions().map_or(&[][..], Vec::as_slice);
    let mut wanted = DEVICE_EXTENSIONS.to_vec();
    if !profile.policies.is_empty() {
        wanted.push(CertificatePolicies::OID);
    }
    for oid in &wanted {
        let times = extensions
            .iter()
            .filter(|extension| extension.extn_id == *oid)
            .count();
        check(
            times == 1,
            "it does not have each extension of the profile once",
        )?;
    }
    check(
        extensions.len() == wanted.len(),
        "it has an extension beyond the profile",
    )?;
    let critical_is_right = extensions
        .iter()
        .all(|extension| extension.critical == is_critical(extension.extn_id, profile.subject));
    check(
        critical_is_right,
        "an extension is critical that is not to be, or the other way round",
    )
}

/// RFC 5280, 4.2.1.3 (key usage: SHOULD) and 4.1.2.6 (names in place of a subject: MUST).
fn is_critical(extension: ObjectIdentifier, subject: SubjectContent) -> bool {
    match extension {
        KeyUsage::OID => true,
        SubjectAltName::OID => name_criticality(subject) == Criticality::Critical,
        _ => false,
    }
}

fn lint_usage(tbs: &TbsCertificate, expected: &Expectation<'_>) -> Result<(), Finding> {
    let KeyUsage(usage) = one(tbs)?;
    check(
        usage == device_key_usage(expected.key_algorithm),
        "its key usage does not fit its key",
    )?;
    let ExtendedKeyUsage(purposes) = one(tbs)?;
    check(
        purposes == expected.profile.purpose_oids(),
        "its extended key usage is not that of the profile",
    )
}

fn lint_names(tbs: &TbsCertificate, expected: &Expectation<'_>) -> Result<(), Finding> {
    let unreadable = |_| Finding("its names cannot be read");
    let SubjectAltName(names) = one(tbs)?;
    let wanted = expected
        .profile
        .names(expected.enrollment_id, expected.device_id)
        .map_err(unreadable)?;
    let same = names_der(&names).map_err(unreadable)? == names_der(&wanted).map_err(unreadable)?;
    check(same, "its names are not the enrollment's and the device's")
}

/// RFC 5280, 4.2.1.4: each policy once.
fn lint_policies(tbs: &TbsCertificate, profile: &CertificateProfile) -> Result<(), Finding> {
    if profile.policies.is_empty() {
        return Ok(());
    }
    let CertificatePolicies(policies) = one(tbs)?;
    let oids: Vec<_> = policies
        .iter()
        .map(|policy| policy.policy_identifier)
        .collect();
    check(
        oids == profile.policy_oids(),
        "its policies are not those of the profile",
    )
}

fn lint_key_identifiers(tbs: &TbsCertificate, expected: &Expectation<'_>) -> Result<(), Finding> {
    let SubjectKeyIdentifier(own) = one(tbs)?;
    let of_key = key_identifier(expected.spki).map_err(|_| Finding("its key cannot be read"))?;
    check(
        own.as_bytes() == of_key,
        "its subject key identifier is another key's",
    )?;
    let AuthorityKeyIdentifier {
        key_identifier: issuer,
        ..
    } = one(tbs)?;
    let right = issuer.is_some_and(|issuer| issuer.as_bytes() == expected.issuer_key_identifier);
    check(right, "its authority key identifier is another key's")
}

fn one<'a, T: Decode<'a> + AssociatedOid>(tbs: &'a TbsCertificate) -> Result<T, Finding> {
    tbs.get_extension::<T>()
        .ok()
        .flatten()
        .map(|(_, extension)| extension)
        .ok_or(Finding(
            "an extension of the profile is missing or cannot be read",
        ))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use der::Encode;
    use gridpass_protocol::{Origin, PrivateKey};
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
    use x509_cert::ext::{Extension, pkix::BasicConstraints};

    use super::*;
    use crate::{
        ca::signer::SignatureAlgorithm,
        ca::{
            crl::CrlShard,
            profile::{
                Criticality, DeviceTemplate, Draft, PathLength, ROOT_EXTENSIONS,
                authority_extensions, common_name, extension, validity,
            },
        },
        enrollment::Serial,
        random::Random,
    };

    const NOW: UnixTime = UnixTime(1_798_761_600);
    const DAY: u64 = 24 * 60 * 60;

    fn device_id() -> DeviceId {
        DeviceId::parse("00:24:be:80:4f:f1").unwrap()
    }

    /// One with everything.
    fn profile() -> CertificateProfile {
        serde_json::from_value(serde_json::json!({
            "device_names": [
                { "form": "urn-dev-mac" },
                { "form": "hardware-module", "type": "1.3.6.1.4.1.32473.1" },
            ],
            "policies": ["1.3.6.1.4.1.32473.2.1"],
        }))
        .unwrap()
    }

    /// What goes into a certificate to be; each test spoils one thing.
    struct Parts {
        serial: Vec<u8>,
        subject: Vec<u8>,
        not_before: UnixTime,
        not_after: UnixTime,
        key_algorithm: KeyAlgorithm,
        enrollment_id: EnrollmentId,
        device_id: DeviceId,
        profile: CertificateProfile,
        issuer_key_identifier: [u8; 20],
        extensions: fn(&mut Vec<Extension>),
    }

    fn finding(spoil: impl FnOnce(&mut Parts)) -> Option<&'static str> {
        let source = Mutex::new(ChaCha20Rng::seed_from_u64(1));
        let spki = PrivateKey::make_p256(&mut Random(&source))
            .spki_der()
            .to_vec();
        let mut parts = Parts {
            serial: vec![0xA5; 16],
            subject: common_name("R4lyr-l16WMQNsBdYvz9kQ").unwrap(),
            not_before: NOW,
            not_after: NOW.plus(398 * DAY),
            key_algorithm: KeyAlgorithm::Es256,
            enrollment_id: EnrollmentId::nil(),
            device_id: device_id(),
            profile: profile(),
            issuer_key_identifier: [7; 20],
            extensions: |_| {},
        };
        spoil(&mut parts);
        let origin = Origin::parse("https://portal.gmec.example").unwrap();
        let template =
            DeviceTemplate::new(&origin, parts.issuer_key_identifier, &parts.profile, 1).unwrap();
        let mut extensions = template
            .extensions(
                parts.enrollment_id,
                &parts.device_id,
                &spki,
                parts.key_algorithm,
                CrlShard::WHOLE,
            )
            .unwrap();
        (parts.extensions)(&mut extensions);
        let draft = Draft {
            serial: &Serial::from_bytes(&parts.serial).unwrap(),
            issuer: &common_name("demo issuing").unwrap(),
            subject: &parts.subject,
            spki: &spki,
            validity: validity(parts.not_before, parts.not_after).unwrap(),
            extensions,
        };
        let expected = Expectation {
            profile: &profile(),
            device_id: &device_id(),
            enrollment_id: EnrollmentId::nil(),
            key_algorithm: KeyAlgorithm::Es256,
            spki: &spki,
            issuer_key_identifier: &[7; 20],
            issuer_not_before: NOW,
            issuer_not_after: NOW.plus(3650 * DAY),
            days: 398,
        };
        lint(
            &draft.to_der(SignatureAlgorithm::EcdsaSha256).unwrap(),
            &expected,
        )
        .err()
        .map(|Finding(text)| text)
    }

    #[test]
    fn a_certificate_of_the_profile_passes() {
        assert_eq!(finding(|_| {}), None);
    }

    #[test]
    fn whatever_breaks_the_profile_is_found() {
        type Spoil = fn(&mut Parts);
        let cases: [(Spoil, &str); 16] = [
            (
                |parts| parts.serial = vec![1; 8],
                "its serial number has not 16 to 20 octets",
            ),
            (
                |parts| parts.not_after = parts.not_before,
                "it ends before it begins",
            ),
            (
                |parts| parts.not_before = NOW.minus(1),
                "it begins before its issuer",
            ),
            (
                |parts| parts.not_after = NOW.plus(399 * DAY),
                "it lasts longer than the profile says",
            ),
            (
                |parts| {
                    parts.not_before = NOW.plus(3600 * DAY);
                    parts.not_after = NOW.plus(3651 * DAY);
                },
                "it ends after its issuer",
            ),
            (|parts| parts.subject = vec![0x30, 0], "it has no subject"),
            (
                |parts| parts.subject = common_name(&"x".repeat(65)).unwrap(),
                "an attribute of its subject is empty or too long",
            ),
            (
                |parts| parts.key_algorithm = KeyAlgorithm::Rs2048,
                "its key usage does not fit its key",
            ),
            (
                |parts| parts.enrollment_id = EnrollmentId::from_bytes([1; 16]),
                "its names are not the enrollment's and the device's",
            ),
            (
                |parts| parts.device_id = DeviceId::parse("00:24:be:80:4f:f2").unwrap(),
                "its names are not the enrollment's and the device's",
            ),
            (
                |parts| parts.profile.policies.clear(),
                "it does not have each extension of the profile once",
            ),
            (
                |parts| parts.profile.purposes.push(parts.profile.purposes[0]),
                "its extended key usage is not that of the profile",
            ),
            (
                |parts| parts.profile.subject = SubjectContent::Empty,
                "an extension is critical that is not to be, or the other way round",
            ),
            (
                |parts| parts.issuer_key_identifier = [8; 20],
                "its authority key identifier is another key's",
            ),
            (
                |parts| parts.extensions = |extensions| drop(extensions.remove(2)),
                "it does not have each extension of the profile once",
            ),
            (
                |parts| {
                    parts.extensions = |extensions| {
                        let authority = BasicConstraints {
                            ca: true,
                            path_len_constraint: None,
                        };
                        extensions.push(extension(Criticality::Critical, &authority).unwrap());
                    };
                },
                "it has an extension beyond the profile",
            ),
        ];
        for (spoil, expected) in cases {
            assert_eq!(finding(spoil), Some(expected));
        }
    }

    #[test]
    fn bytes_that_are_no_certificate_are_found() {
        let expected = Expectation {
            profile: &profile(),
            device_id: &device_id(),
            enrollment_id: EnrollmentId::nil(),
            key_algorithm: KeyAlgorithm::Es256,
            spki: &[],
            issuer_key_identifier: &[7; 20],
            issuer_not_before: NOW,
            issuer_not_after: NOW,
            days: 398,
        };
        let nothing = common_name("x").unwrap().to_der().unwrap();
        assert_eq!(
            lint(&nothing, &expected),
            Err(Finding("it cannot be read back"))
        );
    }

    /// What is found in a root whose draft is as its kind has it but for one thing.
    fn finding_of_own(spoil: impl FnOnce(&mut Vec<Extension>, &mut UnixTime)) -> Option<String> {
        let source = Mutex::new(ChaCha20Rng::seed_from_u64(1));
        let key = PrivateKey::make_p256(&mut Random(&source));
        let name = common_name("demo root").unwrap();
        let mut not_after = NOW.plus(3650 * DAY);
        let mut extensions =
            authority_extensions(PathLength::Unlimited, key.spki_der(), None).unwrap();
        spoil(&mut extensions, &mut not_after);
        let draft = Draft {
            serial: &Serial::from_bytes(&[0x42; 16]).unwrap(),
            issuer: &name,
            subject: &name,
            spki: key.spki_der(),
            validity: validity(NOW, not_after).unwrap(),
            extensions,
        };
        let expected = OwnExpectation {
            spki: key.spki_der(),
            extensions: &ROOT_EXTENSIONS,
            issuer_not_before: NOW,
            issuer_not_after: NOW.plus(3650 * DAY),
        };
        let tbs = draft.to_der(SignatureAlgorithm::EcdsaSha256).unwrap();
        lint_own(&tbs, &expected)
            .err()
            .map(|finding| finding.to_string())
    }

    #[test]
    fn a_certificate_of_the_provider_itself_is_looked_at_too() {
        assert_eq!(finding_of_own(|_, _| {}), None);
        let kind = Some("its extensions are not those of its kind".to_owned());
        assert_eq!(
            finding_of_own(|extensions, _| extensions[0].critical = false),
            kind
        );
        assert_eq!(finding_of_own(|extensions, _| drop(extensions.pop())), kind);
        assert_eq!(
            finding_of_own(|_, not_after| *not_after = not_after.plus(1)).as_deref(),
            Some("it ends after its issuer")
        );
    }
}
