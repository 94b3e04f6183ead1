//! How a gateway stands: on its way to be enrolled, or enrolled.

use gridpass_protocol::{
    CertificateFacts, CsrContent, DirectoryEntry, HandoverNonce, HandoverRequest, KeyAlgorithm,
    MessageToken, Origin, Parameters, ProviderCertificate, Settings, TemporaryId, UnixTime,
    encoding::{serde_b64u, serde_b64u_list},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::keys::KeyName;

/// What `state.json` holds.
#[derive(Debug, Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
pub(crate) enum State {
    /// A key and a request are made, and the provider has not answered yet.
    Pending(Box<Pending>),
    /// The provider has issued a certificate.
    Enrolled(Box<Enrolled>),
}

impl State {
    /// The keys that it names.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &KeyName> {
        let named = match self {
            Self::Pending(pending) => [Some(&pending.key), None, None],
            Self::Enrolled(enrolled) => [
                Some(&enrolled.identity.key),
                enrolled.next.as_ref(),
                enrolled.former.as_ref().map(|former| &former.key),
            ],
        };
        named.into_iter().flatten()
    }
}

/// What a label says beside the one-time password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LabelFacts {
    pub(crate) origin: Origin,
    pub(crate) temporary_id: TemporaryId,
    pub(crate) csr_content: CsrContent,
    pub(crate) key_algorithm: KeyAlgorithm,
    /// The provider certificate as labels name it: DER, or its SHA-256.
    #[serde(with = "serde_b64u")]
    provider_certificate: Vec<u8>,
    pub(crate) expires_at: UnixTime,
}

impl LabelFacts {
    pub(crate) fn new(origin: Origin, payload: &gridpass_protocol::Payload) -> Self {
        Self {
            origin,
            temporary_id: payload.temporary_id,
            csr_content: payload.csr_content.clone(),
            key_algorithm: payload.key_algorithm,
            provider_certificate: match &payload.provider_certificate {
                ProviderCertificate::Full(der) => der.clone(),
                ProviderCertificate::Fingerprint(fingerprint) => fingerprint.to_vec(),
            },
            expires_at: payload.expires_at,
        }
    }

    /// What a browser brought of a label.
    pub(crate) fn of_request(request: &HandoverRequest) -> Self {
        Self {
            origin: request.portal.clone(),
            temporary_id: request.temporary_id,
            csr_content: request.csr_content.clone(),
            key_algorithm: request.key_algorithm,
            provider_certificate: request.provider_certificate.clone(),
            expires_at: request.expires_at,
        }
    }

    /// The provider certificate that the label names.
    pub(crate) fn provider_certificate(&self) -> ProviderCertificate {
        match <[u8; 32]>::try_from(self.provider_certificate.as_slice()) {
            Ok(fingerprint) => ProviderCertificate::Fingerprint(fingerprint),
            Err(_) => ProviderCertificate::Full(self.provider_certificate.clone()),
        }
    }
}

/// An enrollment that is not answered yet.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) label: LabelFacts,
    pub(crate) key: KeyName,
    /// PKCS#10 DER, by that key.
    #[serde(with = "serde_b64u")]
    pub(crate) csr: Vec<u8>,
    /// The provider as it was published when the label was read.
    pub(crate) provider: Option<DirectoryEntry>,
    /// What is sent: the same bytes until an answer comes. None while somebody else confirms, or
    /// EST does.
    pub(crate) confirmation: Option<String>,
    /// Joins the steps while somebody else confirms.
    pub(crate) handover: Option<HandoverNonce>,
}

/// A key with its certificate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) key: KeyName,
    /// DER.
    #[serde(with = "serde_b64u")]
    pub(crate) certificate: Vec<u8>,
    /// Issuer first, root last, DER.
    #[serde(with = "serde_b64u_list")]
    pub(crate) chain: Vec<Vec<u8>>,
}

impl Identity {
    /// What the certificate says. It was read before it was kept.
    pub(crate) fn facts(&self) -> Option<CertificateFacts> {
        CertificateFacts::parse(&self.certificate).ok()
    }
}

/// An enrolled gateway.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Enrolled {
    pub(crate) enrollment_id: Uuid,
    pub(crate) label: LabelFacts,
    pub(crate) enrolled_at: UnixTime,
    /// Names the answer that somebody brought, so that the same one is known again.
    pub(crate) handover: Option<String>,
    /// The provider as it was published last.
    pub(crate) provider: Option<DirectoryEntry>,
    /// What messages are sealed to, DER.
    #[serde(with = "serde_b64u")]
    pub(crate) provider_certificate: Vec<u8>,
    pub(crate) settings: Settings,
    pub(crate) identity: Identity,
    /// The new key while a `rekey` waits for its answer.
    pub(crate) next: Option<KeyName>,
    /// The identity before, until the new key was heard.
    pub(crate) former: Option<Identity>,
    pub(crate) conversation: Conversation,
}

/// Where the conversation with the provider stands.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Conversation {
    /// Of the last message that was answered.
    pub(crate) seq: u64,
    pub(crate) token: Option<MessageToken>,
    /// The key policy that was heard last.
    pub(crate) parameters: Option<Parameters>,
    pub(crate) waiting: Option<Waiting>,
    pub(crate) spoke_at: Option<UnixTime>,
}

/// A message that is not answered yet: repeated byte for byte.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) sealed: String,
    pub(crate) said: Said,
}

/// What a message says, as far as its answer matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "kebab-case")]
pub(crate) enum Said {
    Hello,
    Poll,
    Rekey,
    Report,
    /// How an item went.
    Receipt {
        item: Uuid,
    },
}
