//! Sealed messages: the only JOSE of the protocol (protocol, Sealed messages).
//!
//! To the provider and to P-256 keys: JWE with `ECDH-ES` and `A256GCM`; to RSA keys:
//! `RSA-OAEP-256` and `A256GCM`. Inside, JWS with `ES256` or `PS256`. Nothing else is read:
//! every header has exactly the expected members, and `typ` and `kid` are checked.

mod header;
mod jwe;
mod jws;
mod keys;
mod parts;
mod spki;

pub use jwe::{decrypt, encrypt};
pub use jws::{UnsignedJws, sign, signer_of, verify};
pub use keys::{PrivateKey, PublicKey};
pub use parts::{JweParts, KeyAgreement, key_id_of};

pub(crate) use spki::Spki;

use crate::{certificate::hex, encoding::b64u_text, primitives::sha256};

/// The longest compact serialization that is read or written, in bytes.
pub const MAX_LENGTH: usize = 64 * 1024;

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

impl MessageType {
    const fn jwe(self) -> &'static str {
        match self {
            Self::Confirmation => "gridpass-confirmation+jwe",
            Self::Issuance => "gridpass-issuance+jwe",
            Self::Up => "gridpass-up+jwe",
            Self::Down => "gridpass-down+jwe",
        }
    }

    const fn jws(self) -> Result<&'static str, SealedError> {
        match self {
            Self::Confirmation => Err(SealedError::NeverSigned),
            Self::Issuance => Ok("gridpass-issuance+jws"),
            Self::Up => Ok("gridpass-up+jws"),
            Self::Down => Ok("gridpass-down+jws"),
        }
    }
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

    /// All of it for people who compare keys, and for their tools: hexadecimal, lower case.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex(&self.0)
    }

    /// The first 40 bits of it for people who compare keys: four groups of four digits.
    #[must_use]
    pub fn check_number(&self) -> String {
        let number = self.0[..5]
            .iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let digits = format!("{number:016}");
        let groups = [&digits[..4], &digits[4..8], &digits[8..12], &digits[12..]];
        groups.join(" ")
    }
}

/// Why a sealed message could not be made or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// Not JOSE compact serialization as the protocol writes it.
    #[error("not a sealed message")]
    Form,
    /// Longer than [`MAX_LENGTH`].
    #[error("longer than a sealed message may be")]
    TooLong,
    /// Another message than the one expected.
    #[error("another kind of message than expected")]
    Type,
    /// Sealed to, or signed by, another key than the one expected.
    #[error("meant for another key")]
    KeyId,
    /// Another algorithm than the protocol's for this key.
    #[error("made with another algorithm than the key's own")]
    Algorithm,
    /// Altered on the way, or made with another key.
    #[error("does not open")]
    Authentication,
    /// The key itself is not one the protocol uses: P-256, or RSA with 2048 or 3072 bits and
    /// e = 65537.
    #[error("not a key that the protocol uses")]
    Key,
    /// A confirmation is never signed.
    #[error("this message is never signed")]
    NeverSigned,
    /// What is inside is not what this message carries.
    #[error("the content is not what this message carries")]
    Content,
}

#[cfg(test)]
mod tests;
