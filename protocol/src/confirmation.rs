//! The confirmation: one-time password, public key and certificate request, sealed to the
//! provider (protocol, stage 7).

use rand_core::CryptoRng;

use crate::{KeyId, Otp, PrivateKey, SealedError};

/// What the device sends to prove itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The one-time password, decrypted with the device ID.
    pub otp: Otp,
    /// SubjectPublicKeyInfo DER.
    pub public_key: Vec<u8>,
    /// PKCS#10 DER.
    pub csr: Vec<u8>,
}

impl Confirmation {
    /// Seals the confirmation to the provider: a JWE.
    ///
    /// # Errors
    /// The provider certificate cannot be used, or the confirmation is too large.
    pub fn seal(
        &self,
        _provider_certificate_der: &[u8],
        _rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<String, SealedError> {
        unimplemented!()
    }

    /// Opens a confirmation with the provider's key. Unknown members are ignored.
    ///
    /// # Errors
    /// Not a confirmation sealed to this key.
    pub fn open(_jwe: &str, _key_id: &KeyId, _provider: &PrivateKey) -> Result<Self, SealedError> {
        unimplemented!()
    }
}
