//! What the provider sent, what the person did about it, and what there is to say back.
//!
//! It lies in the record of its enrollment: an item is kept, and its receipt waits, in the same
//! transaction in which the conversation goes on.

use gridpass_protocol::{
    Choice, EventStatus, Item, Outcome, UnixTime, UpKind,
    openadr::{Event, Slot, ValuesMap},
};
use gridpass_wire::{
    AskedSpan, Decision, EventCall, HeldEvent, HeldInbox, HeldNote, Knocking, Taking,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// The most events and messages that are kept; what is longest over goes first.
const MOST_EVENTS: usize = 200;
const MOST_NOTES: usize = 50;

/// The most items whose repetition is recognised. An item is repeated until its receipt is heard,
/// which is the next thing that is said.
const MOST_SETTLED: usize = 500;

/// The instruction that a phone carries out: it shows a message.
const MESSAGE: &str = "message";

/// Payloads with which a provider tells people what an event belongs to, and what they get for it.
const PROGRAMME: &str = "GRIDPASS_PROGRAMME";
const INCENTIVE: &str = "GRIDPASS_INCENTIVE";

/// What the originator of any other instruction is told.
const NOTHING_TO_SWITCH: &str = "This device shows messages and events; it switches nothing.";

/// What the provider sent, in the form in which pages show it: small, and read without OpenADR.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Inbox {
    /// The one that begins last comes first.
    events: Vec<HeldEvent>,
    notes: Vec<HeldNote>,
    /// What is said next, oldest first. The first of them may be on its way.
    words: Vec<Word>,
    /// Items that need nothing more than their receipt.
    settled: Vec<Uuid>,
    #[serde(default)]
    knocking: Knocking,
}

/// Something to say.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Word {
    /// What has become of an item.
    Receipt {
        item: Uuid,
        outcome: Outcome,
        at: UnixTime,
        detail: Option<String>,
    },
    /// What was decided about an event.
    Opt { event: String, taking: Taking },
    /// Where to knock; none: nowhere, and which key is the provider's?
    Push { endpoint: Option<String> },
}

impl From<Word> for UpKind {
    fn from(word: Word) -> Self {
        match word {
            Word::Receipt {
                item,
                outcome,
                at,
                detail,
            } => Self::Receipt {
                item,
                outcome,
                at,
                detail,
            },
            Word::Push { endpoint } => Self::Push { endpoint },
            Word::Opt { event, taking } => Self::Opt {
                event,
                choice: match taking {
                    Taking::In => Choice::In,
                    Taking::Out => Choice::Out,
                },
                reason: None,
            },
        }
    }
}

impl Inbox {
    /// Keeps an item that asks for a receipt, and writes the receipt down. What is there already
    /// changes nothing: an item comes until its receipt has been heard.
    pub(crate) fn take_in(&mut self, item: Item, now: UnixTime) {
        let Some(id) = item.id() else { return };
        let is_known = self.settled.contains(&id);
        if is_known && self.has_receipt(id) {
            return;
        }
        let (outcome, detail) = match item {
            Item::Event { status, event, .. } => {
                if !is_known {
                    self.keep_event(&event, status);
                }
                (Outcome::Acknowledged, None)
            }
            Item::Instruction {
                name, arguments, ..
            } if name == MESSAGE => {
                if !is_known {
                    self.keep_note(&arguments, now);
                }
                (Outcome::Executed, None)
            }
            Item::Instruction { .. } => (Outcome::Refused, Some(NOTHING_TO_SWITCH.to_owned())),
            // Whoever calls this has put them in force.
            _ => (Outcome::Executed, None),
        };
        if !is_known {
            self.settled.push(id);
            drop_first(&mut self.settled, MOST_SETTLED);
        }
        self.words.push(Word::Receipt {
            item: id,
            outcome,
            at: now,
            detail,
        });
    }

    fn has_receipt(&self, id: Uuid) -> bool {
        let is_it = |word: &Word| matches!(word, Word::Receipt { item, .. } if *item == id);
        self.words.iter().any(is_it)
    }

    fn keep_event(&mut self, event: &Event, status: EventStatus) {
        let known = self.events.iter().position(|kept| kept.id == event.id);
        let before = known.map(|place| self.events.remove(place));
        let mut news = held_event(event);
        if let Some(before) = before {
            news.decision = before.decision;
            news.call = before.call;
            if news != before || before.call == EventCall::Off {
                news.call = EventCall::Changed;
            }
        }
        if status == EventStatus::Cancelled {
            news.call = EventCall::Off;
        }
        // Kept in the order in which they are shown.
        let begins_later = |other: &HeldEvent| other.starts_at > news.starts_at;
        let place = self.events.partition_point(begins_later);
        self.events.insert(place, news);
        if self.events.len() > MOST_EVENTS {
            // What does not say when it is over or begins is over first; of two the one heard first.
            let over_at = |event: &HeldEvent| event.ends_at.or(event.starts_at);
            let places = (0..self.events.len()).rev();
            let oldest = places.min_by_key(|place| over_at(&self.events[*place]));
            oldest.map(|place| self.events.remove(place));
        }
    }

    fn keep_note(&mut self, arguments: &Map<String, Value>, now: UnixTime) {
        let text = |name: &str| {
            let text = arguments.get(name).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        self.notes.push(HeldNote {
            title: text("title"),
            text: text("text"),
            heard_at: now.0,
        });
        drop_first(&mut self.notes, MOST_NOTES);
    }

    /// Writes down what the person decided about an event, to be told. What was decided before and
    /// is not on its way yet is not told any more.
    pub(crate) fn decide(&mut self, event: &str, taking: Taking, first_word: Sent) {
        let Some(kept) = self.events.iter_mut().find(|kept| kept.id == event) else {
            return;
        };
        kept.decision = Decision::Untold(taking);
        let sent = usize::from(first_word == Sent::Yes).min(self.words.len());
        let mut place = 0;
        self.words.retain(|word| {
            place += 1;
            place <= sent || !is_about(word, event)
        });
        let event = event.to_owned();
        self.words.push(Word::Opt { event, taking });
    }

    /// Writes down where the provider is to knock, if anywhere, to be told.
    pub(crate) fn knock(&mut self, knocking: Knocking) {
        let endpoint = match &knocking {
            Knocking::Known { endpoint, .. } => endpoint.clone(),
            Knocking::Off | Knocking::Wanted => None,
        };
        self.knocking = knocking;
        self.words.push(Word::Push { endpoint });
    }

    /// Takes up the provider's key, if it is wanted and another one than is known.
    pub(crate) fn take_up_key(&mut self, key: Vec<u8>) {
        let is_news = match &self.knocking {
            Knocking::Off => false,
            Knocking::Wanted => true,
            Knocking::Known { key: known, .. } => *known != key,
        };
        if is_news {
            let endpoint = None;
            self.knocking = Knocking::Known { key, endpoint };
        }
    }

    /// Whether the provider knocks.
    pub(crate) fn knocking(&self) -> Knocking {
        self.knocking.clone()
    }

    /// What is to be said next.
    pub(crate) fn next_word(&self) -> Option<Word> {
        self.words.first().cloned()
    }

    /// The first word has been heard, or will never be.
    pub(crate) fn strike_word(&mut self) {
        if self.words.is_empty() {
            return;
        }
        if let Word::Opt { event, .. } = self.words.remove(0)
            && !self.words.iter().any(|word| is_about(word, &event))
            && let Some(kept) = self.events.iter_mut().find(|kept| kept.id == event)
            && let Some(taking) = kept.decision.taking()
        {
            kept.decision = Decision::Told(taking);
        }
    }

    /// What a page is told of it.
    pub(crate) fn held(&self) -> HeldInbox {
        let mut notes = self.notes.clone();
        notes.reverse();
        HeldInbox {
            events: self.events.clone(),
            notes,
        }
    }
}

/// An event as pages show it.
fn held_event(event: &Event) -> HeldEvent {
    let seconds = |time: UnixTime| time.0;
    HeldEvent {
        id: event.id.clone(),
        name: event.event_name.clone().unwrap_or_default(),
        programme: words_of(event, PROGRAMME),
        incentive: words_of(event, INCENTIVE),
        starts_at: event.start().map(seconds),
        ends_at: event.end().map(seconds),
        asked: event.slots().into_iter().filter_map(asked).collect(),
        call: EventCall::On,
        decision: Decision::None,
    }
}

/// Whether the first word of an [`Inbox`] has been sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    Yes,
    No,
}

/// Whether a word tells what was decided about an event.
fn is_about(word: &Word, event: &str) -> bool {
    matches!(word, Word::Opt { event: about, .. } if about == event)
}

/// What a page shows of an interval: its first payload that asks for something.
fn asked(slot: Slot<'_>) -> Option<AskedSpan> {
    let asks = |payload: &&ValuesMap| ![PROGRAMME, INCENTIVE].contains(&&*payload.value_type);
    let payload = slot.interval.payloads.iter().find(asks)?;
    Some(AskedSpan {
        starts_at: slot.start.0,
        ends_at: slot.end.map(|end| end.0),
        kind: payload.value_type.clone(),
        value: first_value(payload),
    })
}

/// What a payload of an event says that is there for people to read.
fn words_of(event: &Event, kind: &str) -> String {
    let mut payloads = event
        .intervals
        .iter()
        .flat_map(|interval| &interval.payloads);
    let payload = payloads.find(|payload| payload.value_type == kind);
    payload.map(first_value).unwrap_or_default()
}

fn first_value(payload: &ValuesMap) -> String {
    match payload.values.first() {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

/// Drops the first ones of a list that is longer than it may be.
fn drop_first<T>(list: &mut Vec<T>, most: usize) {
    let surplus = list.len().saturating_sub(most);
    list.drain(..surplus);
}

#[cfg(test)]
mod tests;
