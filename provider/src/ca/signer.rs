//! What signs for a CA: a key in this process, or one that a token keeps.

use std::fmt;

use aws_lc_rs::{rand::SystemRandom, rsa::KeyPair, signature::RSA_PKCS1_SHA256};
use const_oid::{
    ObjectIdentifier,
    db::rfc5912::{ECDSA_WITH_SHA_256, SHA_256_WITH_RSA_ENCRYPTION},
};
use der::AnyRef;
use gridpass_protocol::{KeyAlgorithm, PrivateKey, PublicKey, SealedError};
use spki::AlgorithmIdentifierRef;

/// How a CA signs certificates, revocation lists and answers about them. Always over SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// ecdsa-with-SHA256, by a P-256 key (RFC 5758, 3.2).
    EcdsaSha256,
    /// sha256WithRSAEncryption, by an RSA key (RFC 4055, section 5).
    RsaSha256,
}

impl SignatureAlgorithm {
    /// How a key of this kind signs.
    #[must_use]
    pub const fn of(key: KeyAlgorithm) -> Self {
        match key {
            KeyAlgorithm::Es256 => Self::EcdsaSha256,
            KeyAlgorithm::Rs2048 | KeyAlgorithm::Rs3072 => Self::RsaSha256,
        }
    }

    /// As the signed structures name it: RSA has a NULL for parameters (RFC 4055, section 5),
    /// ECDSA none (RFC 5758, 3.2).
    #[must_use]
    pub const fn identifier(self) -> AlgorithmIdentifierRef<'static> {
        let (oid, parameters): (ObjectIdentifier, _) = match self {
            Self::EcdsaSha256 => (ECDSA_WITH_SHA_256, None),
            Self::RsaSha256 => (SHA_256_WITH_RSA_ENCRYPTION, Some(AnyRef::NULL)),
        };
        AlgorithmIdentifierRef { oid, parameters }
    }
}

/// A key of a CA that signs. Shared by threads; may block on a token.
pub trait Signer: Send + Sync {
    /// Its public key, SubjectPublicKeyInfo, DER.
    fn spki_der(&self) -> &[u8];

    /// How it signs.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// Signs `message`, whole; the signature as X.509 carries it (RFC 3279, 2.2).
    ///
    /// # Errors
    /// There is no signature now; the next try may have one.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// A key did not sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// What was to be signed, or is signed, cannot be encoded.
    #[error("it cannot be encoded: {0}")]
    Encode(#[from] der::Error),
    /// The key in this process refused.
    #[error("the key does not sign: {0}")]
    Key(#[from] SealedError),
    /// The token that keeps the key does not answer, or refuses.
    #[error("the token does not sign: {0}")]
    Token(String),
}

/// A private key in this process. It lies sealed in the database, or under a passphrase in a
/// file.
pub struct SoftwareSigner {
    key: PrivateKey,
    rsa: Option<KeyPair>,
}

impl SoftwareSigner {
    /// One that signs with `key`.
    ///
    /// # Errors
    /// An RSA key whose parts do not fit together.
    pub fn new(key: PrivateKey) -> Result<Self, SealedError> {
        let rsa = match SignatureAlgorithm::of(key.algorithm()) {
            SignatureAlgorithm::EcdsaSha256 => None,
            SignatureAlgorithm::RsaSha256 => {
                Some(KeyPair::from_pkcs8(&key.to_pkcs8_der()).map_err(|_| SealedError::Key)?)
            }
        };
        Ok(Self { key, rsa })
    }

    pub(crate) const fn private(&self) -> &PrivateKey {
        &self.key
    }
}

impl fmt::Debug for SoftwareSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwareSigner({:?})", self.key)
    }
}

impl Signer for SoftwareSigner {
    fn spki_der(&self) -> &[u8] {
        self.key.spki_der()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::of(self.key.algorithm())
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let Some(rsa) = &self.rsa else {
            return Ok(self.key.sign_der(message)?);
        };
        let mut signature = vec![0; rsa.public_modulus_len()];
        // Blinded by the library's own generator; the signature itself has no randomness.
        rsa.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message,
            &mut signature,
        )
        .map_err(|_| SealedError::Key)?;
        Ok(signature)
    }
}

/// Whether `signature` is that of `message` by the key in `spki`, as X.509 carries it.
///
/// # Errors
/// It is not, or the key is none that Gridpass knows.
pub fn verify(spki: &[u8], message: &[u8], signature: &[u8]) -> Result<(), SealedError> {
    PublicKey::from_spki_der(spki)?.verify_der(message, signature)
}

#[cfg(test)]
mod tests {
    use gridpass_protocol::DeviceKey;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    fn signer(algorithm: KeyAlgorithm) -> SoftwareSigner {
        let key = DeviceKey::make(&mut ChaCha20Rng::seed_from_u64(1), algorithm).unwrap();
        SoftwareSigner::new(PrivateKey::from_pkcs8_der(&key.to_pkcs8()).unwrap()).unwrap()
    }

    #[test]
    fn every_kind_of_key_signs_as_x509_has_it() {
        for algorithm in [
            KeyAlgorithm::Es256,
            KeyAlgorithm::Rs2048,
            KeyAlgorithm::Rs3072,
        ] {
            let signer = signer(algorithm);
            let signature = signer.sign(b"message").unwrap();
            verify(signer.spki_der(), b"message", &signature).unwrap();
            assert!(verify(signer.spki_der(), b"messagf", &signature).is_err());
        }
    }

    #[test]
    fn a_signer_is_never_shown() {
        assert_eq!(
            format!("{:?}", signer(KeyAlgorithm::Es256)),
            "SoftwareSigner(PrivateKey(ES256 [redacted]))"
        );
    }
}
