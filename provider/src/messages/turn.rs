//! One turn of a conversation, written in one transaction.

use gridpass_protocol::{UnixTime, UpKind};

use super::{Effects, MessageError, Promotion, promote};
use crate::{
    RevocationError, RevocationReason, Withdrawal,
    audit::Actor,
    id::{EnrollmentId, ProviderId},
    mailbox::{Handed, Receipt, record_receipt},
    programs::{self, Speaking, record_opt, record_report},
    revocation::{Decision, withdraw_enrollment},
    store::{
        Connection,
        conversations::{self, Kept, Speaker},
        enrollments,
    },
};

/// One turn of a conversation, to be written: all of it or nothing.
pub(super) struct Turn {
    pub(super) provider: ProviderId,
    pub(super) speaker: Speaker,
    pub(super) next: Kept,
    /// Of the key that wakes a page until the next answer.
    pub(super) wake_hash: [u8; 32],
    pub(super) effects: Effects,
    /// What is in the answer for the first time.
    pub(super) handed: Handed,
    pub(super) kind: UpKind,
    pub(super) actor: Actor,
    pub(super) now: UnixTime,
}

impl Turn {
    pub(super) fn record(self, transaction: &Connection) -> Result<(), MessageError> {
        let (provider, id) = (&self.provider, self.speaker.enrollment);
        let before = self.speaker.kept.as_ref();
        conversations::keep(
            transaction,
            provider,
            id,
            before,
            &self.next,
            &self.wake_hash,
            self.now,
        )?;
        if let Some(transition) = &self.effects.transition {
            enrollments::apply(transaction, provider, id, transition, &self.actor)?;
            programs::greet(transaction, provider, id, self.now)?;
        }
        if self.speaker.key.first_spoke_at.is_none() {
            let promotion = Promotion {
                provider,
                speaker: &self.speaker,
                actor: &self.actor,
                now: self.now,
            };
            promote(transaction, &promotion)?;
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
        if let Some(change) = &self.effects.push {
            change.record(transaction, provider, id, self.now)?;
        }
        self.handed
            .record(transaction, provider, id, &self.actor, self.now)?;
        if let UpKind::Receipt {
            item,
            outcome,
            at,
            detail,
        } = &self.kind
        {
            let receipt = Receipt {
                provider,
                enrollment: id,
                item: *item,
                outcome: *outcome,
                at: *at,
                detail: detail.as_deref(),
                actor: &self.actor,
                now: self.now,
            };
            record_receipt(transaction, &receipt)?;
        }
        self.take_down(transaction)
    }

    /// What the device says about events.
    fn take_down(&self, transaction: &Connection) -> Result<(), MessageError> {
        let speaking = Speaking {
            provider: &self.provider,
            device: self.speaker.enrollment,
            actor: &self.actor,
            now: self.now,
        };
        match (&self.kind, self.effects.report) {
            (
                UpKind::Opt {
                    event,
                    choice,
                    reason,
                },
                _,
            ) => record_opt(transaction, &speaking, event, *choice, reason.as_deref())?,
            (UpKind::Report { report }, Some(id)) => {
                record_report(transaction, &speaking, id, report)?;
            }
            _ => {}
        }
        Ok(())
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
