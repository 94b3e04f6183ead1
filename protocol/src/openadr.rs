//! What a device reads and writes of OpenADR 3.1: events and reports, and the times in them.
//!
//! Small on purpose, because it travels to every phone. Unknown members are passed over; what a
//! device has no use for (descriptors, say) is not here.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::UnixTime;

mod moment;

pub use moment::{Moment, duration, rfc3339, seconds_of};

/// An event (OpenADR 3.1, *Event object*).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "objectType", rename = "EVENT", rename_all = "camelCase")]
pub struct Event {
    /// The VTN's id of it.
    pub id: String,
    /// When it was made, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date_time: Option<String>,
    /// When it was last changed, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modification_date_time: Option<String>,
    /// The programme that it belongs to.
    #[serde(rename = "programID")]
    pub program_id: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// How long it lasts in all, ISO 8601: longer than its intervals together, they repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// 0 is the most urgent; none the least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u32>,
    /// Whom it is for.
    #[serde(
        default,
        deserialize_with = "list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub targets: Vec<String>,
    /// When its first interval begins, and how long each lasts that does not say so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_period: Option<IntervalPeriod>,
    /// What is asked, one after the other.
    #[serde(
        default,
        deserialize_with = "list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub intervals: Vec<Interval>,
}

/// What is asked, or was measured, in one stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interval {
    /// Its number; says nothing of the order.
    pub id: i32,
    /// When it is, if not after the one before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_period: Option<IntervalPeriod>,
    /// What about it.
    pub payloads: Vec<ValuesMap>,
}

/// Values and what they mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValuesMap {
    /// What they mean: `SIMPLE`, `USAGE`, …
    #[serde(rename = "type")]
    pub value_type: String,
    /// Numbers, words, truth values or points.
    pub values: Vec<Value>,
}

/// A stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntervalPeriod {
    /// When it begins, RFC 3339; the year 1 means at once.
    pub start: String,
    /// How long it lasts, ISO 8601; without it, or `P9999Y`: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// Within how much time of `start` a device is to begin at random, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub randomize_start: Option<String>,
}

/// What was measured (OpenADR 3.1, *Report object*).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "objectType", rename = "REPORT", rename_all = "camelCase")]
pub struct Report {
    /// The programme; OpenADR 3.1 leaves it to the event.
    #[serde(rename = "programID", default, skip_serializing_if = "Option::is_none")]
    pub program_id: Option<String>,
    /// The event it is about.
    #[serde(rename = "eventID")]
    pub event_id: String,
    /// Who measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_name: Option<String>,
    /// What was measured where.
    pub resources: Vec<ReportResource>,
}

/// What was measured at one place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportResource {
    /// Which; `AGGREGATED_REPORT` for all of the device's together.
    pub resource_name: String,
    /// When the first interval begins, and how long each lasts that does not say so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_period: Option<IntervalPeriod>,
    /// The values, one after the other.
    pub intervals: Vec<Interval>,
}

/// One interval and when it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot<'a> {
    /// The interval.
    pub interval: &'a Interval,
    /// When it begins.
    pub start: UnixTime,
    /// When it ends; none: never.
    pub end: Option<UnixTime>,
}

impl IntervalPeriod {
    /// The one that begins then and lasts so many seconds.
    #[must_use]
    pub fn new(start: UnixTime, seconds: u64) -> Self {
        Self {
            start: rfc3339(start),
            duration: Some(duration(seconds)),
            randomize_start: None,
        }
    }

    /// Its length in seconds; none: without end, or unreadable.
    #[must_use]
    pub fn seconds(&self) -> Option<u64> {
        seconds_of(self.duration.as_deref()?)
    }
}

impl Event {
    /// When it begins; none if it does not say so in a way that can be read.
    #[must_use]
    pub fn start(&self) -> Option<UnixTime> {
        let own = self.interval_period.as_ref();
        let first = self.intervals.first();
        let period = first.and_then(|first| first.interval_period.as_ref());
        self.begin(own.or(period)?)
    }

    /// When it is over; none: never, or unknown.
    #[must_use]
    pub fn end(&self) -> Option<UnixTime> {
        if let Some(length) = self.duration.as_deref().and_then(seconds_of) {
            return Some(self.start()?.plus(length));
        }
        if self.intervals.is_empty() {
            let length = self.interval_period.as_ref()?.seconds()?;
            return Some(self.start()?.plus(length));
        }
        let slots = self.slots();
        let ends = slots.iter().map(|slot| slot.end);
        ends.reduce(|latest, end| latest.zip(end).map(|(latest, end)| latest.max(end)))?
    }

    /// Its intervals with their times, as they are written: those that say no time of their own
    /// follow one another from the event's start, each as long as the event's period says. Ends
    /// before the first one whose time cannot be known.
    #[must_use]
    pub fn slots(&self) -> Vec<Slot<'_>> {
        let own = self.interval_period.as_ref();
        let mut next = own.and_then(|period| self.begin(period));
        let mut slots = Vec::with_capacity(self.intervals.len());
        for interval in &self.intervals {
            let period = interval.interval_period.as_ref();
            let Some(start) = period.map_or(next, |period| self.begin(period)) else {
                break;
            };
            let length = period.or(own).and_then(IntervalPeriod::seconds);
            let end = length.map(|length| start.plus(length));
            slots.push(Slot {
                interval,
                start,
                end,
            });
            next = end;
        }
        slots
    }

    /// When a period of this event begins. One that begins at once began when the event was made.
    fn begin(&self, period: &IntervalPeriod) -> Option<UnixTime> {
        match Moment::parse(&period.start)? {
            Moment::At(time) => Some(time),
            Moment::Now => match Moment::parse(self.created_date_time.as_deref()?)? {
                Moment::At(time) => Some(time),
                Moment::Now => None,
            },
        }
    }
}

/// A list, for which `null` stands too when it is empty.
fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
