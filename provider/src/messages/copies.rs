//! What happens when a key seems to have a second holder.

use gridpass_protocol::UnixTime;

use super::{MessageError, hearing::Heard};
use crate::{
    Gridpass,
    audit::{self, Actor},
    enrollment::State,
    id::{EnrollmentId, ProviderId},
    key_policy::OnClone,
    limits::{Limited, RetryAfter, Window},
    revocation::{Decision, RevocationError, Withdrawal, withdraw_enrollment},
    store::{Connection, StoreError, conversations::Speaker, enrollments},
    webhooks::{self, Change, Happening},
};

/// Wrong start-up checks of one device: the holder of a copied key must not guess device IDs.
const WRONG_PROOFS: Window = Window {
    limited: Limited::DeviceProofs,
    most: 5,
    seconds: 60 * 60,
};

/// A suspicion that was reported is not reported again for so many seconds.
const REPORTED_FOR: u64 = 60 * 60;

/// A suspicion, to be written.
struct Suspicion {
    provider: ProviderId,
    enrollment: EnrollmentId,
    actor: Actor,
    action: &'static str,
    result: &'static str,
    on_clone: OnClone,
    now: UnixTime,
}

impl Gridpass {
    /// An old token, an old count: somebody else has spoken with this device's key.
    pub(super) fn suspect_copy(
        &self,
        heard: &Heard<'_>,
        speaker: &Speaker,
    ) -> Result<MessageError, StoreError> {
        let suspicion = Suspicion::new(heard, speaker, "message.copy", "possible-clone");
        self.store
            .write(move |transaction| suspicion.record(transaction))?;
        Ok(MessageError::PossibleClone)
    }

    /// The start-up check failed: a key on another device than the registered one.
    pub(super) fn refuse_proof(
        &self,
        heard: &Heard<'_>,
        speaker: &Speaker,
    ) -> Result<MessageError, StoreError> {
        let suspicion = Suspicion::new(heard, speaker, "message.proof", "wrong-device");
        self.store.write(move |transaction| {
            WRONG_PROOFS.count(
                transaction,
                &suspicion.enrollment.to_string(),
                Some(&suspicion.provider),
                suspicion.now,
            )?;
            suspicion.record(transaction)
        })?;
        Ok(MessageError::WrongDevice)
    }

    /// When the start-up check may be tried again, if it failed too often.
    pub(super) fn proofs_used_up(
        &self,
        heard: &Heard<'_>,
        speaker: &Speaker,
    ) -> Result<Option<u64>, StoreError> {
        let device = speaker.enrollment.to_string();
        let blocked = self
            .store
            .read(|connection| WRONG_PROOFS.blocks(connection, &device, heard.now))?;
        Ok(blocked.map(|RetryAfter(seconds)| seconds))
    }
}

impl Suspicion {
    fn new(
        heard: &Heard<'_>,
        speaker: &Speaker,
        action: &'static str,
        result: &'static str,
    ) -> Self {
        Self {
            provider: heard.provider.config.id.clone(),
            enrollment: speaker.enrollment,
            actor: heard.actor.clone(),
            action,
            result,
            on_clone: heard.provider.config.keys.on_clone,
            now: heard.now,
        }
    }

    fn record(self, transaction: &Connection) -> Result<(), StoreError> {
        let (provider, id) = (&self.provider, self.enrollment);
        let known_until = self.now.minus(REPORTED_FOR);
        if !enrollments::suspect_clone(transaction, provider, id, known_until, self.now)? {
            return Ok(());
        }
        let entry = audit::Entry {
            provider,
            at: self.now,
            actor: &self.actor,
            action: self.action,
            result: self.result,
            enrollment: Some(id),
            detail: serde_json::json!({}),
        };
        audit::append(transaction, &entry)?;
        let change = Change {
            provider,
            enrollment: id,
            what: Happening::PossibleClone,
            at: self.now,
        };
        webhooks::announce(transaction, &change)?;
        if self.on_clone == OnClone::Suspend
            && let Some(found) = enrollments::find(transaction, id)?
            && matches!(found.state, State::Active(_))
        {
            let decision = Decision {
                withdrawal: Withdrawal::Hold,
                note: self.result,
                actor: &self.actor,
                at: self.now,
            };
            // Read in this transaction, an active one can be put on hold.
            let held = withdraw_enrollment(transaction, found, &decision);
            if let Err(RevocationError::Store(error)) = held {
                return Err(error);
            }
        }
        Ok(())
    }
}
