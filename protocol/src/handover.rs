//! The hand-over of a gateway (protocol, Gateways, 1): what the portal's page and the gateway tell
//! each other through a browser, in the fragment of an address or in a file.
//!
//! As text: `b64u` of a JSON object. Nothing of it is secret: the issuance is sealed to the
//! gateway's key, and the one-time password never gets there.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::{
    CsrContent, KeyAlgorithm, Origin, Payload, ProviderCertificate, TemporaryId, UnixTime,
    encoding::{b64u, b64u_text, from_b64u, serde_b64u},
};

/// The longest text that is read, in bytes.
pub const MAX_HANDOVER_LENGTH: usize = 96 * 1024;

/// The page of a portal that a gateway sends the browser back to, after its origin.
pub const HANDOVER_PATH: &str = "/e/gateway";

/// 16 random bytes that join the steps of one hand-over. As text: `b64u`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HandoverNonce([u8; 16]);

b64u_text!(HandoverNonce);

impl HandoverNonce {
    /// A fresh one.
    #[must_use]
    pub fn make(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

/// What is handed over. Unknown members are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "handover", rename_all = "kebab-case")]
pub enum Handover {
    /// The portal asks the gateway for a certificate request.
    Request(Box<HandoverRequest>),
    /// The gateway's certificate request.
    Csr {
        /// Of the [`HandoverRequest`] that it answers.
        nonce: HandoverNonce,
        /// PKCS#10 DER.
        #[serde(with = "serde_b64u")]
        csr: Vec<u8>,
    },
    /// The provider's answer for the gateway.
    Issuance {
        /// Of the [`HandoverRequest`].
        nonce: HandoverNonce,
        /// The sealed issuance.
        issuance: String,
        /// The provider certificate that the label names, DER: for labels that name it by its hash.
        #[serde(with = "serde_b64u")]
        provider_certificate: Vec<u8>,
    },
    /// The gateway has opened the answer and kept what was in it.
    Done {
        /// Of the [`HandoverRequest`].
        nonce: HandoverNonce,
    },
}

/// All that a gateway needs of a label to make its certificate request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoverRequest {
    /// Good for this hand-over alone.
    pub nonce: HandoverNonce,
    /// Which enrollment this is.
    pub temporary_id: TemporaryId,
    /// What the certificate request has to say.
    pub csr_content: CsrContent,
    /// What key to make.
    pub key_algorithm: KeyAlgorithm,
    /// The provider certificate as the label names it: DER, or its SHA-256.
    #[serde(with = "serde_b64u")]
    pub provider_certificate: Vec<u8>,
    /// When the label stops being of use.
    pub expires_at: UnixTime,
    /// The portal; the browser goes back to [`HANDOVER_PATH`] there.
    pub portal: Origin,
}

/// The text is nothing that is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not what a portal and a gateway hand over to each other, or damaged")]
pub struct InvalidHandover;

impl HandoverRequest {
    /// What a gateway has to know of a label of this portal.
    #[must_use]
    pub fn new(payload: &Payload, portal: Origin, nonce: HandoverNonce) -> Self {
        Self {
            nonce,
            temporary_id: payload.temporary_id,
            csr_content: payload.csr_content.clone(),
            key_algorithm: payload.key_algorithm,
            provider_certificate: match &payload.provider_certificate {
                ProviderCertificate::Full(der) => der.clone(),
                ProviderCertificate::Fingerprint(fingerprint) => fingerprint.to_vec(),
            },
            expires_at: payload.expires_at,
            portal,
        }
    }
}

impl Handover {
    /// As text, for a fragment or a file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let json = serde_json::to_vec(self).expect("plain structs with string keys are JSON");
        b64u(&json)
    }

    /// Reads a text back.
    ///
    /// # Errors
    /// Nothing that is handed over, or out of its bounds.
    pub fn parse(text: &str) -> Result<Self, InvalidHandover> {
        let text = text.trim();
        if text.len() > MAX_HANDOVER_LENGTH {
            return Err(InvalidHandover);
        }
        let json = from_b64u(text).map_err(|_| InvalidHandover)?;
        let handover: Self = serde_json::from_slice(&json).map_err(|_| InvalidHandover)?;
        match &handover {
            Self::Request(request) if request.csr_content.validate().is_err() => {
                Err(InvalidHandover)
            }
            _ => Ok(handover),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::rng;

    fn request() -> HandoverRequest {
        let rng = &mut rng();
        HandoverRequest {
            nonce: HandoverNonce::make(rng),
            temporary_id: TemporaryId::make(rng),
            csr_content: CsrContent::default(),
            key_algorithm: KeyAlgorithm::Es256,
            provider_certificate: vec![1, 2, 3],
            expires_at: UnixTime(1_800_000_000),
            portal: Origin::parse("https://portal.example").unwrap(),
        }
    }

    #[test]
    fn every_step_is_read_back() {
        let request = request();
        let nonce = request.nonce;
        for handover in [
            Handover::Request(request.into()),
            Handover::Csr {
                nonce,
                csr: vec![48],
            },
            Handover::Issuance {
                nonce,
                issuance: "a.b.c.d.e".to_owned(),
                provider_certificate: vec![48],
            },
            Handover::Done { nonce },
        ] {
            let text = handover.to_text();
            assert_eq!(Handover::parse(&text), Ok(handover.clone()));
            assert_eq!(Handover::parse(&format!("{text}\n")), Ok(handover));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let mut content = request();
        content.csr_content.country = Some("Vermont".to_owned());
        for text in [
            String::new(),
            "12345".to_owned(),
            b64u(b"{}"),
            b64u(br#"{"handover":"keys"}"#),
            Handover::Request(content.into()).to_text(),
            "A".repeat(MAX_HANDOVER_LENGTH + 1),
        ] {
            assert_eq!(Handover::parse(&text), Err(InvalidHandover));
        }
    }
}
