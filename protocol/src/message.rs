//! Messages after issuance: *up* from the device, *down* from the provider (protocol, Secure
//! communication).
//!
//! Both are signed, then sealed. A device counts its messages, and returns the token of the last
//! answer with the next message: whoever signs rightly but with an old token or count holds a copy
//! of the key.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    DeviceId, KeyAlgorithm, KeyId, MessageType, PrivateKey, PublicKey, SealedError, Settings,
    UnixTime,
    encoding::{b64u_text, serde_b64u, serde_b64u_list},
    primitives::sha256,
    sealed::{self, UnsignedJws},
};

/// The longest message that is read, sealed, in bytes.
pub const MAX_MESSAGE_LENGTH: usize = 16 * 1024;

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

/// A message from a device. Unknown members are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Up {
    /// Grows by one a message of the device, across its keys; the first is 1.
    pub seq: u64,
    /// When it was made, by the device's clock.
    pub iat: UnixTime,
    /// The token of the last answer; none in the first message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<MessageToken>,
    /// What it says.
    #[serde(flatten)]
    pub kind: UpKind,
}

/// What a device can say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum UpKind {
    /// The start-up check.
    Hello {
        /// Missing while the device has no token yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device_proof: Option<DeviceProof>,
    },
    /// Is there anything for me?
    Poll,
    /// A new key wants a certificate; the message is signed by the present one.
    Rekey {
        /// PKCS#10 DER, by the new key.
        #[serde(with = "serde_b64u")]
        csr: Vec<u8>,
    },
    /// The device takes itself out of service: every certificate of it is withdrawn.
    RevokeMe {
        /// `lost`, `compromised`, `disposed`, `replaced` or `left`.
        reason: String,
    },
}

impl UpKind {
    /// Its word on the wire.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "hello",
            Self::Poll => "poll",
            Self::Rekey { .. } => "rekey",
            Self::RevokeMe { .. } => "revoke-me",
        }
    }
}

/// An answer of the provider. Unknown members are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Down {
    /// The `seq` that this answers.
    pub ack: u64,
    /// When it was made, by the provider's clock.
    pub iat: UnixTime,
    /// To be returned with the next message.
    pub token: MessageToken,
    /// What there is for the device.
    pub items: Vec<Item>,
}

/// Something for a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Item {
    /// The certificate of a new key, answering [`UpKind::Rekey`].
    Certificate {
        /// DER.
        #[serde(with = "serde_b64u")]
        certificate: Vec<u8>,
        /// The certificates above it, issuer first, root last, DER.
        #[serde(with = "serde_b64u_list")]
        chain: Vec<Vec<u8>>,
    },
    /// The key policy for the next rollover.
    Parameters(Parameters),
    /// How to go on.
    Settings(Settings),
    /// Of a later version of the protocol: passed over.
    #[serde(other)]
    Unknown,
}

/// What a provider demands of keys. A device whose key or certificate does not keep to it rolls
/// over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// What is accepted; the first is what a new key has to be.
    pub key_algorithms: Vec<KeyAlgorithm>,
    /// How long the next certificate will last, in days.
    pub certificate_days: u32,
    /// Days before the end of a certificate at which its device rolls over.
    pub renew_before: u32,
    /// Seconds for which the old key stays valid while the new one has not spoken.
    pub overlap: u64,
    /// Days after the end of a certificate in which it may still roll over; 0: never.
    pub grace: u32,
}

impl Parameters {
    /// Whether a key of this kind, with a certificate that ends then, should be rolled over now.
    #[must_use]
    pub fn ask_for_rollover(
        &self,
        key_algorithm: KeyAlgorithm,
        not_after: UnixTime,
        now: UnixTime,
    ) -> bool {
        let begin = not_after.minus(u64::from(self.renew_before) * 24 * 60 * 60);
        now >= begin || !self.key_algorithms.contains(&key_algorithm)
    }
}

impl Up {
    /// Signs by the device's key, whose certificate is `certificate_der`, and seals to the
    /// provider.
    ///
    /// # Errors
    /// A certificate has no key that the protocol uses, or the message is too long.
    pub fn seal(
        &self,
        certificate_der: &[u8],
        device: &PrivateKey,
        provider_certificate_der: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<String, SealedError> {
        let json = serde_json::to_vec(self).map_err(|_| SealedError::Content)?;
        let signer = KeyId::of_certificate(certificate_der);
        let jws = sealed::sign(MessageType::Up, &signer, device, &json, rng)?;
        Self::seal_jws(&jws, provider_certificate_der, rng)
    }

    /// The message to be signed by a key that does not leave WebCrypto.
    ///
    /// # Errors
    /// The message is too long.
    pub fn unsigned(
        &self,
        certificate_der: &[u8],
        algorithm: KeyAlgorithm,
    ) -> Result<UnsignedJws, SealedError> {
        let json = serde_json::to_vec(self).map_err(|_| SealedError::Content)?;
        let signer = KeyId::of_certificate(certificate_der);
        UnsignedJws::new(MessageType::Up, &signer, algorithm, &json)
    }

    /// Seals a signed message to the provider.
    ///
    /// # Errors
    /// The provider certificate has no key that the protocol uses, or the message is too long.
    pub fn seal_jws(
        jws: &str,
        provider_certificate_der: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<String, SealedError> {
        let recipient = PublicKey::from_certificate_der(provider_certificate_der)?;
        let key_id = KeyId::of_certificate(provider_certificate_der);
        sealed::encrypt(MessageType::Up, &key_id, &recipient, jws.as_bytes(), rng)
    }
}

/// A message that has been opened, and whose signature has not been verified yet.
pub struct OpenedUp {
    jws: String,
    signer: KeyId,
}

impl OpenedUp {
    /// Opens a message with the provider's key, whose certificate has the id `key_id`.
    ///
    /// # Errors
    /// Not a message of a device sealed to this key.
    pub fn open(jwe: &str, key_id: &KeyId, provider: &PrivateKey) -> Result<Self, SealedError> {
        if jwe.len() > MAX_MESSAGE_LENGTH {
            return Err(SealedError::TooLong);
        }
        let jws = sealed::decrypt(MessageType::Up, jwe, key_id, provider)?;
        let jws = std::str::from_utf8(&jws).map_err(|_| SealedError::Form)?;
        Self::from_jws(jws)
    }

    /// Takes up a signed message, as it was kept.
    ///
    /// # Errors
    /// Not a signed message.
    pub fn from_jws(jws: &str) -> Result<Self, SealedError> {
        Ok(Self {
            signer: sealed::signer_of(jws)?,
            jws: jws.to_owned(),
        })
    }

    /// Whose signature it claims to carry: SHA-256 of the signer's certificate.
    #[must_use]
    pub const fn signer(&self) -> &KeyId {
        &self.signer
    }

    /// The signed message, as evidence of who said it.
    #[must_use]
    pub fn jws(&self) -> &str {
        &self.jws
    }

    /// Verifies the signature by the key of [`OpenedUp::signer`], and reads the message.
    ///
    /// # Errors
    /// Not signed by this key, or not a message of a device.
    pub fn verify(&self, signer: &PublicKey) -> Result<Up, SealedError> {
        let json = sealed::verify(MessageType::Up, &self.jws, &self.signer, signer)?;
        serde_json::from_slice(&json).map_err(|_| SealedError::Content)
    }
}

impl Down {
    /// Signs by the provider's key and seals to the device's certificate.
    ///
    /// # Errors
    /// A certificate has no key that the protocol uses, or the answer is too long.
    pub fn seal(
        &self,
        certificate_der: &[u8],
        provider_certificate_der: &[u8],
        provider: &PrivateKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<String, SealedError> {
        let recipient = PublicKey::from_certificate_der(certificate_der)?;
        let json = serde_json::to_vec(self).map_err(|_| SealedError::Content)?;
        let signer = KeyId::of_certificate(provider_certificate_der);
        let jws = sealed::sign(MessageType::Down, &signer, provider, &json, rng)?;
        let key_id = KeyId::of_certificate(certificate_der);
        sealed::encrypt(MessageType::Down, &key_id, &recipient, jws.as_bytes(), rng)
    }

    /// Opens an answer with the device's key and verifies the provider's signature.
    ///
    /// # Errors
    /// Not an answer sealed to this certificate's key and signed by this provider.
    pub fn open(
        jwe: &str,
        certificate_der: &[u8],
        device: &PrivateKey,
        provider_certificate_der: &[u8],
    ) -> Result<Self, SealedError> {
        let key_id = KeyId::of_certificate(certificate_der);
        let jws = sealed::decrypt(MessageType::Down, jwe, &key_id, device)?;
        Self::verify_jws(&jws, provider_certificate_der)
    }

    /// Verifies the JWS that was inside the JWE: for who opened it with [`crate::JweParts`].
    ///
    /// # Errors
    /// Not an answer signed by this provider.
    pub fn verify_jws(jws: &[u8], provider_certificate_der: &[u8]) -> Result<Self, SealedError> {
        let jws = std::str::from_utf8(jws).map_err(|_| SealedError::Form)?;
        let signer = PublicKey::from_certificate_der(provider_certificate_der)?;
        let key_id = KeyId::of_certificate(provider_certificate_der);
        let json = sealed::verify(MessageType::Down, jws, &key_id, &signer)?;
        serde_json::from_slice(&json).map_err(|_| SealedError::Content)
    }
}

#[cfg(test)]
mod tests;
