//! A finished enrollment, and how far its conversation with the provider has got.

use gridpass_protocol::{
    CsrContent, DirectoryEntry, Issuance, KeyAlgorithm, MessageToken, Parameters, PublicKey,
    Settings, TemporaryId, UnixTime,
    encoding::{serde_b64u, serde_b64u_list},
};
use gridpass_wire::{CertificateFacts, DeviceFacts, HeldDevice, Outlook, Standing};
use serde::{Deserialize, Serialize};

use super::{Pending, inbox::Inbox};

/// A finished enrollment.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) temporary_id: TemporaryId,
    pub(crate) provider: DirectoryEntry,
    #[serde(with = "serde_b64u")]
    pub(crate) provider_certificate: Vec<u8>,
    /// The key of the record.
    enrollment_id: String,
    /// The present certificate, DER.
    #[serde(with = "serde_b64u")]
    pub(crate) certificate: Vec<u8>,
    /// The certificates above it, issuer first, root last, DER.
    #[serde(with = "serde_b64u_list")]
    chain: Vec<Vec<u8>>,
    pub(crate) settings: Settings,
    /// What people are shown, so that showing it needs no parsing.
    pub(crate) facts: DeviceFacts,
    /// What every request of this enrollment has to say; missing in records from before renewals.
    #[serde(default)]
    pub(crate) csr_content: Option<CsrContent>,
    #[serde(default)]
    pub(crate) conversation: Conversation,
    /// The certificate before the present one, until the provider has heard the present key.
    #[serde(default)]
    pub(crate) former: Option<Former>,
    /// What the provider sent; empty in records from before it sent anything.
    #[serde(default)]
    pub(crate) inbox: Inbox,
}

/// A certificate that has been replaced.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Former {
    #[serde(with = "serde_b64u")]
    certificate: Vec<u8>,
    #[serde(with = "serde_b64u_list")]
    chain: Vec<Vec<u8>>,
    facts: CertificateFacts,
}

/// How far the conversation with the provider has got.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Conversation {
    /// The count of the last message that was answered; 0 before the first.
    pub(crate) seq: u64,
    /// Came with that answer, goes with the next message.
    pub(crate) token: Option<MessageToken>,
    /// Not answered yet. It is repeated byte for byte until it is: a second message with its count
    /// would make the provider think that two speak.
    pub(crate) waiting: Option<Waiting>,
    /// The provider's key policy, as it was told last.
    pub(crate) parameters: Option<Parameters>,
    /// When the provider last answered, by this device's clock; Unix seconds.
    pub(crate) spoke_at: Option<u64>,
    /// The same by the provider's clock: that of a device may be behind.
    #[serde(default)]
    pub(crate) answered_at: UnixTime,
    /// How it stood then.
    pub(crate) standing: Standing,
}

/// A message that has been written and not been answered yet.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Waiting {
    /// The sealed message.
    pub(crate) sealed: String,
    /// What it says: sealed as it is, nobody here can read it any more.
    pub(crate) said: Said,
}

/// What a message says, as far as its answer depends on it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Said {
    /// Hello or a look for messages.
    Greeting,
    /// The first word of the inbox.
    Word,
    /// The next key wants a certificate.
    Rekey {
        /// Its public half: SubjectPublicKeyInfo DER.
        #[serde(with = "serde_b64u")]
        public_key: Vec<u8>,
    },
    /// The device takes itself out of service.
    RevokeMe,
}

impl Device {
    pub(crate) fn new(pending: &Pending, issuance: Issuance, facts: DeviceFacts) -> Self {
        Self {
            temporary_id: pending.temporary_id,
            provider: pending.provider.clone(),
            provider_certificate: pending.provider_certificate.clone(),
            enrollment_id: issuance.enrollment_id.to_string(),
            certificate: issuance.certificate,
            chain: issuance.chain,
            settings: issuance.settings,
            facts,
            csr_content: pending.csr_content.clone(),
            conversation: Conversation::default(),
            former: None,
            inbox: Inbox::default(),
        }
    }

    /// The kind of the present key; none when its certificate cannot be read.
    pub(crate) fn key_algorithm(&self) -> Option<KeyAlgorithm> {
        let key = PublicKey::from_certificate_der(&self.certificate).ok()?;
        Some(key.algorithm())
    }

    /// What a page is told of it.
    pub(crate) fn held(&self, standing: Standing) -> HeldDevice {
        HeldDevice {
            device: self.facts.clone(),
            key_algorithm: self
                .key_algorithm()
                .map(|algorithm| algorithm.as_str().to_owned())
                .unwrap_or_default(),
            spoke_at: self.conversation.spoke_at,
            standing,
            settings_version: self.settings.version,
            inbox: self.inbox.held(),
            knocking: self.inbox.knocking(),
        }
    }

    /// Remembers how it stands, unless that is only for the moment.
    pub(crate) fn note(&mut self, standing: &Standing) {
        if standing.outlook() != Outlook::TriesAgain && *standing != Standing::NotKept {
            self.conversation.standing = standing.clone();
        }
    }

    /// Whether key or certificate no longer keep to the provider's policy.
    pub(crate) fn is_due(&self, now: UnixTime) -> bool {
        let not_after = UnixTime(self.facts.certificate.not_after);
        let now = now.max(self.conversation.answered_at);
        self.conversation
            .parameters
            .as_ref()
            .zip(self.key_algorithm())
            .is_some_and(|(policy, algorithm)| policy.ask_for_rollover(algorithm, not_after, now))
    }

    /// Whether the certificate has ended: a greeting is then of no use, a renewal may be.
    pub(crate) fn has_ended(&self, now: UnixTime) -> bool {
        self.facts.certificate.not_after < now.0
    }

    /// Takes up new settings.
    pub(crate) fn settle_on(&mut self, settings: Settings) {
        if settings.version < self.settings.version {
            return;
        }
        let facts = &mut self.facts;
        facts.provider.clone_from(&settings.provider);
        facts.support_email.clone_from(&settings.support_email);
        facts.support_phone.clone_from(&settings.support_phone);
        facts.profile.clone_from(&settings.profile);
        facts.poll_interval = settings.poll_interval;
        facts.renew_before = settings.renew_before;
        self.settings = settings;
    }

    /// Puts a new certificate in the place of the present one, which is kept as the former.
    pub(crate) fn roll_over(
        &mut self,
        certificate: Vec<u8>,
        chain: Vec<Vec<u8>>,
        facts: CertificateFacts,
    ) {
        self.former = Some(Former {
            certificate: std::mem::replace(&mut self.certificate, certificate),
            chain: std::mem::replace(&mut self.chain, chain),
            facts: std::mem::replace(&mut self.facts.certificate, facts),
        });
    }

    /// Puts the former certificate back. Whether there was one.
    pub(crate) fn roll_back(&mut self) -> bool {
        let Some(former) = self.former.take() else {
            return false;
        };
        self.certificate = former.certificate;
        self.chain = former.chain;
        self.facts.certificate = former.facts;
        true
    }
}

#[cfg(test)]
mod tests;
