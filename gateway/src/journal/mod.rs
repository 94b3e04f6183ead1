//! The journal: every item that the provider wants a receipt for, one file each. What is begun is
//! written down before it is done, what was done before the provider is told, and what it was told
//! once it has answered. So each item is carried out once, over any number of restarts.

mod record;
mod schedule;

use std::{collections::BTreeMap, path::PathBuf};

use gridpass_protocol::{
    Item, UnixTime,
    message::{EventStatus, Outcome},
    openadr,
};
use rand_core::CryptoRng;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    config::{AfterInterruption, Config, Hook},
    files::{self, FileError, Readers},
};

pub(crate) use record::Word;
use record::{Progress, Record, Stage, Task};
pub(crate) use schedule::Act;

/// Items that wait or are remembered, at most. The provider keeps the others until there is room.
const MOST: usize = 512;
/// No record is longer, in bytes.
const MOST_RECORD: u64 = 256 * 1024;

/// Everything that is to be done, and was.
pub(crate) struct Journal {
    folder: PathBuf,
    records: BTreeMap<Uuid, Record>,
}

/// Something that is to be done now.
pub(crate) struct Due {
    pub(crate) id: Uuid,
    pub(crate) act: Act,
    /// What does it.
    pub(crate) hook: Hook,
    /// What the hook is told.
    pub(crate) input: Value,
}

/// Something that the provider has to be told.
pub(crate) struct Owed {
    pub(crate) id: Uuid,
    pub(crate) word: Word,
}

/// An event that load is measured for.
pub(crate) struct Running {
    pub(crate) id: Uuid,
    pub(crate) event: openadr::Event,
    /// When load was reported last.
    pub(crate) reported_at: Option<UnixTime>,
}

impl Journal {
    /// Reads the journal, and puts right what was cut off.
    pub(crate) fn open(folder: PathBuf, config: &Config, now: UnixTime) -> Result<Self, FileError> {
        let mut journal = Self {
            folder,
            records: BTreeMap::new(),
        };
        for path in files::list(&journal.folder)? {
            let json = files::read(&path, MOST_RECORD)?.unwrap_or_default();
            match serde_json::from_slice::<Record>(&json) {
                Ok(record) => drop(journal.records.insert(record.id, record)),
                Err(error) => {
                    tracing::error!(file = %path.display(), %error, "not a record of the journal; passed over");
                }
            }
        }
        journal.drop_replaced()?;
        let interrupted: Vec<Uuid> = journal.records.keys().copied().collect();
        for id in interrupted {
            journal.change(id, |record| {
                record.recover(after_interruption(record, config), now);
            })?;
        }
        Ok(journal)
    }

    /// Takes an item up that wants a receipt, unless it is known already.
    pub(crate) fn take_up(
        &mut self,
        item: &Item,
        config: &Config,
        now: UnixTime,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(), FileError> {
        let Some(id) = item.id() else { return Ok(()) };
        if self.records.contains_key(&id) || self.records.len() >= MOST {
            return Ok(());
        }
        let Some((task, expires_at)) = task(item) else {
            return Ok(());
        };
        let order = self.records.values().map(|record| record.order).max();
        let mut record = Record {
            id,
            order: order.unwrap_or_default() + 1,
            expires_at: expires_at.unwrap_or(now),
            owed: [first_word(&task, config, now)].into(),
            task,
        };
        let is_refused = record.owed[0].outcome == Outcome::Refused;
        match &mut record.task {
            Task::Instruction { stage, .. } if is_refused => *stage = Stage::Done,
            Task::Event {
                progress, event, ..
            } => {
                progress.offset = offset(event, rng);
                progress.is_told = is_refused;
            }
            _ => {}
        }
        self.follow_on(&mut record);
        if is_refused && matches!(record.task, Task::Event { .. }) {
            record.task = Task::Note;
        }
        self.write(&record)?;
        self.records.insert(id, record);
        self.drop_replaced()
    }

    /// News of an event that is known: what was done of it stays done. What it asks now is done
    /// anew when that is something else.
    fn follow_on(&self, news: &mut Record) {
        let Task::Event {
            event, progress, ..
        } = &mut news.task
        else {
            return;
        };
        let before = self.records.values().find_map(|record| match &record.task {
            Task::Event {
                event: known,
                progress,
                ..
            } if known.id == event.id => Some((known, progress)),
            _ => None,
        });
        if let Some((known, done)) = before {
            progress.has_started = done.has_started;
            progress.reported_at = done.reported_at;
            if known.interval_period == event.interval_period {
                progress.offset = done.offset;
            }
            if known.intervals == event.intervals {
                progress.done = done.done;
            }
        }
    }

    /// Of several pieces of news of one event the last counts.
    fn drop_replaced(&mut self) -> Result<(), FileError> {
        let mut last: BTreeMap<&str, (u64, Uuid)> = BTreeMap::new();
        let mut replaced = Vec::new();
        for record in self.records.values() {
            let Task::Event { event, .. } = &record.task else {
                continue;
            };
            let this = (record.order, record.id);
            let known = last.entry(&event.id).or_insert(this);
            if *known != this {
                replaced.push(this.min(*known).1);
                *known = this.max(*known);
            }
        }
        for id in replaced {
            self.remove(id)?;
        }
        Ok(())
    }

    /// Closes what came to nothing, and forgets what is long over.
    pub(crate) fn tidy(&mut self, now: UnixTime) -> Result<(), FileError> {
        let ids: Vec<Uuid> = self.records.keys().copied().collect();
        for id in ids {
            let Some(record) = self.records.get_mut(&id) else {
                continue;
            };
            if record.is_forgotten(now) {
                self.remove(id)?;
            } else if record.settle(now) {
                let record = record.clone();
                self.write(&record)?;
            }
        }
        Ok(())
    }

    /// What is to be done now, the oldest first.
    pub(crate) fn due(&self, config: &Config, now: UnixTime) -> Option<Due> {
        let mut records: Vec<&Record> = self.records.values().collect();
        records.sort_by_key(|record| record.order);
        records.into_iter().find_map(|record| {
            let act = record.due(now)?;
            Some(Due {
                id: record.id,
                act,
                hook: hook(record, config)?.clone(),
                input: input(record, act),
            })
        })
    }

    /// When something is to be done next, if nothing is now.
    pub(crate) fn next_at(&self, now: UnixTime) -> Option<UnixTime> {
        self.records
            .values()
            .filter_map(|record| record.next_at(now))
            .min()
    }

    /// Writes down that something begins. Only then may it be done.
    pub(crate) fn begin(&mut self, due: &Due) -> Result<(), FileError> {
        self.change(due.id, |record| record.begin(due.act))
    }

    /// Writes down how it went.
    pub(crate) fn finish(&mut self, id: Uuid, word: Word) -> Result<(), FileError> {
        self.change(id, |record| record.finish(word))
    }

    /// What the provider has to be told next.
    pub(crate) fn owed(&self) -> Option<Owed> {
        self.records
            .values()
            .filter_map(|record| Some((record.order, record.id, record.owed.front()?)))
            .min_by_key(|(order, ..)| *order)
            .map(|(_, id, word)| Owed {
                id,
                word: word.clone(),
            })
    }

    /// The provider was told the oldest word of an item.
    pub(crate) fn told(&mut self, id: Uuid) -> Result<(), FileError> {
        self.change(id, |record| drop(record.owed.pop_front()))
    }

    /// The events that go on, and that this gateway follows.
    pub(crate) fn running(&self, now: UnixTime) -> Vec<Running> {
        self.records
            .values()
            .filter(|record| record.is_running(now))
            .filter_map(|record| match &record.task {
                Task::Event {
                    event, progress, ..
                } => Some(Running {
                    id: record.id,
                    event: openadr::Event::clone(event),
                    reported_at: progress.reported_at,
                }),
                _ => None,
            })
            .collect()
    }

    /// Load is reported for an event.
    pub(crate) fn reported(&mut self, id: Uuid, at: UnixTime) -> Result<(), FileError> {
        self.change(id, |record| {
            if let Task::Event { progress, .. } = &mut record.task {
                progress.reported_at = Some(at);
            }
        })
    }

    fn change(&mut self, id: Uuid, change: impl FnOnce(&mut Record)) -> Result<(), FileError> {
        let Some(mut record) = self.records.get(&id).cloned() else {
            return Ok(());
        };
        change(&mut record);
        if self.records.get(&id) != Some(&record) {
            self.write(&record)?;
            self.records.insert(id, record);
        }
        Ok(())
    }

    fn write(&self, record: &Record) -> Result<(), FileError> {
        let json = serde_json::to_vec(record).expect("a record is plain structs with string keys");
        files::replace(&self.path(record.id), &json, Readers::Owner)
    }

    fn remove(&mut self, id: Uuid) -> Result<(), FileError> {
        files::remove(&self.path(id))?;
        self.records.remove(&id);
        Ok(())
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(id.to_string()).with_extension("json")
    }
}

fn task(item: &Item) -> Option<(Task, Option<UnixTime>)> {
    match item {
        Item::Instruction {
            expires_at,
            name,
            arguments,
            from,
            ..
        } => Some((
            Task::Instruction {
                name: name.clone(),
                arguments: arguments.clone(),
                from: from.clone(),
                stage: Stage::Waiting,
            },
            Some(*expires_at),
        )),
        Item::Event {
            expires_at,
            status,
            event,
            ..
        } => Some((
            Task::Event {
                status: *status,
                event: event.clone(),
                progress: Progress::default(),
            },
            Some(*expires_at),
        )),
        Item::Settings(_) => Some((Task::Note, None)),
        // What a gateway has no use for, or takes in without a receipt.
        _ => None,
    }
}

/// What the provider is told when an item arrives.
fn first_word(task: &Task, config: &Config, now: UnixTime) -> Word {
    let refused = |why: &str| Word::new(Outcome::Refused, now, why.to_owned());
    match task {
        Task::Note => Word::new(Outcome::Executed, now, None),
        Task::Instruction { name, .. } if config.instruction(name).is_none() => {
            refused("this gateway does not know this instruction")
        }
        Task::Event {
            status: EventStatus::Active,
            event,
            ..
        } if config.event.is_some() && event.start().is_none() => {
            refused("the times of this event cannot be read")
        }
        Task::Event { .. } if config.event.is_none() => {
            refused("this gateway does not follow events")
        }
        Task::Instruction { .. } | Task::Event { .. } => {
            Word::new(Outcome::Acknowledged, now, None)
        }
    }
}

/// How late this gateway begins an event that wants its devices not all to begin at once.
fn offset(event: &openadr::Event, rng: &mut (impl CryptoRng + ?Sized)) -> u64 {
    let within = event
        .interval_period
        .as_ref()
        .and_then(|period| openadr::seconds_of(period.randomize_start.as_deref()?));
    match within {
        Some(within) if within > 0 => rng.next_u64() % (within.saturating_add(1)),
        _ => 0,
    }
}

fn hook<'a>(record: &Record, config: &'a Config) -> Option<&'a Hook> {
    match &record.task {
        Task::Instruction { name, .. } => config.instruction(name),
        Task::Event { .. } => config.event.as_ref(),
        Task::Note => None,
    }
}

fn after_interruption(record: &Record, config: &Config) -> AfterInterruption {
    hook(record, config).map_or_else(AfterInterruption::default, |hook| hook.after_interruption)
}

fn input(record: &Record, act: Act) -> Value {
    match &record.task {
        Task::Instruction {
            name,
            arguments,
            from,
            ..
        } => json!({
            "kind": "instruction",
            "id": record.id,
            "name": name,
            "arguments": arguments,
            "from": from,
            "expires_at": record.expires_at,
        }),
        Task::Event { event, .. } => {
            let (start, end) = match act {
                Act::Interval { start, end, .. } => (Some(start), end),
                _ => (None, None),
            };
            json!({
                "kind": "event",
                "id": record.id,
                "phase": act.as_str(),
                "interval": act.interval(event),
                "start": start,
                "end": end,
                "event": event,
            })
        }
        Task::Note => Value::Null,
    }
}

#[cfg(test)]
mod tests;
