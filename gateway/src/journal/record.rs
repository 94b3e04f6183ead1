//! One item of the provider and what has become of it. Pure: what is due, and what follows from
//! what was done.

use std::collections::VecDeque;

use gridpass_protocol::{
    UnixTime,
    message::{EventStatus, MAX_DETAIL_LENGTH, Outcome},
    openadr,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::schedule::{self, Act};
use crate::config::AfterInterruption;

/// Seconds for which a finished item is remembered after it is of no use any more.
const REMEMBERED: u64 = 24 * 60 * 60;

/// What is kept of one item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: Uuid,
    /// Grows from item to item, in the order in which they arrived.
    pub(super) order: u64,
    pub(super) expires_at: UnixTime,
    pub(super) task: Task,
    /// What the provider has still to be told, the oldest first.
    pub(super) owed: VecDeque<Word>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "kebab-case")]
pub(super) enum Task {
    Instruction {
        name: String,
        arguments: Map<String, Value>,
        from: String,
        stage: Stage,
    },
    Event {
        status: EventStatus,
        event: Box<openadr::Event>,
        progress: Progress,
    },
    /// Nothing but to tell the provider.
    Note,
}

/// How far an instruction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Stage {
    Waiting,
    Begun,
    Done,
}

/// How far an event is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Seconds after the written times at which this gateway acts: drawn once, for events that
    /// want their devices not all to start at once.
    pub(super) offset: u64,
    /// What is being done.
    pub(super) begun: Option<Act>,
    /// What was done last.
    pub(super) done: Option<Act>,
    /// Whether an interval has ever been begun: then the end has to be done as well.
    pub(super) has_started: bool,
    /// Whether the provider was told how the event began.
    pub(super) is_told: bool,
    /// When load was reported last.
    pub(super) reported_at: Option<UnixTime>,
}

/// What the provider is told of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Word {
    pub(crate) outcome: Outcome,
    pub(crate) at: UnixTime,
    pub(crate) detail: Option<String>,
}

impl Word {
    pub(crate) fn new(outcome: Outcome, at: UnixTime, detail: impl Into<Option<String>>) -> Self {
        let detail = detail.into().map(|detail: String| {
            let kept: String = detail.chars().take(MAX_DETAIL_LENGTH).collect();
            kept
        });
        Self {
            outcome,
            at,
            detail: detail.filter(|detail| !detail.is_empty()),
        }
    }
}

impl Record {
    /// Puts right what was cut off while a hook ran.
    pub(super) fn recover(&mut self, then: AfterInterruption, now: UnixTime) {
        let cut_off = || {
            let detail = "the gateway was cut off while this was being done";
            Word::new(Outcome::Failed, now, detail.to_owned())
        };
        match &mut self.task {
            Task::Instruction { stage, .. } if *stage == Stage::Begun => match then {
                AfterInterruption::Repeat => *stage = Stage::Waiting,
                AfterInterruption::Report => {
                    *stage = Stage::Done;
                    self.owed.push_back(cut_off());
                }
            },
            Task::Event { progress, .. } => {
                let Some(begun) = progress.begun.take() else {
                    return;
                };
                if then == AfterInterruption::Report {
                    progress.done = Some(begun);
                    if !std::mem::replace(&mut progress.is_told, true) {
                        self.owed.push_back(cut_off());
                    }
                }
            }
            _ => {}
        }
    }

    /// What has to be done now.
    pub(super) fn due(&self, now: UnixTime) -> Option<Act> {
        match &self.task {
            Task::Instruction { stage, .. } => {
                (*stage == Stage::Waiting && now < self.expires_at).then_some(Act::Once)
            }
            Task::Event {
                status,
                event,
                progress,
            } => schedule::due(*status, event, progress, now),
            Task::Note => None,
        }
    }

    /// When something may be due next, if nothing is now.
    pub(super) fn next_at(&self, now: UnixTime) -> Option<UnixTime> {
        match &self.task {
            Task::Event {
                status: EventStatus::Active,
                event,
                progress,
            } => schedule::next_change(event, progress.offset, now),
            _ => None,
        }
    }

    /// Begins what is due; to be written down before it is done.
    pub(super) fn begin(&mut self, act: Act) {
        match &mut self.task {
            Task::Instruction { stage, .. } => *stage = Stage::Begun,
            Task::Event { progress, .. } => {
                progress.has_started |= matches!(act, Act::Interval { .. });
                progress.begun = Some(act);
            }
            Task::Note => {}
        }
    }

    /// What was begun is over, in this way.
    pub(super) fn finish(&mut self, word: Word) {
        match &mut self.task {
            Task::Instruction { stage, .. } => {
                *stage = Stage::Done;
                self.owed.push_back(word);
            }
            Task::Event { progress, .. } => {
                let act = progress.begun.take();
                let tells = match act {
                    Some(Act::CalledOff) => true,
                    _ => word.outcome == Outcome::Failed || !progress.is_told,
                };
                progress.done = act;
                if tells {
                    progress.is_told = true;
                    self.owed.push_back(word);
                }
            }
            Task::Note => {}
        }
    }

    /// Closes what came to nothing: an instruction that ended before it could be begun, an event
    /// that was over or called off before it began.
    pub(super) fn settle(&mut self, now: UnixTime) -> bool {
        let is_expired = now >= self.expires_at;
        match &mut self.task {
            Task::Instruction { stage, .. } if *stage == Stage::Waiting && is_expired => {
                *stage = Stage::Done;
                self.owed.clear();
                true
            }
            Task::Event {
                status,
                event,
                progress,
            } if !progress.is_told && !progress.has_started => {
                let word = match status {
                    EventStatus::Cancelled => Word::new(Outcome::Executed, now, None),
                    EventStatus::Active if schedule::is_over(event, progress.offset, now) => {
                        let detail = "the event was over before this gateway could begin";
                        Word::new(Outcome::Failed, now, detail.to_owned())
                    }
                    EventStatus::Active => return false,
                };
                progress.is_told = true;
                self.owed.push_back(word);
                true
            }
            _ => false,
        }
    }

    /// Whether it can be forgotten: nothing is to be done or told any more, and the provider will
    /// not send it again.
    pub(super) fn is_forgotten(&self, now: UnixTime) -> bool {
        let until = match &self.task {
            Task::Event { event, .. } => event.end().unwrap_or_default().max(self.expires_at),
            _ => self.expires_at,
        };
        self.owed.is_empty() && self.due(now).is_none() && now > until.plus(REMEMBERED)
    }

    /// Whether load is measured for it now.
    pub(super) fn is_running(&self, now: UnixTime) -> bool {
        match &self.task {
            Task::Event {
                status: EventStatus::Active,
                event,
                progress,
            } => {
                matches!(progress.done, Some(Act::Interval { .. }))
                    && !schedule::is_over(event, progress.offset, now)
            }
            _ => false,
        }
    }
}
