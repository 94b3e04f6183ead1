//! Sealed messages: the only JOSE of the protocol (protocol, Sealed messages).

use std::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{encoding::b64u_text, primitives::sha256};

/// Which message this is; its `typ` keeps one message from standing in for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// Device to provider: one-time password, public key and CSR. Encrypted only.
    Confirmation,
    /// Provider to device: certificate and settings.
    Issuance,
    /// Device to provider, after issuance.
    Up,
    /// Provider to device, after issuance.
    Down,
}

/// The `kid` of a sealed message: SHA-256 of a certificate, or of a public key that has none yet.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 32]);

b64u_text!(KeyId);

impl KeyId {
    /// Of the certificate with this DER.
    #[must_use]
    pub fn of_certificate(der: &[u8]) -> Self {
        Self(sha256(der))
    }

    /// Of the public key with this SubjectPublicKeyInfo DER, which has no certificate yet.
    #[must_use]
    pub fn of_spki(der: &[u8]) -> Self {
        Self(sha256(der))
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Why a sealed message could not be made or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// Not JOSE compact serialization as the protocol writes it, or larger than 64 KiB.
    #[error("not a sealed message")]
    Form,
    /// Another message than the one expected.
    #[error("another kind of message than expected")]
    Type,
    /// Sealed to, or signed by, another key than the one expected.
    #[error("meant for another key")]
    KeyId,
    /// Sealed in a way that this key cannot open or verify.
    #[error("made with another algorithm than the key's own")]
    Algorithm,
    /// Altered on the way, or made with another key.
    #[error("does not open")]
    Authentication,
    /// The key itself is not one the protocol uses.
    #[error("not a key that the protocol uses")]
    Key,
    /// A confirmation is never signed.
    #[error("this message is never signed")]
    NeverSigned,
    /// What is inside is not what this message carries.
    #[error("the content is not what this message carries")]
    Content,
}

/// A public key: P-256, or RSA of 2048 or 3072 bits.
#[derive(Clone)]
pub struct PublicKey(());

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// Not a key that the protocol uses.
    pub fn from_spki_der(_der: &[u8]) -> Result<Self, SealedError> {
        unimplemented!()
    }

    /// Reads the key out of a certificate.
    ///
    /// # Errors
    /// Not a certificate, or not with a key that the protocol uses.
    pub fn from_certificate_der(_der: &[u8]) -> Result<Self, SealedError> {
        unimplemented!()
    }

    /// Its SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki_der(&self) -> Vec<u8> {
        unimplemented!()
    }

    /// Verifies a signature as X.509 carries it: ECDSA-SHA256 in ASN.1 for P-256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 for RSA.
    ///
    /// # Errors
    /// The signature is not of this message and key.
    pub fn verify_der(&self, _message: &[u8], _signature: &[u8]) -> Result<(), SealedError> {
        unimplemented!()
    }
}

/// A private key. Wiped on drop, never shown.
pub struct PrivateKey(());

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey([redacted])")
    }
}

impl PrivateKey {
    /// A fresh P-256 key.
    #[must_use]
    pub fn make_p256(_rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        unimplemented!()
    }

    /// Reads a PKCS#8 key.
    ///
    /// # Errors
    /// Not a key that the protocol uses.
    pub fn from_pkcs8_der(_der: &[u8]) -> Result<Self, SealedError> {
        unimplemented!()
    }

    /// The key as PKCS#8. Secret.
    #[must_use]
    pub fn to_pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        unimplemented!()
    }

    /// The SubjectPublicKeyInfo of its public key.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        unimplemented!()
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        unimplemented!()
    }

    /// Signs as X.509 carries it: ECDSA-SHA256 in ASN.1. For the provider's CA.
    ///
    /// # Errors
    /// The key is not a P-256 key.
    pub fn sign_der(&self, _message: &[u8]) -> Result<Vec<u8>, SealedError> {
        unimplemented!()
    }
}

/// Encrypts to `recipient`: a JWE in compact serialization.
///
/// # Errors
/// The plaintext is too large.
pub fn encrypt(
    _message: MessageType,
    _key_id: &KeyId,
    _recipient: &PublicKey,
    _plaintext: &[u8],
    _rng: &mut (impl CryptoRng + ?Sized),
) -> Result<String, SealedError> {
    unimplemented!()
}

/// Opens a JWE.
///
/// # Errors
/// Not a sealed message of this type to this key.
pub fn decrypt(
    _message: MessageType,
    _jwe: &str,
    _key_id: &KeyId,
    _recipient: &PrivateKey,
) -> Result<Zeroizing<Vec<u8>>, SealedError> {
    unimplemented!()
}

/// Signs: a JWS in compact serialization.
///
/// # Errors
/// A confirmation is never signed.
pub fn sign(
    _message: MessageType,
    _key_id: &KeyId,
    _signer: &PrivateKey,
    _payload: &[u8],
    _rng: &mut (impl CryptoRng + ?Sized),
) -> Result<String, SealedError> {
    unimplemented!()
}

/// Verifies a JWS and returns its payload.
///
/// # Errors
/// Not a message of this type, signed by this key.
pub fn verify(
    _message: MessageType,
    _jws: &str,
    _key_id: &KeyId,
    _signer: &PublicKey,
) -> Result<Vec<u8>, SealedError> {
    unimplemented!()
}

/// The `kid` of a JWE: whom it is sealed to. Nothing about the message has been checked then.
///
/// # Errors
/// Not a JWE as the protocol writes it.
pub fn key_id_of(_jwe: &str) -> Result<KeyId, SealedError> {
    unimplemented!()
}

/// A JWE taken apart, for a holder whose private key does not leave WebCrypto.
pub struct JweParts(());

/// What the holder's private key has to do to open a JWE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyAgreement {
    /// Agree with this key: a P-256 point, SEC 1 uncompressed (WebCrypto's `raw`). The 32 bytes
    /// of shared secret go to [`JweParts::open_with_shared_secret`].
    Ecdh {
        /// 65 bytes.
        ephemeral_public: Vec<u8>,
    },
    /// Decrypt this with RSA-OAEP-256. The 32 bytes go to [`JweParts::open_with_content_key`].
    RsaOaep {
        /// As long as the modulus.
        encrypted_key: Vec<u8>,
    },
}

impl JweParts {
    /// Takes a JWE apart and checks its header.
    ///
    /// # Errors
    /// Not a sealed message of this type to this key.
    pub fn parse(_message: MessageType, _jwe: &str, _key_id: &KeyId) -> Result<Self, SealedError> {
        unimplemented!()
    }

    /// What the private key has to do.
    #[must_use]
    pub fn key_agreement(&self) -> KeyAgreement {
        unimplemented!()
    }

    /// Opens the message with the result of ECDH: 32 bytes.
    ///
    /// # Errors
    /// Not the right secret, or the message has been altered.
    pub fn open_with_shared_secret(
        &self,
        _secret: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealedError> {
        unimplemented!()
    }

    /// Opens the message with the decrypted content key: 32 bytes.
    ///
    /// # Errors
    /// Not the right key, or the message has been altered.
    pub fn open_with_content_key(&self, _key: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealedError> {
        unimplemented!()
    }
}
