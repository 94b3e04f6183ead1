//! Keying: the device makes its key pair and its certificate request (protocol, stage 6).

use std::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{CsrContent, KeyAlgorithm, PrivateKey, SealedError, TemporaryId};

/// The key pair of a device. The private half never leaves it; wiped on drop, never shown.
pub struct DeviceKey {
    algorithm: KeyAlgorithm,
    key: PrivateKey,
}

/// Why a key pair or a certificate request could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyingError {
    /// Not a private key of one of the key algorithms.
    #[error(transparent)]
    Key(#[from] SealedError),
    /// The CSR content cannot be put into a certificate request.
    #[error(transparent)]
    Content(#[from] crate::label::InvalidCsrContent),
}

impl DeviceKey {
    /// A fresh key pair. RSA takes seconds on a phone: not on the page's own thread.
    ///
    /// # Errors
    /// No key could be made: the random numbers are broken.
    pub fn make(
        _rng: &mut (impl CryptoRng + ?Sized),
        _algorithm: KeyAlgorithm,
    ) -> Result<Self, KeyingError> {
        unimplemented!()
    }

    /// What kind it is.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The SubjectPublicKeyInfo of the public half.
    #[must_use]
    pub fn spki_der(&self) -> Vec<u8> {
        self.key.spki_der().to_vec()
    }

    /// The private half, to open and sign messages with.
    #[must_use]
    pub fn private_key(&self) -> &PrivateKey {
        &self.key
    }

    /// The PKCS#10 request for this key, DER.
    ///
    /// # Errors
    /// The content is out of its bounds.
    pub fn csr(
        &self,
        _content: &CsrContent,
        _temporary_id: &TemporaryId,
        _rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>, KeyingError> {
        unimplemented!()
    }

    /// The key pair as PKCS#8. Secret.
    #[must_use]
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        self.key.to_pkcs8_der()
    }

    /// Reads a key pair back.
    ///
    /// # Errors
    /// Not a private key of one of the key algorithms.
    pub fn from_pkcs8(_der: &[u8]) -> Result<Self, KeyingError> {
        unimplemented!()
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey({} [redacted])", self.algorithm)
    }
}
