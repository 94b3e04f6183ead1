//! Opening the sealed answer, and whether it may be believed (stage `issuance`).

use std::iter;

use gridpass_protocol::{
    CertificateFacts as Parsed, DirectoryEntry, Identifiers, Issuance, KeyId, MessageType,
    UnixTime, certificate::verify_issued_by, directory::certificate_from_pem,
};
use gridpass_wire::{CertificateFacts, DeviceFacts};

use crate::{
    vault::Pending,
    webcrypto::{self, KeyPair},
};

/// The answer is not for these keys, or not from this provider's CA.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer does not belong to this enrollment")]
pub(crate) struct NotGenuine;

/// Opens the sealed answer with the browser's key and verifies the provider's signature.
pub(crate) async fn open(
    answer: &str,
    pending: &Pending,
    keys: &KeyPair,
) -> Result<Issuance, NotGenuine> {
    let own = KeyId::of_spki(&pending.public_key);
    let signed = webcrypto::open(MessageType::Issuance, answer, &own, keys)
        .await
        .map_err(|_| NotGenuine)?;
    Issuance::verify_jws(&signed, &pending.provider_certificate).map_err(|_| NotGenuine)
}

/// Checks that the certificate is over our public key and chains to a CA that the provider
/// publishes; returns it in figures.
///
/// The signature of the provider over the whole answer has been verified before.
pub(crate) fn check(
    certificate: &[u8],
    chain: &[Vec<u8>],
    public_key: &[u8],
    provider: &DirectoryEntry,
    now: UnixTime,
) -> Result<CertificateFacts, NotGenuine> {
    let parsed = Parsed::parse(certificate).map_err(|_| NotGenuine)?;
    if parsed.spki_der != public_key {
        return Err(NotGenuine);
    }
    // The clock of a device may be behind; what has just been issued is not refused for that.
    check_chain(certificate, chain, provider, now.max(parsed.not_before))?;
    let identifiers = Identifiers::of(certificate);
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
    certificate: &[u8],
    chain: &[Vec<u8>],
    provider: &DirectoryEntry,
    now: UnixTime,
) -> Result<(), NotGenuine> {
    let issuers = chain.iter().map(Vec::as_slice);
    let issued = iter::once(certificate).chain(issuers.clone());
    for (certificate, issuer) in issued.zip(issuers) {
        verify_issued_by(certificate, issuer, now).map_err(|_| NotGenuine)?;
    }
    let root = chain.last().ok_or(NotGenuine)?;
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
mod tests;
