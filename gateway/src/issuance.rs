//! The provider's answer, and whether it may be believed (stage `issuance`).

use std::iter;

use gridpass_protocol::{
    CertificateFacts, DirectoryEntry, Issuance, KeyId, MessageType, UnixTime,
    certificate::verify_issued_by, directory::certificate_from_pem,
};

use crate::{
    keys::{GatewayKey, UseError},
    state::{Conversation, Enrolled, Identity, LabelFacts, Pending},
    token::TokenError,
};

/// The answer is not for this key, or not from this provider's CA.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer does not belong to this enrollment; nothing of it is used")]
pub(crate) struct NotGenuine;

/// Why an answer is not taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error(transparent)]
    NotGenuine(#[from] NotGenuine),
    /// It is not opened yet.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl From<UseError> for AnswerError {
    fn from(error: UseError) -> Self {
        match error {
            UseError::Sealed(_) => NotGenuine.into(),
            UseError::Token(error) => error.into(),
        }
    }
}

/// Opens a sealed issuance and makes of it what is kept.
pub(crate) fn accept(
    answer: &str,
    pending: &Pending,
    key: &GatewayKey,
    provider_certificate: &[u8],
    now: UnixTime,
) -> Result<Enrolled, AnswerError> {
    let spki = key.spki_der();
    let jws = key.open(MessageType::Issuance, answer, &KeyId::of_spki(&spki))?;
    let issuance = Issuance::verify_jws(&jws, provider_certificate).map_err(|_| NotGenuine)?;
    check(
        &issuance.certificate,
        &issuance.chain,
        &spki,
        pending.provider.as_ref(),
        now,
    )?;
    Ok(enrolled(issuance, pending, provider_certificate, now))
}

/// A gateway after its enrollment.
pub(crate) fn enrolled(
    issuance: Issuance,
    pending: &Pending,
    provider_certificate: &[u8],
    now: UnixTime,
) -> Enrolled {
    Enrolled {
        enrollment_id: issuance.enrollment_id,
        label: LabelFacts::clone(&pending.label),
        enrolled_at: now,
        handover: None,
        provider: pending.provider.clone(),
        provider_certificate: provider_certificate.to_vec(),
        settings: issuance.settings,
        identity: Identity {
            key: pending.key.clone(),
            certificate: issuance.certificate,
            chain: issuance.chain,
        },
        next: None,
        former: None,
        conversation: Conversation::default(),
    }
}

/// Checks that a certificate is over our public key, that every certificate is issued by the next,
/// and that the provider publishes the last. Where no provider is at hand, its signature over the
/// whole answer has to do for the last.
pub(crate) fn check(
    certificate: &[u8],
    chain: &[Vec<u8>],
    public_key: &[u8],
    provider: Option<&DirectoryEntry>,
    now: UnixTime,
) -> Result<(), NotGenuine> {
    let facts = CertificateFacts::parse(certificate).map_err(|_| NotGenuine)?;
    if facts.spki_der != public_key {
        return Err(NotGenuine);
    }
    // The clock of a gateway may be behind; what has just been issued is not refused for that.
    let now = now.max(facts.not_before);
    let issuers = chain.iter().map(Vec::as_slice);
    let issued = iter::once(certificate).chain(issuers.clone());
    for (certificate, issuer) in issued.zip(issuers) {
        verify_issued_by(certificate, issuer, now).map_err(|_| NotGenuine)?;
    }
    let root = chain.last().ok_or(NotGenuine)?;
    let is_published = provider.is_none_or(|provider| {
        let mut published = provider.certificates.iter();
        published.any(|pem| certificate_from_pem(pem).is_ok_and(|der| der == *root))
    });
    if is_published {
        Ok(())
    } else {
        Err(NotGenuine)
    }
}
