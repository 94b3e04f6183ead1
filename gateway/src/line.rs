//! The conversation with the provider (protocol, Secure communication): one message at a time, each
//! written down before it is sent, and repeated byte for byte until it is answered.

use std::time::Duration;

use gridpass_protocol::{
    DeviceId, DeviceKey, DeviceProof, Directory, Down, Item, KeyAlgorithm, ProblemName,
    ProviderCertificate, SealedError, Up, UpKind, directory::certificate_from_pem,
};

use crate::{
    clock::{Clock, randomness},
    issuance::{self, NotGenuine},
    portal::{CallError, Portal},
    state::{Enrolled, Identity, Said, Waiting},
    store::{Store, StoreError},
};

/// The gateway's end of the conversation.
pub(crate) struct Line<'a> {
    store: &'a Store,
    portal: &'a Portal,
    clock: Clock,
    device_id: DeviceId,
    enrolled: Enrolled,
    key: DeviceKey,
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
    Store(#[from] StoreError),
    #[error("the message cannot be made: {0}")]
    Seal(#[from] SealedError),
    #[error("the new key cannot be made: {0}")]
    Keying(#[from] gridpass_protocol::KeyingError),
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
        let rng = &mut randomness();
        let key = DeviceKey::make(rng, algorithm)?;
        let label = &self.enrolled.label;
        let csr = key.csr(&label.csr_content, &label.temporary_id, rng)?;
        self.enrolled.next = Some(self.store.add_key(&key)?);
        self.write(Said::Rekey, UpKind::Rekey { csr })
    }

    /// What a new key has to be, when one is due.
    pub(crate) fn rekey_due(&self) -> Option<KeyAlgorithm> {
        let parameters = self.enrolled.conversation.parameters.as_ref()?;
        let facts = self.enrolled.identity.facts()?;
        let now = self.clock.now();
        parameters
            .ask_for_rollover(self.key.algorithm(), facts.not_after, now)
            .then(|| parameters.key_algorithms.first().copied())
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
        let sealed = up.seal(
            &identity.certificate,
            self.key.private_key(),
            provider_certificate,
            &mut randomness(),
        )?;
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
        let down = self.read(&answer).map_err(Silence::NotGenuine)?;
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

    fn read(&self, answer: &str) -> Result<Down, SealedError> {
        let Enrolled {
            conversation,
            identity,
            provider_certificate,
            ..
        } = &self.enrolled;
        let down = Down::open(
            answer,
            &identity.certificate,
            self.key.private_key(),
            provider_certificate,
        )?;
        if down.ack == conversation.seq + 1 {
            Ok(down)
        } else {
            Err(SealedError::Content)
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

    fn check(&self, next: &Identity, key: &DeviceKey) -> Result<(), NotGenuine> {
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

/// What becomes of a message that was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    /// It may have been taken in before, or will be later.
    Repeat,
    /// It was judged for what it says.
    Drop,
    /// The provider could not read it, perhaps for having another key by now.
    SealAnew,
    /// The key is not known; the one before may be.
    TryFormer,
    /// The provider does not speak with this gateway any more.
    End,
}

impl Fate {
    fn of(error: &CallError) -> Self {
        match error.problem() {
            Some(ProblemName::UnknownDevice) => Self::TryFormer,
            Some(
                ProblemName::Revoked | ProblemName::CertificateExpired | ProblemName::WrongDevice,
            ) => Self::End,
            Some(
                ProblemName::BadCsr
                | ProblemName::Invalid
                | ProblemName::NotFound
                | ProblemName::Conflict
                | ProblemName::PayloadTooLarge,
            ) => Self::Drop,
            Some(ProblemName::BadRequest) => Self::SealAnew,
            _ => Self::Repeat,
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

#[cfg(test)]
mod tests {
    use gridpass_protocol::Problem;

    use super::*;

    #[test]
    fn a_message_that_may_have_been_taken_in_is_never_replaced_by_another() {
        for name in ProblemName::ALL {
            let error = CallError::Refused(Box::new(Problem::new(*name, "x")));
            let judged = matches!(
                name,
                ProblemName::UnknownDevice
                    | ProblemName::Revoked
                    | ProblemName::CertificateExpired
                    | ProblemName::WrongDevice
                    | ProblemName::BadCsr
                    | ProblemName::Invalid
                    | ProblemName::NotFound
                    | ProblemName::Conflict
                    | ProblemName::PayloadTooLarge
                    | ProblemName::BadRequest
            );
            assert_eq!(Fate::of(&error) != Fate::Repeat, judged, "{name}");
        }
        let silent = CallError::Offline("no route".to_owned());
        assert_eq!(Fate::of(&silent), Fate::Repeat);
    }
}
