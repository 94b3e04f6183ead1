//! Stage 10, secure communication: what an enrolled device says, and what it is answered
//! (protocol, Secure communication).
//!
//! A device and its provider hold one conversation, whichever of the device's keys signs: every
//! message counts one up and returns the token of the last answer. Whoever signs rightly but
//! brings an old token or count holds a copy of a key. The last message, byte for byte, is
//! answered as it was before: a lost answer is no copy.

mod copies;
mod error;
mod rollover;
mod series;

use std::{net::IpAddr, sync::Arc};

use gridpass_protocol::{
    DeviceId, DeviceProof, Down, Item, KeyId, MAX_MESSAGE_LENGTH, MessageToken, OpenedUp,
    SealedError, UnixTime, Up, UpKind, sealed,
};
use rusqlite::Connection;

pub use self::{
    error::MessageError,
    series::{KeyInSeries, KeySeries, KeyStanding},
};
use crate::{
    Gridpass, RevocationError, RevocationReason, Withdrawal,
    audit::{self, Actor},
    ca::AuthorityKey,
    enrollment::{State, Transition},
    id::{EnrollmentId, ProviderId, RequestId},
    installation::Provider,
    random::Random,
    revocation::{Decision, withdraw_enrollment},
    store::{
        StoreError,
        conversations::{self, Kept, Speaker},
        enrollments::{self, Applied},
        keys,
        revocations::{self, Mark},
    },
    vault::sha256,
};

use self::rollover::Rollover;

/// How often a message is judged anew because another one of the same device was answered
/// meanwhile: the second look finds that one's answer.
const LOOKS: usize = 3;

/// A message as it arrives.
#[derive(Clone, Debug)]
pub struct MessageRequest<'a> {
    /// The body, JWE compact.
    pub jwe: &'a str,
    /// Where it comes from: the socket's address, or what a configured trusted proxy reports.
    pub client: IpAddr,
    /// The id of the request in logs and audit.
    pub request_id: Option<RequestId>,
}

/// A message that has been opened and verified.
struct Heard<'a> {
    provider: &'a Provider,
    /// The provider key that it was sealed to; signs the answer.
    key: Arc<AuthorityKey>,
    up: Up,
    /// As it was signed: the evidence of a rollover.
    jws: String,
    hash: [u8; 32],
    actor: Actor,
    now: UnixTime,
}

/// How one look at a message ended.
enum Look {
    Answer(String),
    /// Another message of the device was answered meanwhile.
    Raced,
}

/// What a message changes besides the conversation.
#[derive(Default)]
struct Effects {
    transition: Option<Transition>,
    rollover: Option<Rollover>,
    revocation: Option<RevocationReason>,
}

impl Gridpass {
    /// Hears a message of an enrolled device and answers it, sealed to the device.
    ///
    /// The last message of a device, byte for byte, gets the same answer again.
    ///
    /// # Errors
    /// See [`MessageError`]. Nothing has changed then but counters, suspicions and the audit.
    pub fn hear(&self, request: MessageRequest<'_>) -> Result<String, MessageError> {
        if request.jwe.len() > MAX_MESSAGE_LENGTH {
            return Err(MessageError::TooLarge);
        }
        let key_id = sealed::key_id_of(request.jwe)?;
        let now = self.clock_now();
        let (provider, key) = self
            .provider_by_key(&key_id, now)
            .ok_or(MessageError::UnknownKey)?;
        let opened = OpenedUp::open(request.jwe, &key_id, key.private())?;
        let signer = *opened.signer();
        let mut speaker = self.speaker(provider, &signer)?;
        let up = opened.verify(&speaker.public_key()?)?;
        let actor = Actor::device().from_client(request.client);
        let heard = Heard {
            provider,
            key,
            up,
            jws: opened.jws().to_owned(),
            hash: sha256(request.jwe.as_bytes()),
            actor: match request.request_id {
                Some(request_id) => actor.in_request(request_id),
                None => actor,
            },
            now,
        };
        for _ in 0..LOOKS {
            if let Look::Answer(answer) = self.look_at(&heard, speaker)? {
                return Ok(answer);
            }
            speaker = self.speaker(provider, &signer)?;
        }
        Err(MessageError::Busy)
    }

    fn speaker(&self, provider: &Provider, signer: &KeyId) -> Result<Speaker, MessageError> {
        self.store
            .read(|connection| conversations::speaker(connection, &provider.config.id, signer))?
            .ok_or(MessageError::UnknownDevice)
    }

    fn look_at(&self, heard: &Heard<'_>, speaker: Speaker) -> Result<Look, MessageError> {
        if let Some(kept) = &speaker.kept
            && kept.message_hash == heard.hash
        {
            return Ok(Look::Answer(kept.answer.clone()));
        }
        let effects = self.judge(heard, &speaker)?;
        self.answer(heard, speaker, effects)
    }

    /// Whether the message may be answered, and what it changes.
    fn judge(&self, heard: &Heard<'_>, speaker: &Speaker) -> Result<Effects, MessageError> {
        match &speaker.state {
            State::Issued(_) | State::Active(_) => {}
            State::Suspended(_) => return Err(MessageError::Suspended),
            _ => return Err(MessageError::Revoked),
        }
        if !is_next(&heard.up, speaker.kept.as_ref()) {
            return Err(self.suspect_copy(heard, speaker)?);
        }
        if speaker.is_withdrawn || speaker.key.has_retired(heard.now) {
            return Err(MessageError::Revoked);
        }
        if speaker.not_after <= heard.now {
            heard.check_grace(speaker.not_after)?;
        }
        if let UpKind::Hello { device_proof } = &heard.up.kind {
            self.check_proof(heard, speaker, *device_proof)?;
        }
        let mut effects = Effects::default();
        match &heard.up.kind {
            UpKind::Hello { .. } | UpKind::Poll => {}
            UpKind::Rekey { csr } => {
                effects.rollover = Some(self.roll_over(heard, speaker, csr)?);
            }
            UpKind::RevokeMe { reason } => {
                let reason = reason.parse().map_err(|_| MessageError::UnknownReason)?;
                effects.revocation = Some(reason);
                return Ok(effects);
            }
            // Not served: as if the kind were unknown.
            UpKind::Receipt { .. } | UpKind::Opt { .. } | UpKind::Report { .. } => {
                return Err(SealedError::Content.into());
            }
        }
        if let State::Issued(issued) = speaker.state.clone() {
            effects.transition = Some(issued.hello(heard.now));
        }
        Ok(effects)
    }

    /// The start-up check: with a token at hand, the device shows that it is the one that was
    /// registered.
    fn check_proof(
        &self,
        heard: &Heard<'_>,
        speaker: &Speaker,
        proof: Option<DeviceProof>,
    ) -> Result<(), MessageError> {
        let Some(token) = &heard.up.token else {
            return Ok(());
        };
        if let Some(retry_after) = self.proofs_used_up(heard, speaker)? {
            return Err(MessageError::RateLimited { retry_after });
        }
        let device_id = self.device_id_of(speaker)?;
        if proof.is_some_and(|proof| proof == DeviceProof::derive(&device_id, token)) {
            Ok(())
        } else {
            Err(self.refuse_proof(heard, speaker)?)
        }
    }

    pub(super) fn device_id_of(&self, speaker: &Speaker) -> Result<DeviceId, StoreError> {
        self.open_device_id(speaker.enrollment, &speaker.sealed_device_id)
    }

    /// Seals the answer, then writes down what it presupposes.
    fn answer(
        &self,
        heard: &Heard<'_>,
        speaker: Speaker,
        effects: Effects,
    ) -> Result<Look, MessageError> {
        let enrollment = speaker.enrollment;
        let token = MessageToken::make(&mut Random(&*self.random));
        let token_hash = token.hash();
        let down = Down {
            ack: heard.up.seq,
            iat: heard.now,
            token,
            items: self.items(heard, &effects),
        };
        let answer = down
            .seal(
                &speaker.certificate,
                heard.key.certificate(),
                heard.key.private(),
                &mut Random(&*self.random),
            )
            .map_err(MessageError::Seal)?;
        let turn = Turn {
            provider: heard.provider.config.id.clone(),
            next: Kept {
                seq: heard.up.seq,
                message_hash: heard.hash,
                answer: answer.clone(),
                token_hash,
            },
            speaker,
            effects,
            actor: heard.actor.clone(),
            now: heard.now,
        };
        match self
            .store
            .write(move |transaction| turn.record(transaction))
        {
            Ok(Applied::Yes) => Ok(Look::Answer(answer)),
            Ok(Applied::Raced) => Ok(Look::Raced),
            Err(MessageError::BadCsr { reason }) => {
                self.note_message(heard, enrollment, Refusal::of_csr(reason))?;
                Err(MessageError::BadCsr { reason })
            }
            Err(error) => Err(error),
        }
    }

    fn items(&self, heard: &Heard<'_>, effects: &Effects) -> Vec<Item> {
        let config = &heard.provider.config;
        match (&heard.up.kind, &effects.rollover) {
            (UpKind::Hello { .. }, _) => vec![
                Item::Parameters(config.parameters()),
                Item::Settings(self.settings(config)),
            ],
            (UpKind::Poll, _) => vec![Item::Parameters(config.parameters())],
            (_, Some(rollover)) => vec![Item::Certificate {
                certificate: rollover.issue.certificate.clone(),
                chain: heard
                    .provider
                    .authority()
                    .chain(&rollover.issue.certificate),
            }],
            (
                UpKind::Rekey { .. }
                | UpKind::RevokeMe { .. }
                | UpKind::Receipt { .. }
                | UpKind::Opt { .. }
                | UpKind::Report { .. },
                None,
            ) => Vec::new(),
        }
    }

    /// Writes an audit entry about a message that changes nothing.
    fn note_message(
        &self,
        heard: &Heard<'_>,
        enrollment: EnrollmentId,
        refusal: Refusal<'_>,
    ) -> Result<(), StoreError> {
        let provider = heard.provider.config.id.clone();
        let (actor, at) = (heard.actor.clone(), heard.now);
        let Refusal {
            action,
            result,
            reason,
        } = refusal;
        let detail = serde_json::json!({ "reason": reason });
        self.store.write(move |transaction| {
            let entry = audit::Entry {
                provider: &provider,
                at,
                actor: &actor,
                action,
                result,
                enrollment: Some(enrollment),
                detail,
            };
            audit::append(transaction, &entry)
        })
    }
}

/// What the audit keeps of a message that was refused.
struct Refusal<'a> {
    action: &'static str,
    result: &'static str,
    reason: &'a str,
}

impl<'a> Refusal<'a> {
    /// The request of a new key is not acceptable.
    const fn of_csr(reason: &'a str) -> Self {
        Self {
            action: "rollover.csr",
            result: "bad-csr",
            reason,
        }
    }
}

impl Heard<'_> {
    /// A certificate that has ended still asks for its successor, for a while.
    fn check_grace(&self, not_after: UnixTime) -> Result<(), MessageError> {
        let grace = u64::from(self.provider.config.keys.grace) * 24 * 60 * 60;
        let renews = !matches!(self.up.kind, UpKind::RevokeMe { .. });
        if renews && self.now < not_after.plus(grace) {
            Ok(())
        } else {
            Err(MessageError::CertificateExpired)
        }
    }
}

/// Whether a message goes on where the last answer ended.
fn is_next(up: &Up, kept: Option<&Kept>) -> bool {
    match (kept, &up.token) {
        (None, None) => up.seq == 1,
        (Some(kept), Some(token)) => {
            Some(up.seq) == kept.seq.checked_add(1) && token.matches(&kept.token_hash)
        }
        _ => false,
    }
}

/// One turn of a conversation, to be written: all of it or nothing.
struct Turn {
    provider: ProviderId,
    speaker: Speaker,
    next: Kept,
    effects: Effects,
    actor: Actor,
    now: UnixTime,
}

impl Turn {
    fn record(self, transaction: &Connection) -> Result<Applied, MessageError> {
        let (provider, id) = (&self.provider, self.speaker.enrollment);
        let before = self.speaker.kept.as_ref();
        let kept = conversations::keep(transaction, provider, id, before, &self.next, self.now)?;
        if kept == Applied::Raced {
            return Ok(Applied::Raced);
        }
        if let Some(transition) = &self.effects.transition
            && enrollments::apply(transaction, provider, id, transition, &self.actor)?
                == Applied::Raced
        {
            return Err(StoreError::Contended.into());
        }
        if self.speaker.key.first_spoke_at.is_none() {
            self.promote(transaction)?;
        }
        if let Some(rollover) = &self.effects.rollover {
            rollover.record(
                transaction,
                self.speaker.key.spki_hash,
                &self.actor,
                self.now,
            )?;
        }
        if let Some(reason) = self.effects.revocation {
            self.withdraw(transaction, id, reason)?;
        }
        Ok(Applied::Yes)
    }

    /// The key speaks for the first time: from now on it is the device's one key.
    fn promote(&self, transaction: &Connection) -> Result<(), MessageError> {
        let (provider, id) = (&self.provider, self.speaker.enrollment);
        keys::first_speech(transaction, provider, &self.speaker.key.spki_hash, self.now)?;
        if self.speaker.key.vouched_by.is_none() {
            return Ok(());
        }
        keys::retire_others(
            transaction,
            provider,
            id,
            &self.speaker.key.spki_hash,
            self.now,
        )?;
        // Whoever asks about the old certificates hears the same as who tries their keys here.
        let mark = Mark {
            withdrawal: Withdrawal::Revoked(RevocationReason::Replaced),
            note: "",
            by: &self.actor,
            at: self.now,
        };
        revocations::mark_others(transaction, provider, id, &self.speaker.serial, &mark)?;
        enrollments::set_serial(transaction, provider, id, &self.speaker.serial)?;
        let entry = audit::Entry {
            provider,
            at: self.now,
            actor: &self.actor,
            action: "rollover.finish",
            result: "ok",
            enrollment: Some(id),
            detail: serde_json::json!({ "serial": self.speaker.serial.to_string() }),
        };
        Ok(audit::append(transaction, &entry)?)
    }

    fn withdraw(
        &self,
        transaction: &Connection,
        id: EnrollmentId,
        reason: RevocationReason,
    ) -> Result<(), MessageError> {
        let found = enrollments::find(transaction, id)?.ok_or(MessageError::Revoked)?;
        let decision = Decision {
            withdrawal: Withdrawal::Revoked(reason),
            note: "",
            actor: &self.actor,
            at: self.now,
        };
        withdraw_enrollment(transaction, found, &decision).map_err(|error| match error {
            RevocationError::Store(error) => error.into(),
            _ => MessageError::Revoked,
        })
    }
}
