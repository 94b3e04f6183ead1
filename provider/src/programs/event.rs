//! Events: what staff enter, what is kept, and where an event stands.

use gridpass_protocol::UnixTime;

use super::{Signal, Target};
use crate::{
    config::is_shown_text,
    id::{EventId, ProgramId},
    registration::words::words,
};

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventState {
    /// It has not begun.
    Scheduled,
    /// It goes on.
    Active,
    /// It is over.
    Ended,
    /// It was called off.
    Cancelled,
}

/// What staff say of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventDraft {
    /// Of which programme.
    pub program: ProgramId,
    /// What it is called, 1 to 64 printable characters. Customers read it.
    pub name: String,
    /// When it begins.
    pub starts_at: UnixTime,
    /// How long it lasts, in seconds: whole minutes, at most a day, and at least one for each
    /// part of the signal.
    pub length: u64,
    /// The most that a device may wait beyond the start, in seconds, so that not all of them
    /// switch at once; at most an hour.
    pub randomize_start: u64,
    /// What it asks for.
    pub signal: Signal,
    /// 0 is the most important; at most 100. None: less important than all others.
    pub priority: Option<u32>,
    /// What customers get for it, in words for them; at most 200 characters.
    pub incentive: Option<String>,
    /// Whom it is meant for, 1 to [`EventDraft::MOST_TARGETS`].
    pub targets: Vec<Target>,
}

/// What of a draft cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventProblem {
    /// The name is empty or too long.
    #[error("a name has 1 to 64 printable characters")]
    Name,
    /// The description is too long.
    #[error("a description has at most 500 printable characters")]
    Description,
    /// The programme is not there.
    #[error("choose one of your programmes")]
    Program,
    /// It would begin in the past, or in more than a year.
    #[error("an event begins within a year from now")]
    Start,
    /// It is too long, too short, or its parts are.
    #[error("an event lasts whole minutes, at most a day, each part at least a minute")]
    Length,
    /// Devices would wait too long.
    #[error("devices wait at most an hour, and no longer than half the event")]
    RandomizeStart,
    /// The amounts do not fit what they mean.
    #[error("levels are 0 to 3; reductions more than 0 and at most 10,000 kW; prices within 1,000")]
    Amounts,
    /// The priority is too large.
    #[error("a priority is a whole number from 0 to 100")]
    Priority,
    /// The incentive is too long.
    #[error("an incentive has at most 200 printable characters")]
    Incentive,
    /// Nobody is meant, or somebody who is not there.
    #[error("say for whom the event is meant")]
    Targets,
}

const DAY: u64 = 24 * 60 * 60;

impl EventDraft {
    /// Most targets of an event.
    pub const MOST_TARGETS: usize = 50;

    /// What of it cannot be, whatever the database holds and the clock says.
    pub(super) fn check(&self) -> Result<(), EventProblem> {
        if !is_shown_text(&self.name, 64) {
            return Err(EventProblem::Name);
        }
        let parts = self.signal.amounts.len() as u64;
        if !self.signal.is_sound() {
            return Err(EventProblem::Amounts);
        }
        let is_even = self.length.is_multiple_of(parts) && self.length.is_multiple_of(60);
        if !is_even || self.length > DAY || self.length / parts < 60 {
            return Err(EventProblem::Length);
        }
        if self.randomize_start > 3600 || self.randomize_start > self.length / 2 {
            return Err(EventProblem::RandomizeStart);
        }
        if self.priority.is_some_and(|priority| priority > 100) {
            return Err(EventProblem::Priority);
        }
        let incentive = self.incentive.as_deref();
        if incentive.is_some_and(|text| !is_shown_text(text, 200)) {
            return Err(EventProblem::Incentive);
        }
        if !(1..=Self::MOST_TARGETS).contains(&self.targets.len()) {
            return Err(EventProblem::Targets);
        }
        Ok(())
    }

    /// Whether it begins at `from` or later, and within a year from now.
    pub(super) fn begins_between(&self, from: UnixTime, now: UnixTime) -> Result<(), EventProblem> {
        let fits = from <= self.starts_at && self.starts_at <= now.plus(366 * DAY);
        fits.then_some(()).ok_or(EventProblem::Start)
    }

    /// When the last device is done.
    pub(super) fn ends_at(&self) -> UnixTime {
        self.starts_at.plus(self.length).plus(self.randomize_start)
    }
}

/// An event as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What staff said of it last.
    pub draft: EventDraft,
    /// When the last device is done.
    pub ends_at: UnixTime,
    /// How often it was told anew: 1 at first, and one more with every change.
    pub version: u64,
    /// When it was called off, if it was.
    pub cancelled_at: Option<UnixTime>,
    /// When it was made.
    pub made_at: UnixTime,
    /// When it was last changed.
    pub changed_at: UnixTime,
    /// Whether everybody who is meant has been written down as a recipient.
    pub addressing: Addressing,
}

words!(
    /// How far the recipients of an event's version are written down.
    Addressing {
        /// Not all of them are.
        Waiting = "waiting",
        /// All of them are.
        Done = "done",
    }
);

impl Event {
    /// Where it stands at `now`.
    #[must_use]
    pub fn state(&self, now: UnixTime) -> EventState {
        if self.cancelled_at.is_some() {
            EventState::Cancelled
        } else if now < self.draft.starts_at {
            EventState::Scheduled
        } else if now < self.ends_at {
            EventState::Active
        } else {
            EventState::Ended
        }
    }
}
