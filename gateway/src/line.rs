//! The conversation with the provider (protocol, Secure communication): one message at a time, each
//! written down before it is sent, and repeated byte for byte until it is answered.

mod fate;

use std::time::Duration;

use gridpass_protocol::{
    DeviceId, DeviceProof, Directory, Down, Item, KeyAlgorithm, KeyId, MessageType,
    ProviderCertificate, SealedError, Up, UpKind, directory::certificate_from_pem,
};

use self::fate::Fate;
use crate::{
    clock::{Clock, randomness},
    issuance::{self, NotGenuine},
    keys::{GatewayKey, KeyError, UseError},
    portal::{CallError, Portal},
    state::{Enrolled, Identity, Said, Waiting},
    store::{Store, StoreError},
    token::TokenError,
};

/// The gateway's end of the conversation.
pub(crate) struct Line<'a> {
    store: &'a Store,
    portal: &'a Portal,
    clock: Clock,
    device_id: DeviceId,
    enrolled: Enrolled,
    key: GatewayKey,
}

/// An answer, taken in but for its items.
pub(crate) struct Heard {
    pub(crate) said: Said,
    pub(crate) items: Vec<Item>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Silence {
    /// What was said is said again later: the same bytes.
    #[error("{0}")]
    Later(CallError),
    /// What was said was judged and not taken in.
    #[error("{0}")]
    Dropped(CallError),
    /// The provider could not read it; what it says is to be said anew.
    #[error("{0}")]
    Unread(CallError),
    /// The provider does not speak with this gateway any more.
    #[error("{0}")]
    Over(CallError),
    #[error("an answer that is not the provider's, or not to what was said: {0}")]
    NotGenuine(SealedError),
    #[error(transparent)]
    Certificate(#[from] NotGenuine),
    #[error(transparent)]
    Store(StoreError),
    #[error("the message cannot be made: {0}")]
    Seal(SealedError),
    /// The key is not at hand. Nothing was said, or its answer was not read: both can be later.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl From<StoreError> for Silence {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Key(error) => error.into(),
            error => Self::Store(error),
        }
    }
}

impl From<KeyError> for Silence {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Token(error) => Self::Token(error),
            error => Self::Store(error.into()),
        }
    }
}

impl<'a> Line<'a> {
    pub(crate) fn new(
        store: &'a Store,
        portal: &'a Portal,
        clock: Clock,
        device_id: DeviceId,
        enrolled: Enrolled,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            key: store.key(&enrolled.identity.key)?,
            store,
            portal,
            clock,
            device_id,
            enrolled,
        })
    }

    pub(crate) const fn enrolled(&self) -> &Enrolled {
        &self.enrolled
    }

    /// Whether something was said that is not answered yet.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.enrolled.conversation.waiting.is_some()
    }

    /// What was said and is not answered yet.
    pub(crate) fn said(&self) -> Option<Said> {
        let waiting = self.enrolled.conversation.waiting.as_ref();
        waiting.map(|waiting| waiting.said.clone())
    }

    /// The start-up check.
    pub(crate) fn hello(&mut self) -> Result<(), Silence> {
        let token = self.enrolled.conversation.token.as_ref();
        let device_proof = token.map(|token| DeviceProof::derive(&self.device_id, token));
        self.write(Said::Hello, UpKind::Hello { device_proof })
    }

    /// Makes a new key of this kind and asks for its certificate.
    pub(crate) fn rekey(&mut self, algorithm: KeyAlgorithm) -> Result<(), Silence> {
        let (name, key) = self.store.make_key(algorithm)?;
        let label = &self.enrolled.label;
        let csr = key.csr(&label.csr_content, &label.temporary_id, &mut randomness())?;
        self.enrolled.next = Some(name);
        let written = self.write(Said::Rekey, UpKind::Rekey { csr });
        if written.is_err() {
            self.enrolled.next = None;
        }
        written
    }

    /// What a new key has to be, when one is due: of what the provider takes the first that can be
    /// made.
    pub(crate) fn rekey_due(&self) -> Option<KeyAlgorithm> {
        let parameters = self.enrolled.conversation.parameters.as_ref()?;
        let facts = self.enrolled.identity.facts()?;
        let now = self.clock.now();
        let wanted = &parameters.key_algorithms;
        let can_be_made = |algorithm: &&KeyAlgorithm| self.store.can_make_key(**algorithm);
        parameters
            .ask_for_rollover(self.key.algorithm(), facts.not_after, now)
            .then(|| wanted.iter().find(can_be_made).or(wanted.first()).copied())
            .flatten()
    }

    /// Writes a message down. [`Line::send`] sends it.
    pub(crate) fn write(&mut self, said: Said, kind: UpKind) -> Result<(), Silence> {
        let Enrolled {
            conversation,
            identity,
            provider_certificate,
            ..
        } = &self.enrolled;
        let up = Up {
            seq: conversation.seq + 1,
            iat: self.clock.now(),
            token: conversation.token.clone(),
            kind,
        };
        let sealed = self
            .key
            .seal(
                &up,
                &identity.certificate,
                provider_certificate,
                &mut randomness(),
            )
            .map_err(|error| match error {
                UseError::Sealed(error) => Silence::Seal(error),
                UseError::Token(error) => Silence::Token(error),
            })?;
        self.enrolled.conversation.waiting = Some(Waiting { sealed, said });
        Ok(self.store.keep(&self.enrolled)?)
    }

    /// Sends what waits for its answer, for which the provider may take that long.
    /// [`Line::take_in`] takes the answer in.
    pub(crate) fn send(&self, wait: Duration) -> Result<String, CallError> {
        let waiting = self.enrolled.conversation.waiting.as_ref();
        let sealed = waiting.map_or("", |waiting| &waiting.sealed);
        self.portal.speak(&self.url(), sealed, wait)
    }

    fn url(&self) -> String {
        let of_provider = || self.enrolled.provider.as_ref()?.messages_url.clone();
        self.enrolled
            .settings
            .messages_url
            .clone()
            .or_else(of_provider)
            .unwrap_or_else(|| format!("{}/api/v1/messages", self.enrolled.label.origin))
    }

    /// Reads an answer, has `note` write down what has to be done about its items, and only then
    /// counts it as heard: after a power cut between the two it is had again.
    pub(crate) fn take_in<E: From<Silence>>(
        &mut self,
        answer: Result<String, CallError>,
        note: impl FnOnce(&Said, &[Item]) -> Result<(), E>,
    ) -> Result<Heard, E> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Err(self.refused(error).into()),
        };
        let down = self.read(&answer)?;
        let Some(Waiting { said, .. }) = self.enrolled.conversation.waiting.take() else {
            return Err(Silence::NotGenuine(SealedError::Content).into());
        };
        note(&said, &down.items)?;
        let conversation = &mut self.enrolled.conversation;
        conversation.seq = down.ack;
        conversation.token = Some(down.token);
        conversation.spoke_at = Some(self.clock.now());
        let next = self.enrolled.next.take();
        let mut rolled_over = Ok(());
        if said != Said::Rekey {
            // The provider has heard the present key: the one before has done its work.
            self.enrolled.former = None;
        }
        for item in &down.items {
            match item {
                Item::Parameters(parameters) => {
                    self.enrolled.conversation.parameters = Some(parameters.clone());
                }
                Item::Settings(settings) if settings.version >= self.enrolled.settings.version => {
                    self.enrolled.settings = settings.clone();
                }
                Item::Certificate { certificate, chain } => {
                    let (certificate, chain) = (certificate.clone(), chain.clone());
                    rolled_over = match next.clone() {
                        Some(key) => self.roll_over(Identity {
                            key,
                            certificate,
                            chain,
                        }),
                        None => Err(NotGenuine.into()),
                    };
                }
                _ => {}
            }
        }
        self.store.keep(&self.enrolled).map_err(Silence::from)?;
        rolled_over?;
        Ok(Heard {
            said,
            items: down.items,
        })
    }

    fn read(&self, answer: &str) -> Result<Down, Silence> {
        let Enrolled {
            conversation,
            identity,
            provider_certificate,
            ..
        } = &self.enrolled;
        let key_id = KeyId::of_certificate(&identity.certificate);
        let opened = self.key.open(MessageType::Down, answer, &key_id);
        let jws = opened.map_err(|error| match error {
            UseError::Sealed(error) => Silence::NotGenuine(error),
            UseError::Token(error) => Silence::Token(error),
        })?;
        let down = Down::verify_jws(&jws, provider_certificate).map_err(Silence::NotGenuine)?;
        if down.ack == conversation.seq + 1 {
            Ok(down)
        } else {
            Err(Silence::NotGenuine(SealedError::Content))
        }
    }

    /// Puts a new key with its certificate in the place of the present one, if it is right.
    fn roll_over(&mut self, next: Identity) -> Result<(), Silence> {
        let key = self.store.key(&next.key)?;
        if self.check(&next, &key).is_err() {
            // The CA may have changed since the enrollment: then the provider publishes another.
            self.take_up_directory();
            self.check(&next, &key)?;
        }
        self.key = key;
        self.enrolled.former = Some(std::mem::replace(&mut self.enrolled.identity, next));
        tracing::info!("the gateway has a new key");
        Ok(())
    }

    fn check(&self, next: &Identity, key: &GatewayKey) -> Result<(), NotGenuine> {
        issuance::check(
            &next.certificate,
            &next.chain,
            &key.spki_der(),
            self.enrolled.provider.as_ref(),
            self.clock.now(),
        )
    }

    /// Draws the consequence of a refusal.
    fn refused(&mut self, error: CallError) -> Silence {
        let fate = Fate::of(&error);
        if fate != Fate::Repeat {
            self.enrolled.conversation.waiting = None;
            self.enrolled.next = None;
        }
        let silence = match fate {
            Fate::Repeat => return Silence::Later(error),
            Fate::Drop => Silence::Dropped(error),
            Fate::SealAnew => {
                self.take_up_directory();
                Silence::Unread(error)
            }
            Fate::End => Silence::Over(error),
            Fate::TryFormer => match self.roll_back() {
                Ok(true) => Silence::Unread(error),
                Ok(false) => Silence::Over(error),
                Err(failed) => failed.into(),
            },
        };
        match self.store.keep(&self.enrolled) {
            Ok(()) => silence,
            Err(failed) => failed.into(),
        }
    }

    /// Goes back to the identity before: a provider that lost the renewal still knows it. Whether
    /// there was one.
    fn roll_back(&mut self) -> Result<bool, StoreError> {
        let Some(former) = self.enrolled.former.take() else {
            return Ok(false);
        };
        self.key = self.store.key(&former.key)?;
        self.enrolled.identity = former;
        Ok(true)
    }

    /// Takes up what the portal publishes of the provider now: other CAs, and another certificate
    /// to seal to if the present one is gone.
    fn take_up_directory(&mut self) {
        // A portal that cannot be reached now is asked again after the next refusal.
        if let Ok(directory) = self.portal.directory(&self.enrolled.label.origin) {
            take_up(&mut self.enrolled, &directory, self.clock);
        }
    }
}

fn take_up(enrolled: &mut Enrolled, directory: &Directory, clock: Clock) {
    let present = ProviderCertificate::Full(enrolled.provider_certificate.clone());
    let now = clock.now();
    if let Ok((entry, _)) = directory.find(&present, now) {
        enrolled.provider = Some(entry.clone());
        return;
    }
    let Some(known) = &enrolled.provider else {
        return;
    };
    let Some(entry) = directory
        .providers
        .iter()
        .find(|entry| entry.id == known.id)
    else {
        return;
    };
    // The youngest is published first.
    let successor = entry
        .certificates
        .iter()
        .filter_map(|pem| certificate_from_pem(pem).ok())
        .find(|der| {
            let named = ProviderCertificate::Full(der.clone());
            directory.find(&named, now).is_ok()
        });
    if let Some(successor) = successor {
        enrolled.provider_certificate = successor;
        enrolled.provider = Some(entry.clone());
    }
}
