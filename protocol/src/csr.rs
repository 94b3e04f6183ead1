//! The device's certificate request, as the provider reads it (protocol, Verification, step 5).

use crate::{CsrContent, KeyAlgorithm, TemporaryId};

/// A PKCS#10 request that is well-formed, signed by its own key, and of an acceptable key.
#[derive(Clone, Debug)]
pub struct Csr(());

/// What a request has to say to be the one of a mapping.
#[derive(Clone, Copy, Debug)]
pub struct CsrPolicy<'a> {
    /// The subject that the label asked for.
    pub csr_content: &'a CsrContent,
    /// The mapping's temporary id: the CN.
    pub temporary_id: &'a TemporaryId,
    /// The key algorithm that the label asked for.
    pub key_algorithm: KeyAlgorithm,
    /// The SubjectPublicKeyInfo DER that came beside the request.
    pub public_key: &'a [u8],
}

/// Why a certificate request is not acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsrError {
    /// Not a PKCS#10 request in DER, or larger than 4 KiB.
    #[error("not a certificate request in DER")]
    Malformed,
    /// The signature is not by the key in the request, or not by an accepted algorithm.
    #[error("the certificate request is not signed by its own key")]
    Signature,
    /// Neither P-256 nor RSA with 2048 or 3072 bits.
    #[error("the key is of a kind or size that is not accepted")]
    KeyKind,
    /// A weak RSA key: exponent, small factors, or made by a faulty chip (ROCA).
    #[error("the key is weak: make another one")]
    WeakKey,
    /// Another algorithm than the label asked for.
    #[error("the key is not of the algorithm that the label asked for")]
    KeyAlgorithm,
    /// Another key than the one sent beside the request.
    #[error("the key in the request is not the one sent beside it")]
    PublicKeyMismatch,
    /// The subject is not the label's CSR content followed by the temporary id.
    #[error("the subject is not what the label asked for")]
    Subject,
    /// An attribute or extension that the profile does not allow.
    #[error("the request asks for an extension that is not allowed")]
    Extension,
}

impl CsrError {
    /// One stable word for the `reason` of the problem `bad-csr`.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Signature => "signature",
            Self::KeyKind => "key-kind",
            Self::WeakKey => "weak-key",
            Self::KeyAlgorithm => "key-algorithm",
            Self::PublicKeyMismatch => "public-key-mismatch",
            Self::Subject => "subject",
            Self::Extension => "extension",
        }
    }
}

impl Csr {
    /// Reads a request: strict DER, valid signature, acceptable key.
    ///
    /// # Errors
    /// Says which of these does not hold.
    pub fn parse(_der: &[u8]) -> Result<Self, CsrError> {
        unimplemented!()
    }

    /// Checks the request against its mapping.
    ///
    /// # Errors
    /// Says what does not fit.
    pub fn check(&self, _policy: &CsrPolicy<'_>) -> Result<(), CsrError> {
        unimplemented!()
    }

    /// The request itself.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        unimplemented!()
    }

    /// The SubjectPublicKeyInfo of its key.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        unimplemented!()
    }

    /// The algorithm of its key.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        unimplemented!()
    }
}
