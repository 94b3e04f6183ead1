//! The issuance: certificate and settings, sealed to the device (protocol, stage 9).

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    PrivateKey, SealedError,
    encoding::{serde_b64u, serde_b64u_list},
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
    /// The recipient's key cannot be used, or the issuance is too large.
    pub fn seal(
        &self,
        _recipient_spki_der: &[u8],
        _provider_certificate_der: &[u8],
        _provider: &PrivateKey,
        _rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<String, SealedError> {
        unimplemented!()
    }

    /// Opens an issuance with the device's key and verifies the provider's signature.
    ///
    /// # Errors
    /// Not an issuance sealed to this key and signed by this provider.
    pub fn open(
        _jwe: &str,
        _device: &PrivateKey,
        _device_spki_der: &[u8],
        _provider_certificate_der: &[u8],
    ) -> Result<Self, SealedError> {
        unimplemented!()
    }

    /// Verifies the JWS that was inside the JWE: for who opened it with [`crate::JweParts`].
    ///
    /// # Errors
    /// Not an issuance signed by this provider.
    pub fn verify_jws(_jws: &[u8], _provider_certificate_der: &[u8]) -> Result<Self, SealedError> {
        unimplemented!()
    }
}
