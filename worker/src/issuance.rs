//! Whether an answer may be believed (stage `issuance`).

use std::iter;

use der::pem;
use gridpass_protocol::{
    CertificateFacts as Parsed, DirectoryEntry, Identifiers, Issuance, UnixTime,
    certificate::verify_issued_by,
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
    check_chain(issuance, provider, now)?;
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
    let is_published = provider.certificates.iter().any(|published| {
        pem::decode_vec(published.as_bytes()).is_ok_and(|(_, certificate)| certificate == *root)
    });
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
