//! The last look at a certificate before it is signed.
//!
//! It reads the bytes to be signed back, without trust in what made them, and checks what the
//! profile promises. What it finds is our fault, so it stops the issuance and costs no try.

use const_oid::{ObjectIdentifier, db::rfc5280::ID_KP_CLIENT_AUTH};
use der::{Decode, oid::AssociatedOid};
use gridpass_protocol::{KeyAlgorithm, UnixTime};
use x509_cert::{
    TbsCertificate,
    certificate::Version,
    ext::pkix::{
        AuthorityKeyIdentifier, ExtendedKeyUsage, KeyUsage, SubjectAltName, SubjectKeyIdentifier,
        name::GeneralName,
    },
    name::Name,
};

use super::profile::{DEVICE_EXTENSIONS, device_key_usage, device_name, key_identifier, unix_time};
use crate::id::EnrollmentId;

/// What is wrong with a certificate to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Finding(&'static str);

/// What a device certificate has to keep to.
pub(super) struct Expectation<'a> {
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
    lint_subject(tbs.subject())?;
    check(!tbs.issuer().is_empty(), "it has no issuer")?;
    lint_extension_set(&tbs)?;
    lint_usage(&tbs, expected.key_algorithm)?;
    lint_names(&tbs, expected.enrollment_id)?;
    lint_key_identifiers(&tbs, expected)
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
fn lint_subject(subject: &Name) -> Result<(), Finding> {
    const UPPER_BOUNDS: [(ObjectIdentifier, usize); 6] = [
        (const_oid::db::rfc4519::COUNTRY_NAME, 2),
        (const_oid::db::rfc4519::ST, 128),
        (const_oid::db::rfc4519::LOCALITY_NAME, 128),
        (const_oid::db::rfc4519::ORGANIZATION_NAME, 64),
        (const_oid::db::rfc4519::ORGANIZATIONAL_UNIT_NAME, 64),
        (const_oid::db::rfc4519::COMMON_NAME, 64),
    ];
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
fn lint_extension_set(tbs: &TbsCertificate) -> Result<(), Finding> {
    let extensions = tbs.extensions().map_or(&[][..], Vec::as_slice);
    for oid in DEVICE_EXTENSIONS {
        let times = extensions
            .iter()
            .filter(|extension| extension.extn_id == oid)
            .count();
        check(
            times == 1,
            "it does not have each extension of the profile once",
        )?;
    }
    check(
        extensions.len() == DEVICE_EXTENSIONS.len(),
        "it has an extension beyond the profile",
    )?;
    let critical_is_right = extensions
        .iter()
        .all(|extension| extension.critical == (extension.extn_id == KeyUsage::OID));
    check(
        critical_is_right,
        "another extension than the key usage is critical, or that is not",
    )
}

fn lint_usage(tbs: &TbsCertificate, algorithm: KeyAlgorithm) -> Result<(), Finding> {
    let KeyUsage(usage) = one(tbs)?;
    check(
        usage == device_key_usage(algorithm),
        "its key usage does not fit its key",
    )?;
    let ExtendedKeyUsage(purposes) = one(tbs)?;
    check(
        purposes == [ID_KP_CLIENT_AUTH],
        "its extended key usage is not clientAuth alone",
    )
}

fn lint_names(tbs: &TbsCertificate, enrollment_id: EnrollmentId) -> Result<(), Finding> {
    let SubjectAltName(names) = one(tbs)?;
    let expected = device_name(enrollment_id);
    let right = matches!(&names[..], [GeneralName::UniformResourceIdentifier(uri)]
        if uri.as_str() == expected);
    check(right, "its name is not the enrollment's")
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
