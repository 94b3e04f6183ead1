//! A key of the provider's own with its certificate: root, issuing, or the provider's.

use std::fmt;

use der::Decode;
use gridpass_protocol::{KeyId, PrivateKey, SealedError, UnixTime};
use x509_cert::{Certificate, ext::pkix::AuthorityKeyIdentifier};

use super::{
    profile::unix_time,
    signer::{Signer, SoftwareSigner},
};

/// A private key with its certificate.
pub(crate) struct AuthorityKey {
    certificate: Vec<u8>,
    id: KeyId,
    not_before: UnixTime,
    not_after: UnixTime,
    signer: SoftwareSigner,
}

/// A stored key and its certificate do not fit together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthorityKeyError {
    #[error("the certificate cannot be read: {0}")]
    Certificate(#[from] der::Error),
    #[error("the private key cannot be read: {0}")]
    Private(#[from] SealedError),
    #[error("the private key is not the certificate's")]
    Pair,
}

impl AuthorityKey {
    pub(crate) fn new(
        certificate: Vec<u8>,
        private: PrivateKey,
    ) -> Result<Self, AuthorityKeyError> {
        Self::from_signer(certificate, SoftwareSigner::new(private)?)
    }

    pub(crate) fn from_signer(
        certificate: Vec<u8>,
        signer: SoftwareSigner,
    ) -> Result<Self, AuthorityKeyError> {
        let parsed = Certificate::from_der(&certificate)?;
        let parsed = parsed.tbs_certificate();
        let spki = der::Encode::to_der(parsed.subject_public_key_info())?;
        if spki != signer.spki_der() {
            return Err(AuthorityKeyError::Pair);
        }
        let validity = parsed.validity();
        Ok(Self {
            id: KeyId::of_certificate(&certificate),
            not_before: unix_time(&validity.not_before),
            not_after: unix_time(&validity.not_after),
            certificate,
            signer,
        })
    }

    /// The certificate, DER.
    pub(crate) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Its subject, DER.
    pub(crate) fn subject_der(&self) -> der::Result<Vec<u8>> {
        let certificate = Certificate::from_der(&self.certificate)?;
        der::Encode::to_der(certificate.tbs_certificate().subject())
    }

    /// Whether the issuing key with this key identifier certified it.
    pub(crate) fn is_issued_by(&self, issuer: &[u8; 20]) -> bool {
        is_issued_by(&self.certificate, issuer)
    }

    /// What a sealed message calls it.
    pub(crate) const fn id(&self) -> &KeyId {
        &self.id
    }

    pub(crate) const fn private(&self) -> &PrivateKey {
        self.signer.private()
    }

    pub(crate) const fn signer(&self) -> &SoftwareSigner {
        &self.signer
    }

    /// Its parts: the certificate, and what signs for it.
    pub(crate) fn into_parts(self) -> (Vec<u8>, SoftwareSigner) {
        (self.certificate, self.signer)
    }

    pub(crate) const fn not_before(&self) -> UnixTime {
        self.not_before
    }

    pub(crate) const fn not_after(&self) -> UnixTime {
        self.not_after
    }
}

impl fmt::Debug for AuthorityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorityKey({} [redacted])", self.id)
    }
}

/// Whether a certificate says that the key with this key identifier issued it.
pub(super) fn is_issued_by(certificate: &[u8], issuer: &[u8; 20]) -> bool {
    let Ok(certificate) = Certificate::from_der(certificate) else {
        return false;
    };
    let authority = certificate
        .tbs_certificate()
        .get_extension::<AuthorityKeyIdentifier>();
    let Ok(Some((_, authority))) = authority else {
        return false;
    };
    authority
        .key_identifier
        .is_some_and(|identifier| identifier.as_bytes() == issuer)
}
