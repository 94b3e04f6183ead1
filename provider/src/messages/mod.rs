//! Stage 10, secure communication: what an enrolled device says, and what it is answered
//! (protocol, Secure communication).
//!
//! A device and its provider hold one conversation, whichever of the device's keys signs: every
//! message counts one up and returns the token of the last answer. Whoever signs rightly but
//! brings an old token or count holds a copy of a key. The last message, byte for byte, is
//! answered as it was before: a lost answer is no copy.

//!
//! A message comes sealed, or in plain JSON from a connection whose other end has shown its
//! certificate. What happens after that is the same.

mod copies;
mod error;
mod hearing;
mod promotion;
mod rollover;
mod series;
mod turn;
mod waking;

use gridpass_protocol::{
    DeviceId, DeviceProof, Down, Item, MessageToken, UnixTime, Up, UpKind, WakeKey,
};

pub use self::{
    error::MessageError,
    hearing::{MessageRequest, OpenedMessage, PlainRequest},
    series::{KeyInSeries, KeySeries, KeyStanding},
};
use self::{hearing::Heard, turn::Turn};
pub(crate) use self::{
    promotion::{Promotion, promote},
    rollover::{Asking, Evidence, Rollover},
};
use crate::{
    Gridpass, RevocationReason,
    audit::{self, Actor},
    enrollment::{State, Transition},
    id::{EnrollmentId, ProviderId, ReportId},
    mailbox::{Inbox, inbox},
    push::PushChange,
    random::Random,
    store::{
        StoreError,
        conversations::{Kept, Speaker},
    },
};

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
    /// The id of the report that it is.
    report: Option<ReportId>,
    push: Option<PushChange>,
}

impl Gridpass {
    fn look_at(&self, heard: &Heard<'_>, speaker: Speaker) -> Result<Look, MessageError> {
        if let Some(kept) = &speaker.kept
            && kept.message_hash == heard.hash
        {
            return Ok(Look::Answer(self.open_answer(
                heard,
                &speaker,
                &kept.answer,
            )?));
        }
        match self.judge(heard, &speaker) {
            Ok(effects) => self.answer(heard, speaker, effects),
            Err(MessageError::Store(StoreError::Contended)) => Ok(Look::Raced),
            Err(error) => Err(error),
        }
    }

    /// Whether the message may be answered, and what it changes.
    fn judge(&self, heard: &Heard<'_>, speaker: &Speaker) -> Result<Effects, MessageError> {
        speaker.check_device()?;
        if !is_next(heard.up, speaker.kept.as_ref()) {
            return Err(self.suspect_copy(heard, speaker)?);
        }
        speaker.check_key(heard.now)?;
        if speaker.not_after <= heard.now {
            heard.check_grace(speaker.not_after)?;
        }
        if let UpKind::Hello { device_proof } = &heard.up.kind {
            self.check_proof(heard, speaker, *device_proof)?;
        }
        let mut effects = Effects::default();
        match &heard.up.kind {
            UpKind::Hello { .. } | UpKind::Poll | UpKind::Receipt { .. } | UpKind::Opt { .. } => {}
            UpKind::Rekey { csr } => {
                effects.rollover = Some(self.roll_over(heard, speaker, csr)?);
            }
            UpKind::RevokeMe { reason } => {
                let reason = reason.parse().map_err(|_| MessageError::UnknownReason)?;
                effects.revocation = Some(reason);
                return Ok(effects);
            }
            UpKind::Push { endpoint } => {
                let (provider, id) = (heard.provider, speaker.enrollment);
                let change = self.push_change(provider, id, endpoint.as_deref())?;
                effects.push = Some(change.ok_or(MessageError::UnknownEndpoint)?);
            }
            UpKind::Report { .. } => {
                effects.report = Some(ReportId::make(heard.now, &Random(&*self.random)));
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
        let wake_hash = WakeKey::derive(&token).hash();
        let inbox = self.inbox(heard, enrollment)?;
        let mut items = self.items(heard, enrollment, &effects, &inbox)?;
        let (waiting, handed) = inbox.hand_over();
        items.extend(waiting);
        let down = Down {
            ack: heard.up.seq,
            iat: heard.now,
            token,
            items,
        };
        let answer = self.seal_answer(heard, &speaker, &down)?;
        let turn = Turn {
            provider: heard.provider.config.id.clone(),
            next: Kept {
                seq: heard.up.seq,
                message_hash: heard.hash,
                answer: answer.kept,
                token_hash,
            },
            wake_hash,
            speaker,
            effects,
            handed,
            kind: heard.up.kind.clone(),
            actor: heard.actor.clone(),
            now: heard.now,
        };
        let answer = answer.given;
        match self
            .store
            .write(move |transaction| turn.record(transaction))
        {
            Ok(()) => Ok(Look::Answer(answer)),
            Err(MessageError::Store(StoreError::Contended)) => Ok(Look::Raced),
            Err(error) => Err(error),
        }
    }

    /// What waits for the device besides.
    fn inbox(&self, heard: &Heard<'_>, enrollment: EnrollmentId) -> Result<Inbox, StoreError> {
        let provider = &heard.provider.config.id;
        let read = || {
            self.store
                .read(|connection| inbox(connection, provider, enrollment, heard.now))
        };
        match heard.up.kind {
            UpKind::RevokeMe { .. } => Ok(Inbox::default()),
            UpKind::Receipt { item, .. } => Ok(read()?.without(item)),
            UpKind::Hello { .. }
            | UpKind::Poll
            | UpKind::Rekey { .. }
            | UpKind::Opt { .. }
            | UpKind::Push { .. }
            | UpKind::Report { .. } => read(),
        }
    }

    /// What belongs to the message's kind.
    fn items(
        &self,
        heard: &Heard<'_>,
        enrollment: EnrollmentId,
        effects: &Effects,
        inbox: &Inbox,
    ) -> Result<Vec<Item>, StoreError> {
        let config = &heard.provider.config;
        Ok(match (&heard.up.kind, &effects.rollover) {
            (UpKind::Hello { .. }, _) => {
                let mut items = vec![Item::Parameters(config.parameters())];
                // Newer ones that want a receipt say the same.
                if !inbox.has_settings() {
                    let settings = self.settings_of(config, enrollment)?;
                    items.push(Item::Settings(settings));
                }
                items
            }
            (UpKind::Poll, _) => vec![Item::Parameters(config.parameters())],
            (UpKind::Push { .. }, _) => {
                let key = |change: &PushChange| Item::Push {
                    key: change.public_key.clone(),
                };
                effects.push.iter().map(key).collect()
            }
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
        })
    }

    /// Writes an audit entry about a message that changes nothing.
    fn note_refusal(
        &self,
        provider: &ProviderId,
        actor: &Actor,
        at: UnixTime,
        enrollment: EnrollmentId,
        refusal: Refusal<'_>,
    ) -> Result<(), StoreError> {
        let (provider, actor) = (provider.clone(), actor.clone());
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
