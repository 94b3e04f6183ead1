//! The issuance: certificate and settings, sealed to the device (protocol, stage 9).

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    KeyId, MessageType, PrivateKey, PublicKey, SealedError,
    encoding::{serde_b64u, serde_b64u_list},
    sealed,
};

/// What the provider sends back when it has issued. Unknown members are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuance {
    /// Which enrollment this is.
    pub enrollment_id: Uuid,
    /// The device's certificate, DER.
    #[serde(with = "serde_b64u")]
    pub certificate: Vec<u8>,
    /// The certificates above it, issuer first, root last, DER.
    #[serde(with = "serde_b64u_list")]
    pub chain: Vec<Vec<u8>>,
    /// How to go on.
    pub settings: Settings,
}

/// How a device talks to its provider from now on. Unknown members are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Grows with every change.
    pub version: u32,
    /// The settings profile these were made from.
    pub profile: String,
    /// The provider's name, for people.
    pub provider: String,
    /// Where to post sealed messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages_url: Option<String>,
    /// Seconds between two polls.
    pub poll_interval: u32,
    /// Whom to ask, by e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_email: Option<String>,
    /// Whom to ask, by phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_phone: Option<String>,
    /// Days before the certificate's end at which the device renews it.
    pub renew_before: u32,
}

impl Issuance {
    /// Signs with the provider's key, then seals to the device's key: a JWE of a JWS.
    ///
    /// # Errors
    /// The recipient's key is not one that the protocol uses, or the issuance is too long.
    pub fn seal(
        &self,
        recipient_spki_der: &[u8],
        provider_certificate_der: &[u8],
        provider: &PrivateKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<String, SealedError> {
        const TYPE: MessageType = MessageType::Issuance;
        let recipient = PublicKey::from_spki_der(recipient_spki_der)?;
        let json = serde_json::to_vec(self).map_err(|_| SealedError::Content)?;
        let signer = KeyId::of_certificate(provider_certificate_der);
        let jws = sealed::sign(TYPE, &signer, provider, &json, rng)?;
        let key_id = KeyId::of_spki(recipient_spki_der);
        sealed::encrypt(TYPE, &key_id, &recipient, jws.as_bytes(), rng)
    }

    /// Opens an issuance with the device's key and verifies the provider's signature.
    ///
    /// # Errors
    /// Not an issuance sealed to this key and signed by this provider.
    pub fn open(
        jwe: &str,
        device: &PrivateKey,
        device_spki_der: &[u8],
        provider_certificate_der: &[u8],
    ) -> Result<Self, SealedError> {
        let key_id = KeyId::of_spki(device_spki_der);
        let jws = sealed::decrypt(MessageType::Issuance, jwe, &key_id, device)?;
        Self::verify_jws(&jws, provider_certificate_der)
    }

    /// Verifies the JWS that was inside the JWE: for who opened it with [`crate::JweParts`].
    ///
    /// # Errors
    /// Not an issuance signed by this provider.
    pub fn verify_jws(jws: &[u8], provider_certificate_der: &[u8]) -> Result<Self, SealedError> {
        let jws = std::str::from_utf8(jws).map_err(|_| SealedError::Form)?;
        let signer = PublicKey::from_certificate_der(provider_certificate_der)?;
        let key_id = KeyId::of_certificate(provider_certificate_der);
        let json = sealed::verify(MessageType::Issuance, jws, &key_id, &signer)?;
        serde_json::from_slice(&json).map_err(|_| SealedError::Content)
    }
}
