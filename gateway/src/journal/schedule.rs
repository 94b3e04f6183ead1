//! When an event wants what: its intervals, one after the other, its end, or its being called off.

use gridpass_protocol::{
    UnixTime,
    message::EventStatus,
    openadr::{Event, Interval},
};
use serde::{Deserialize, Serialize};

use super::record::Progress;

/// Something to be done once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub(crate) enum Act {
    /// An instruction.
    Once,
    /// An interval of an event begins.
    Interval {
        /// Its place among the event's intervals.
        index: usize,
        /// When this gateway begins it.
        start: UnixTime,
        /// When it is over; none: never.
        end: Option<UnixTime>,
    },
    /// A time in which the event asks for nothing, between two intervals.
    Between,
    /// The event is over.
    End,
    /// The event was called off after it had begun.
    CalledOff,
}

impl Act {
    /// Its word for hooks.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Interval { .. } => "interval",
            Self::Between => "between",
            Self::End => "end",
            Self::CalledOff => "cancelled",
        }
    }

    /// The interval of the event that begins.
    pub(crate) fn interval(self, event: &Event) -> Option<&Interval> {
        match self {
            Self::Interval { index, .. } => event.intervals.get(index),
            _ => None,
        }
    }
}

/// What an event wants now that was not done yet.
pub(super) fn due(
    status: EventStatus,
    event: &Event,
    progress: &Progress,
    now: UnixTime,
) -> Option<Act> {
    let wanted = match status {
        EventStatus::Cancelled => Act::CalledOff,
        EventStatus::Active => wanted(event, progress.offset, now)?,
    };
    let counts = progress.has_started || matches!(wanted, Act::Interval { .. });
    let is_done = match (wanted, progress.done) {
        (Act::CalledOff, Some(Act::End)) => true,
        (wanted, done) => done == Some(wanted),
    };
    (counts && !is_done).then_some(wanted)
}

/// What an event that takes place wants now; none before it begins.
fn wanted(event: &Event, offset: u64, now: UnixTime) -> Option<Act> {
    let acts = acts(event, offset, now);
    let first = acts.iter().map(|(start, _)| *start).min()?;
    if now < first {
        return None;
    }
    if is_over(event, offset, now) {
        return Some(Act::End);
    }
    let running = acts
        .into_iter()
        .filter(|(start, end)| *start <= now && end.is_none_or(|end| now < end))
        .max_by_key(|(start, _)| *start);
    let Some((start, end)) = running else {
        return Some(Act::Between);
    };
    let index = index_at(event, offset, now, start)?;
    Some(Act::Interval { index, start, end })
}

/// Whether an event is over.
pub(super) fn is_over(event: &Event, offset: u64, now: UnixTime) -> bool {
    event.end().is_some_and(|end| now >= end.plus(offset))
}

/// When an event changes next what it wants.
pub(super) fn next_change(event: &Event, offset: u64, now: UnixTime) -> Option<UnixTime> {
    let edges = acts(event, offset, now)
        .into_iter()
        .flat_map(|(start, end)| [Some(start), end]);
    let end = event.end().map(|end| end.plus(offset));
    edges
        .chain([end])
        .flatten()
        .filter(|edge| *edge > now)
        .min()
}

/// Start and end of each interval, in the round of repetitions that `now` is in.
fn acts(event: &Event, offset: u64, now: UnixTime) -> Vec<(UnixTime, Option<UnixTime>)> {
    let shift = offset + repetition(event, offset, now);
    let last = event.end().map(|end| end.plus(offset));
    event
        .slots()
        .iter()
        .map(|slot| {
            let end = slot.end.map(|end| end.plus(shift));
            let end = match (end, last) {
                (Some(end), Some(last)) => Some(end.min(last)),
                (end, last) => end.or(last),
            };
            (slot.start.plus(shift), end)
        })
        .collect()
}

fn index_at(event: &Event, offset: u64, now: UnixTime, start: UnixTime) -> Option<usize> {
    let shift = offset + repetition(event, offset, now);
    event
        .slots()
        .iter()
        .position(|slot| slot.start.plus(shift) == start)
}

/// Seconds by which the intervals of an event are later in the present round: an event that lasts
/// longer than its intervals together repeats them (OpenADR 3.1, *Event object*).
fn repetition(event: &Event, offset: u64, now: UnixTime) -> u64 {
    let round = || {
        event.duration.as_ref()?;
        let slots = event.slots();
        let start = slots.iter().map(|slot| slot.start).min()?;
        let end = slots
            .iter()
            .map(|slot| slot.end)
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .max()?;
        let round = end.since(start);
        let rounds = now.since(start.plus(offset)).checked_div(round)?;
        Some(rounds * round)
    };
    round().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use gridpass_protocol::openadr::IntervalPeriod;
    use proptest::prelude::*;

    use super::*;

    const START: u64 = 1_800_000_000;

    /// An event of so many intervals of ten seconds.
    fn event(intervals: i32) -> Event {
        Event {
            interval_period: Some(IntervalPeriod::new(UnixTime(START), 10)),
            intervals: (0..intervals)
                .map(|id| Interval {
                    id,
                    ..Interval::default()
                })
                .collect(),
            ..Event::default()
        }
    }

    fn at(seconds: u64) -> UnixTime {
        UnixTime(START + seconds)
    }

    fn wants(event: &Event, seconds: u64) -> Option<Act> {
        wanted(event, 0, at(seconds))
    }

    fn interval(index: usize, start: u64) -> Act {
        Act::Interval {
            index,
            start: at(start),
            end: Some(at(start + 10)),
        }
    }

    #[test]
    fn intervals_follow_one_another_to_the_end() {
        let event = event(2);
        assert_eq!(wanted(&event, 0, UnixTime(START - 1)), None);
        assert_eq!(wants(&event, 0), Some(interval(0, 0)));
        assert_eq!(wants(&event, 9), Some(interval(0, 0)));
        assert_eq!(wants(&event, 10), Some(interval(1, 10)));
        assert_eq!(wants(&event, 20), Some(Act::End));
        assert_eq!(next_change(&event, 0, at(3)), Some(at(10)));
        assert_eq!(next_change(&event, 0, at(30)), None);
    }

    #[test]
    fn a_random_start_moves_everything() {
        let event = event(1);
        assert_eq!(wanted(&event, 5, at(4)), None);
        assert!(matches!(
            wanted(&event, 5, at(14)),
            Some(Act::Interval { .. })
        ));
        assert_eq!(wanted(&event, 5, at(15)), Some(Act::End));
    }

    #[test]
    fn an_event_that_is_longer_than_its_intervals_repeats_them() {
        let mut event = event(2);
        event.duration = Some("PT45S".to_owned());
        assert_eq!(wants(&event, 25), Some(interval(0, 20)));
        assert_eq!(wants(&event, 35), Some(interval(1, 30)));
        let cut = Act::Interval {
            index: 0,
            start: at(40),
            end: Some(at(45)),
        };
        assert_eq!(wants(&event, 44), Some(cut));
        assert_eq!(wants(&event, 45), Some(Act::End));
    }

    #[test]
    fn a_gap_asks_for_nothing() {
        let mut event = event(2);
        event.intervals[1].interval_period = Some(IntervalPeriod::new(at(30), 10));
        assert_eq!(wants(&event, 15), Some(Act::Between));
        assert_eq!(wants(&event, 30), Some(interval(1, 30)));
    }

    #[test]
    fn what_never_began_has_no_end_and_is_not_called_off() {
        let idle = Progress::default();
        let event = event(1);
        assert_eq!(due(EventStatus::Active, &event, &idle, at(60)), None);
        assert_eq!(due(EventStatus::Cancelled, &event, &idle, at(5)), None);
        let running = Progress {
            has_started: true,
            done: Some(interval(0, 0)),
            ..idle
        };
        let off = due(EventStatus::Cancelled, &event, &running, at(5));
        assert_eq!(off, Some(Act::CalledOff));
        let over = due(EventStatus::Active, &event, &running, at(60));
        assert_eq!(over, Some(Act::End));
    }

    proptest! {
        /// However often and whenever it is looked, nothing is done twice, and the end comes last.
        #[test]
        fn nothing_is_done_twice(
            intervals in 1i32..5,
            offset in 0u64..20,
            mut looks in proptest::collection::vec(0u64..120, 1..60),
        ) {
            looks.sort_unstable();
            let event = event(intervals);
            let mut progress = Progress { offset, ..Progress::default() };
            let mut done = Vec::new();
            for seconds in looks {
                if let Some(act) = due(EventStatus::Active, &event, &progress, at(seconds)) {
                    prop_assert!(!done.contains(&act), "{act:?} again at {seconds}");
                    prop_assert_ne!(done.last(), Some(&Act::End));
                    progress.has_started = true;
                    progress.done = Some(act);
                    done.push(act);
                }
            }
        }
    }
}
