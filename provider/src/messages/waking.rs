//! Devices that wait for something to lie in their mailboxes: by a `poll` that is answered late, or
//! on a stream that an open page listens to.

use gridpass_protocol::{UpKind, WakeKey};

use super::{MessageError, OpenedMessage, is_next};
use crate::{
    Gridpass,
    enrollment::State,
    id::EnrollmentId,
    mailbox::{Listening, is_anything_pending},
    store::{StoreError, conversations, enrollments},
};

/// Mailboxes that are looked into at once: a few milliseconds of one reader.
const LOOKS: usize = 500;

impl Gridpass {
    /// Who is to be woken for this message: one that asks whether there is anything, by right, while
    /// there is nothing. `None`: it is answered at once.
    ///
    /// # Errors
    /// The database failed.
    pub fn wait_for_items(
        &self,
        message: &mut OpenedMessage,
    ) -> Result<Option<Listening>, MessageError> {
        let Some(speaker) = message.take_speaker() else {
            return Ok(None);
        };
        let may_wait = matches!(message.up().kind, UpKind::Poll)
            && matches!(speaker.state, State::Active(_))
            && is_next(message.up(), speaker.kept.as_ref());
        if may_wait {
            let enrollment = speaker.enrollment;
            // First the ear, then the look: nothing that comes in between is missed.
            let (provider, now) = (message.provider(), self.clock_now());
            let listening = self.wakes.listen(provider, enrollment);
            let pending = self
                .store
                .read(|connection| is_anything_pending(connection, provider, enrollment, now))?;
            if !pending {
                return Ok(Some(listening));
            }
        }
        message.keep_speaker(speaker);
        Ok(None)
    }

    /// Listens for an open page that brings this bearer text; `None` if it is not the one of the
    /// last answer, or the device is not in service.
    ///
    /// # Errors
    /// The database failed.
    pub fn listen_for_page(&self, bearer: &str) -> Result<Option<Listening>, StoreError> {
        let Ok((enrollment, key)) = WakeKey::from_bearer(bearer) else {
            return Ok(None);
        };
        let enrollment = EnrollmentId::from_uuid(enrollment);
        let provider = self.store.read(|connection| {
            let Some(found) = enrollments::find(connection, enrollment)? else {
                return Ok(None);
            };
            let kept = conversations::wake_hash(connection, &found.provider, enrollment)?;
            let is_in_service = matches!(found.state, State::Issued(_) | State::Active(_));
            let may_listen = is_in_service && kept.is_some_and(|hash| key.matches(&hash));
            Ok::<_, StoreError>(may_listen.then_some(found.provider))
        })?;
        Ok(provider.map(|provider| self.wakes.listen(&provider, enrollment)))
    }

    /// Looks into mailboxes that somebody waits for here, and wakes whoever finds there what
    /// another server has put there. Goes on behind `after`; returns where the next call is to go
    /// on, `None` from the beginning. To be called every second.
    ///
    /// # Errors
    /// The database failed.
    pub fn look_for_the_waiting(
        &self,
        after: Option<EnrollmentId>,
    ) -> Result<Option<EnrollmentId>, StoreError> {
        if self.wakes.listeners() == 0 {
            return Ok(None);
        }
        let now = self.clock_now();
        self.store
            .read(|connection| self.wakes.look(connection, after, LOOKS, now))
    }

    /// Whether anything lies in this device's mailbox now.
    ///
    /// # Errors
    /// The database failed.
    pub fn has_items(&self, enrollment: EnrollmentId) -> Result<bool, StoreError> {
        let now = self.clock_now();
        self.store.read(|connection| {
            let Some(found) = enrollments::find(connection, enrollment)? else {
                return Ok(false);
            };
            is_anything_pending(connection, &found.provider, enrollment, now)
        })
    }
}
