//! The token of a conversation, and what is derived from it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    DeviceId,
    encoding::{EncodingError, array_from_b64u, b64u, b64u_text},
    primitives::{hkdf_sha256, sha256},
};

/// 16 random bytes that the provider gives with every answer, and the device returns with its next
/// message. Proves that the sender heard the last answer; never shown.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "TokenText", into = "TokenText")]
pub struct MessageToken(Zeroizing<[u8; 16]>);

/// A token as it travels.
struct TokenText([u8; 16]);

b64u_text!(TokenText);

impl From<MessageToken> for TokenText {
    fn from(token: MessageToken) -> Self {
        Self(*token.0)
    }
}

impl From<TokenText> for MessageToken {
    fn from(text: TokenText) -> Self {
        Self(Zeroizing::new(text.0))
    }
}

impl MessageToken {
    /// A fresh one.
    #[must_use]
    pub fn make(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut bytes = Zeroizing::new([0; 16]);
        rng.fill_bytes(&mut *bytes);
        Self(bytes)
    }

    /// The one with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// What the provider keeps of it: SHA-256. A 128-bit random value that is used once needs no
    /// slow hash.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        sha256(&*self.0)
    }

    /// Whether `hash` is the hash of this token; in constant time.
    #[must_use]
    pub fn matches(&self, hash: &[u8; 32]) -> bool {
        self.hash().ct_eq(hash).into()
    }
}

impl PartialEq for MessageToken {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl Eq for MessageToken {}

impl fmt::Debug for MessageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageToken([redacted])")
    }
}

/// HMAC-SHA256 under the canonical device ID over the token: shows that the speaker runs on the
/// device that was registered.
#[derive(Clone, Copy)]
pub struct DeviceProof([u8; 32]);

b64u_text!(DeviceProof);

impl DeviceProof {
    /// The proof of this device for this token.
    #[must_use]
    pub fn derive(device_id: &DeviceId, token: &MessageToken) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(device_id.as_str().as_bytes())
            .expect("HMAC takes keys of any length");
        mac.update(token.as_bytes());
        Self(mac.finalize().into_bytes().into())
    }

    /// What WebCrypto made with a device ID that it keeps as a key.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl PartialEq for DeviceProof {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for DeviceProof {}

/// Opens the stream on which a page hears that something waits for it. Made from the token of the
/// last answer, so it is good until the next one; opens nothing else.
#[derive(Clone)]
pub struct WakeKey(Zeroizing<[u8; 32]>);

impl WakeKey {
    /// The one that goes with this token: HKDF-SHA256(token, info "gridpass/1 wake").
    #[must_use]
    pub fn derive(token: &MessageToken) -> Self {
        Self(hkdf_sha256(token.as_bytes(), &[], b"gridpass/1 wake"))
    }

    /// What goes after `Authorization: Bearer`: base64url of the enrollment's 16 bytes and these
    /// 32, so that the provider finds the conversation without an index of secrets.
    #[must_use]
    pub fn bearer(&self, enrollment: Uuid) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 48]);
        bytes[..16].copy_from_slice(enrollment.as_bytes());
        bytes[16..].copy_from_slice(&*self.0);
        Zeroizing::new(b64u(&*bytes))
    }

    /// Reads what came after `Authorization: Bearer`.
    ///
    /// # Errors
    /// Not the base64url of 48 bytes.
    pub fn from_bearer(text: &str) -> Result<(Uuid, Self), EncodingError> {
        let bytes = Zeroizing::new(array_from_b64u::<48>(text)?);
        let mut enrollment = [0; 16];
        enrollment.copy_from_slice(&bytes[..16]);
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&bytes[16..]);
        Ok((Uuid::from_bytes(enrollment), Self(key)))
    }

    /// What the provider keeps of it: SHA-256.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        sha256(&*self.0)
    }

    /// Whether `hash` is the hash of this key; in constant time.
    #[must_use]
    pub fn matches(&self, hash: &[u8; 32]) -> bool {
        self.hash().ct_eq(hash).into()
    }
}

impl fmt::Debug for WakeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WakeKey([redacted])")
    }
}
