//! Enrolling by oneself: keys, sealed confirmation, certificate (stages `keying` to `issuance`).

use std::time::Duration;

use gridpass_protocol::{Confirmation, DeviceId, KeyId, ProblemName, SealedError, TemporaryId};

use crate::{
    backoff::Backoff,
    clock::{Clock, randomness},
    est::{Est, EstError},
    issuance::{self, AnswerError, NotGenuine},
    keys::{GatewayKey, KeyError},
    label::{self, Label, LabelError},
    portal::{CallError, Portal},
    state::{Enrolled, LabelFacts, Pending, State},
    store::{Store, StoreError},
    token::TokenError,
};

/// Why a gateway is not enrolled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrollError {
    #[error(transparent)]
    Label(#[from] LabelError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("the confirmation cannot be sealed: {0}")]
    Seal(#[from] SealedError),
    #[error(transparent)]
    Est(#[from] EstError),
    #[error(transparent)]
    NotGenuine(#[from] NotGenuine),
    #[error(
        "this gateway is enrolled already, as {0}; to enrol it anew, stop it and move its state directory away"
    )]
    AlreadyEnrolled(uuid::Uuid),
    #[error(
        "another label is waiting for its answer; run the command again with that label, or with --give-up to forget it"
    )]
    AnotherPending,
    #[error("the device ID does not fit this label; {remaining} tries are left")]
    WrongDeviceId { remaining: u32 },
    #[error("{0} Nothing of it is kept.")]
    Over(CallError),
    #[error("{0}. Everything is kept: run the same command again later.")]
    Later(CallError),
    #[error("{0}. Everything is kept: run the same command again with the token.")]
    Token(TokenError),
}

impl From<AnswerError> for EnrollError {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::NotGenuine(error) => error.into(),
            AnswerError::Token(error) => Self::Token(error),
        }
    }
}

/// What happens to an enrollment that waits with another label.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OtherPending {
    Kept,
    GivenUp,
}

/// Enrols with a label, or goes on where it was broken off.
pub(crate) struct Enrollment<'a> {
    pub(crate) store: &'a Store,
    pub(crate) portal: &'a Portal,
    pub(crate) clock: Clock,
    pub(crate) device_id: &'a DeviceId,
    pub(crate) others: OtherPending,
}

impl Enrollment<'_> {
    /// Confirms by a sealed message, as a customer's device does.
    pub(crate) fn confirm(&self, label: &Label) -> Result<Enrolled, EnrollError> {
        let (pending, provider_certificate) = self.pending(label)?;
        let key = self.store.key(&pending.key)?;
        let answer = self.send(&pending)?;
        let now = self.clock.now();
        let enrolled = issuance::accept(&answer, &pending, &key, &provider_certificate, now)?;
        self.store.keep(&enrolled)?;
        Ok(enrolled)
    }

    /// Enrols over EST.
    pub(crate) fn over_est(&self, label: &Label) -> Result<Enrolled, EnrollError> {
        let payload = &label.payload;
        let kept = pending_of(self.store, &payload.temporary_id, self.others)?;
        let (provider, provider_certificate) = label::admit(label, self.clock.now(), self.portal)?;
        let mut pending = match kept {
            Some(kept) => kept,
            None => {
                let facts = LabelFacts::new(label.origin.clone(), payload);
                make_request(self.store, facts)?.1
            }
        };
        pending.provider = Some(provider.clone());
        self.store.keep_pending(&pending)?;
        let otp = payload
            .otp_ciphertext
            .decrypt(self.device_id, &payload.temporary_id);
        let key = self.store.key(&pending.key)?;
        let est = Est::of(&provider)?;
        let secret = (&payload.temporary_id, &otp);
        let mut backoff = Backoff::default();
        let mut is_waiting = false;
        let issuance = loop {
            let error = match est.enroll(&pending.csr, &key, secret, self.clock.now()) {
                Ok(issuance) => break issuance,
                Err(error) => error,
            };
            let pause = match error {
                EstError::Later { retry_after } => {
                    if !is_waiting {
                        say_what_is_waited_for(&key);
                    }
                    is_waiting = true;
                    // Nothing has failed: somebody takes their time, and may take days.
                    backoff.reset();
                    backoff.next(Some(retry_after), &mut randomness())
                }
                EstError::Call(CallError::Refused(problem))
                    if problem.name == ProblemName::InvalidOtp =>
                {
                    let remaining = problem.remaining.unwrap_or_default();
                    return Err(EnrollError::WrongDeviceId { remaining });
                }
                EstError::Call(error) if matches!(fate(&error), Fate::Again) => {
                    if backoff.tries() >= TRIES {
                        return Err(EnrollError::Later(error));
                    }
                    let pause = backoff.next(error.retry_after(), &mut randomness());
                    tracing::warn!(%error, seconds = pause.as_secs(), "not enrolled yet; trying again");
                    pause.min(LONGEST_PAUSE)
                }
                error => return Err(error.into()),
            };
            std::thread::sleep(pause);
        };
        let now = self.clock.now();
        let (certificate, chain) = (&issuance.certificate, &issuance.chain);
        issuance::check(certificate, chain, &key.spki_der(), Some(&provider), now)?;
        let enrolled = issuance::enrolled(issuance, &pending, &provider_certificate, now);
        self.store.keep(&enrolled)?;
        Ok(enrolled)
    }

    /// What waits of this very label, or a new key with a confirmation, written down.
    fn pending(&self, label: &Label) -> Result<(Pending, Vec<u8>), EnrollError> {
        let kept = pending_of(self.store, &label.payload.temporary_id, self.others)?;
        let (provider, provider_certificate) = label::admit(label, self.clock.now(), self.portal)?;
        if let Some(kept) = kept
            && kept.confirmation.is_some()
        {
            return Ok((kept, provider_certificate));
        }
        let facts = LabelFacts::new(label.origin.clone(), &label.payload);
        let (key, mut pending) = make_request(self.store, facts)?;
        let payload = &label.payload;
        let confirmation = Confirmation {
            otp: payload
                .otp_ciphertext
                .decrypt(self.device_id, &payload.temporary_id),
            public_key: key.spki_der(),
            csr: pending.csr.clone(),
        };
        pending.provider = Some(provider);
        pending.confirmation = Some(confirmation.seal(&provider_certificate, &mut randomness())?);
        self.store.keep_pending(&pending)?;
        Ok((pending, provider_certificate))
    }

    /// Sends the confirmation, the same bytes as often as it takes within a few minutes.
    fn send(&self, pending: &Pending) -> Result<String, EnrollError> {
        let confirmation = pending.confirmation.as_deref().unwrap_or_default();
        let LabelFacts {
            origin,
            temporary_id,
            ..
        } = &pending.label;
        let mut backoff = Backoff::default();
        loop {
            let error = match self.portal.confirm(origin, temporary_id, confirmation) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match fate(&error) {
                Fate::Over => {
                    self.store.forget()?;
                    return Err(match &error {
                        CallError::Refused(problem) if problem.name == ProblemName::InvalidOtp => {
                            EnrollError::WrongDeviceId {
                                remaining: problem.remaining.unwrap_or_default(),
                            }
                        }
                        _ => EnrollError::Over(error),
                    });
                }
                Fate::Again if backoff.tries() < TRIES => {
                    let pause = backoff.next(error.retry_after(), &mut randomness());
                    tracing::warn!(%error, seconds = pause.as_secs(), "not confirmed yet; trying again");
                    std::thread::sleep(pause.min(LONGEST_PAUSE));
                }
                Fate::Again => return Err(EnrollError::Later(error)),
            }
        }
    }
}

/// For the person at the terminal, once: staff compare the same digits.
fn say_what_is_waited_for(key: &GatewayKey) {
    eprintln!(
        "The provider has to approve this gateway before it gets its certificate. Fingerprint of its key (SHA-256), to be compared: {}. The command goes on by itself; to wait without it, stop it here and run it again later.",
        KeyId::of_spki(&key.spki_der()).fingerprint()
    );
}

/// So often a request is sent by one command while nobody answers it.
const TRIES: u32 = 6;
/// Somebody may be watching: not longer than this between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What a refused confirmation means.
enum Fate {
    /// The same confirmation may succeed later.
    Again,
    /// It never will.
    Over,
}

fn fate(error: &CallError) -> Fate {
    match error.problem() {
        Some(
            ProblemName::InvalidOtp
            | ProblemName::Locked
            | ProblemName::Expired
            | ProblemName::AlreadyEnrolled
            | ProblemName::BadRequest
            | ProblemName::BadCsr,
        ) => Fate::Over,
        _ => Fate::Again,
    }
}

/// What waits of a label; nothing of an enrolled gateway, and of another label only if that may be
/// given up.
pub(crate) fn pending_of(
    store: &Store,
    temporary_id: &TemporaryId,
    others: OtherPending,
) -> Result<Option<Pending>, EnrollError> {
    match store.state()? {
        None => Ok(None),
        Some(State::Enrolled(enrolled)) => {
            Err(EnrollError::AlreadyEnrolled(enrolled.enrollment_id))
        }
        Some(State::Pending(pending)) if pending.label.temporary_id == *temporary_id => {
            Ok(Some(*pending))
        }
        Some(State::Pending(_)) => match others {
            OtherPending::GivenUp => Ok(None),
            OtherPending::Kept => Err(EnrollError::AnotherPending),
        },
    }
}

/// A new key, written down, and the request for its certificate.
pub(crate) fn make_request(
    store: &Store,
    label: LabelFacts,
) -> Result<(GatewayKey, Pending), EnrollError> {
    let (name, key) = store.make_key(label.key_algorithm)?;
    let csr = key.csr(&label.csr_content, &label.temporary_id, &mut randomness())?;
    let pending = Pending {
        key: name,
        csr,
        provider: None,
        confirmation: None,
        handover: None,
        label,
    };
    Ok((key, pending))
}
