//! An issuing key with its certificate: what signs certificates and what says which of them are
//! revoked.

use std::{fmt, sync::Arc};

use der::{Decode, Encode};
use gridpass_protocol::UnixTime;
use x509_cert::Certificate;

use super::{
    key::AuthorityKeyError,
    profile::{key_identifier, unix_time},
    signer::Signer,
};
use crate::vault::sha256;

/// Names an issuing key: SHA-256 of its SubjectPublicKeyInfo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuingKeyId([u8; 32]);

impl IssuingKeyId {
    /// Of this key, SubjectPublicKeyInfo, DER.
    pub(crate) fn of(spki: &[u8]) -> Self {
        Self(sha256(spki))
    }

    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for IssuingKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// An issuing key with its certificate and those above it.
pub struct Issuer {
    chain: Vec<Vec<u8>>,
    fingerprint: [u8; 32],
    subject: Vec<u8>,
    key_identifier: [u8; 20],
    not_before: UnixTime,
    not_after: UnixTime,
    signer: Arc<dyn Signer>,
}

impl Issuer {
    /// One that signs with `signer`. `chain` begins with its own certificate and ends with the
    /// root, DER.
    pub(crate) fn new(
        chain: Vec<Vec<u8>>,
        signer: Arc<dyn Signer>,
    ) -> Result<Self, AuthorityKeyError> {
        let certificate = chain.first().ok_or(AuthorityKeyError::Pair)?;
        let parsed = Certificate::from_der(certificate)?;
        let parsed = parsed.tbs_certificate();
        if parsed.subject_public_key_info().to_der()? != signer.spki_der() {
            return Err(AuthorityKeyError::Pair);
        }
        let validity = parsed.validity();
        Ok(Self {
            fingerprint: sha256(certificate),
            subject: parsed.subject().to_der()?,
            key_identifier: key_identifier(signer.spki_der())?,
            not_before: unix_time(&validity.not_before),
            not_after: unix_time(&validity.not_after),
            chain,
            signer,
        })
    }

    /// Its certificate, DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.chain[0]
    }

    /// Its certificate and those above it: root last, DER.
    #[must_use]
    pub fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    /// SHA-256 of its certificate.
    #[must_use]
    pub const fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// Its name, DER: the issuer of what it signs.
    #[must_use]
    pub fn subject_der(&self) -> &[u8] {
        &self.subject
    }

    /// Its subject key identifier: the authority key identifier in what it signs. Names its
    /// revocation list.
    #[must_use]
    pub const fn key_identifier(&self) -> &[u8; 20] {
        &self.key_identifier
    }

    /// Its certificate is not valid before this time.
    #[must_use]
    pub const fn not_before(&self) -> UnixTime {
        self.not_before
    }

    /// Its certificate is not valid after this time.
    #[must_use]
    pub const fn not_after(&self) -> UnixTime {
        self.not_after
    }

    /// What signs for it. May block.
    #[must_use]
    pub fn signer(&self) -> &dyn Signer {
        &*self.signer
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("key_identifier", &self.key_identifier)
            .finish_non_exhaustive()
    }
}
