//! A JWE taken apart: what its holder's private key has to do, and the opening after that.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    KeyId, MAX_LENGTH, MessageType, SealedError,
    header::{JweHeader, KeyManagement},
};
use crate::{
    encoding::{array_from_b64u, from_b64u},
    primitives::{Aes256Gcm, POINT_LENGTH},
};

/// A JWE taken apart, for a holder whose private key does not leave WebCrypto.
pub struct JweParts {
    /// The encoded header: what the tag authenticates besides the ciphertext.
    protected: String,
    management: Management,
    nonce: [u8; 12],
    /// Ciphertext and tag.
    ciphertext: Vec<u8>,
}

enum Management {
    EcdhEs { ephemeral: [u8; POINT_LENGTH] },
    RsaOaep256 { encrypted_key: Vec<u8> },
}

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
    /// Not a sealed message of this type to the key with this id.
    pub fn parse(message: MessageType, jwe: &str, key_id: &KeyId) -> Result<Self, SealedError> {
        let [protected, encrypted_key, nonce, ciphertext, tag] = split(jwe)?;
        let header = JweHeader::parse(protected)?;
        if header.typ != message.jwe() {
            return Err(SealedError::Type);
        }
        if header.kid != *key_id {
            return Err(SealedError::KeyId);
        }
        let encrypted_key = from_b64u(encrypted_key).map_err(|_| SealedError::Form)?;
        let management = match header.management {
            // Direct agreement has no encrypted key (RFC 7516, 5.2, step 10).
            KeyManagement::EcdhEs { ephemeral } if encrypted_key.is_empty() => {
                Management::EcdhEs { ephemeral }
            }
            KeyManagement::RsaOaep256 => Management::RsaOaep256 { encrypted_key },
            KeyManagement::EcdhEs { .. } => return Err(SealedError::Form),
        };
        let tag: [u8; 16] = array_from_b64u(tag).map_err(|_| SealedError::Form)?;
        let mut ciphertext = from_b64u(ciphertext).map_err(|_| SealedError::Form)?;
        ciphertext.extend_from_slice(&tag);
        Ok(Self {
            protected: protected.to_owned(),
            management,
            nonce: array_from_b64u(nonce).map_err(|_| SealedError::Form)?,
            ciphertext,
        })
    }

    /// What the private key has to do.
    #[must_use]
    pub fn key_agreement(&self) -> KeyAgreement {
        match &self.management {
            Management::EcdhEs { ephemeral } => KeyAgreement::Ecdh {
                ephemeral_public: ephemeral.to_vec(),
            },
            Management::RsaOaep256 { encrypted_key } => KeyAgreement::RsaOaep {
                encrypted_key: encrypted_key.clone(),
            },
        }
    }

    /// Opens the message with the result of ECDH: 32 bytes.
    ///
    /// # Errors
    /// Not the right secret, the message has been altered, or it is one for an RSA key.
    pub fn open_with_shared_secret(
        &self,
        secret: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealedError> {
        match self.management {
            Management::EcdhEs { .. } if secret.len() == 32 => self.open(&concat_kdf(secret)),
            Management::EcdhEs { .. } => Err(SealedError::Authentication),
            Management::RsaOaep256 { .. } => Err(SealedError::Algorithm),
        }
    }

    /// Opens the message with the decrypted content key: 32 bytes.
    ///
    /// # Errors
    /// Not the right key, the message has been altered, or it is one for a P-256 key.
    pub fn open_with_content_key(&self, key: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealedError> {
        match self.management {
            Management::RsaOaep256 { .. } => {
                self.open(key.try_into().map_err(|_| SealedError::Authentication)?)
            }
            Management::EcdhEs { .. } => Err(SealedError::Algorithm),
        }
    }

    fn open(&self, content_key: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>, SealedError> {
        Aes256Gcm::new(content_key)
            .open(&self.nonce, self.protected.as_bytes(), &self.ciphertext)
            .ok_or(SealedError::Authentication)
    }

    /// The ephemeral key, if the message is one for a P-256 key.
    pub(super) fn ephemeral(&self) -> Option<&[u8; POINT_LENGTH]> {
        match &self.management {
            Management::EcdhEs { ephemeral } => Some(ephemeral),
            Management::RsaOaep256 { .. } => None,
        }
    }

    /// The encrypted content key, if the message is one for an RSA key.
    pub(super) fn encrypted_key(&self) -> Option<&[u8]> {
        match &self.management {
            Management::EcdhEs { .. } => None,
            Management::RsaOaep256 { encrypted_key } => Some(encrypted_key),
        }
    }
}

/// The `kid` of a JWE: whom it is sealed to. Nothing but the header has been checked then.
///
/// # Errors
/// Not a JWE as the protocol writes it.
pub fn key_id_of(jwe: &str) -> Result<KeyId, SealedError> {
    let [protected, ..] = split::<5>(jwe)?;
    Ok(JweHeader::parse(protected)?.kid)
}

/// The `N` parts of a compact serialization.
pub(super) fn split<const N: usize>(compact: &str) -> Result<[&str; N], SealedError> {
    if compact.len() > MAX_LENGTH {
        return Err(SealedError::TooLong);
    }
    let mut parts = compact.split('.');
    let mut next = || parts.next().ok_or(SealedError::Form);
    let mut array = [""; N];
    for part in &mut array {
        *part = next()?;
    }
    if parts.next().is_some() {
        Err(SealedError::Form)
    } else {
        Ok(array)
    }
}

/// The content key from the shared secret: Concat KDF with SHA-256 for `A256GCM`, without
/// PartyUInfo and PartyVInfo (RFC 7518, 4.6.2).
pub(super) fn concat_kdf(shared_secret: &[u8]) -> Zeroizing<[u8; 32]> {
    concat_kdf_with(shared_secret, b"A256GCM", b"", b"", 256)
}

/// One round of the Concat KDF: 32 bytes, of which the caller takes `key_bits`.
pub(super) fn concat_kdf_with(
    shared_secret: &[u8],
    algorithm: &[u8],
    party_u: &[u8],
    party_v: &[u8],
    key_bits: u32,
) -> Zeroizing<[u8; 32]> {
    let length = |bytes: &[u8]| (bytes.len() as u32).to_be_bytes();
    let mut hash = Sha256::new();
    hash.update(1u32.to_be_bytes());
    hash.update(shared_secret);
    for part in [algorithm, party_u, party_v] {
        hash.update(length(part));
        hash.update(part);
    }
    hash.update(key_bits.to_be_bytes());
    Zeroizing::new(hash.finalize().into())
}
