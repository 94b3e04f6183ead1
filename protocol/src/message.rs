//! Messages after issuance: *up* from the device, *down* from the provider (protocol, Secure
//! communication).
//!
//! Both are signed, then sealed. A device counts its messages, and returns the token of the last
//! answer with the next message: whoever signs rightly but with an old token or count holds a copy
//! of the key.

mod item;
mod token;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    KeyAlgorithm, KeyId, MessageType, PrivateKey, PublicKey, SealedError, UnixTime,
    encoding::serde_b64u,
    openadr,
    sealed::{self, UnsignedJws},
};

pub use self::{
    item::{Choice, EventStatus, Item, MAX_DETAIL_LENGTH, Outcome, Parameters},
    token::{DeviceProof, MessageToken, WakeKey},
};

/// The longest message that is read, sealed, in bytes.
pub const MAX_MESSAGE_LENGTH: usize = 16 * 1024;

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
    /// What has become of an item.
    Receipt {
        /// The item's id.
        item: Uuid,
        /// What has become of it.
        outcome: Outcome,
        /// When, by the device's clock.
        at: UnixTime,
        /// Words for whoever sent the item; at most [`MAX_DETAIL_LENGTH`] characters are kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// Takes part in an event, or does not.
    Opt {
        /// The event's OpenADR object id.
        event: String,
        /// In or out.
        choice: Choice,
        /// Why, in the customer's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Wants to be knocked at, through its browser's push service, when there is something and it
    /// is not listening. Answered by [`Item::Push`].
    Push {
        /// The subscription's address; none: no longer, or not yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        endpoint: Option<String>,
    },
    /// What was measured during an event.
    Report {
        /// An OpenADR report object.
        report: openadr::Report,
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
            Self::Receipt { .. } => "receipt",
            Self::Opt { .. } => "opt",
            Self::Push { .. } => "push",
            Self::Report { .. } => "report",
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
