//! The load that reports tell, summed up in spans of five minutes.
//!
//! A report's readings are added to the sums in the transaction that keeps the report, and taken
//! off again when another one takes its place: the sums always tell what the kept reports tell.

use std::collections::BTreeMap;

use gridpass_protocol::{
    UnixTime,
    openadr::{Interval, IntervalPeriod, Moment, Report, ReportResource},
};

use super::Event;
use crate::{
    id::{EventId, ProviderId},
    store::{Connection, RowReader, StoreError, params, seconds, sql},
};

/// Seconds of a span.
const SPAN: u64 = 300;
/// How far before an event and after it readings are summed up, in seconds.
const AROUND: u64 = 24 * 60 * 60;
/// The largest load of one reading that is believed, in watts.
const MOST_WATTS: f64 = 1e9;

/// The load of all devices that report, in five minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadSpan {
    /// When the span begins.
    pub at: UnixTime,
    /// The mean load of a device, in watts.
    pub mean_watts: i64,
    /// For how many seconds of it there are readings, all devices together.
    pub seconds: u64,
}

/// What one report adds to a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Share {
    watt_seconds: i64,
    seconds: i64,
}

/// What a report adds, by the beginning of the span.
pub(super) struct Shares(BTreeMap<u64, Share>);

impl Shares {
    /// What a report tells of the load around an event. Where a device reports several resources
    /// their loads add up, unless it reports their sum itself.
    pub(super) fn of(report: &Report, event: &Event) -> Self {
        let from = event.draft.starts_at.minus(AROUND);
        let to = event.ends_at.plus(AROUND);
        let is_sum = |resource: &&ReportResource| resource.resource_name == "AGGREGATED_REPORT";
        let sum = report.resources.iter().find(is_sum);
        let resources = match sum {
            Some(resource) => std::slice::from_ref(resource),
            None => &report.resources,
        };
        let mut all = BTreeMap::<u64, Share>::new();
        for resource in resources {
            for (at, share) in spans(resource, from, to) {
                let known = all.entry(at).or_default();
                known.watt_seconds = known.watt_seconds.saturating_add(share.watt_seconds);
                known.seconds = known.seconds.max(share.seconds);
            }
        }
        Self(all)
    }

    /// Adds them to the sums of an event.
    pub(super) fn add(
        &self,
        connection: &Connection,
        provider: &ProviderId,
        event: EventId,
    ) -> Result<(), StoreError> {
        self.write(connection, provider, event, 1)
    }

    /// Takes them off again.
    pub(super) fn take_off(
        &self,
        connection: &Connection,
        provider: &ProviderId,
        event: EventId,
    ) -> Result<(), StoreError> {
        self.write(connection, provider, event, -1)
    }

    fn write(
        &self,
        connection: &Connection,
        provider: &ProviderId,
        event: EventId,
        sign: i64,
    ) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(sql!(
            "INSERT INTO dr_load (provider_id, event_id, at, watt_seconds, seconds)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (provider_id, event_id, at) DO UPDATE SET
                 watt_seconds = dr_load.watt_seconds + excluded.watt_seconds,
                 seconds = dr_load.seconds + excluded.seconds"
        ))?;
        for (at, share) in &self.0 {
            statement.execute(params![
                provider.as_str(),
                event.as_bytes(),
                seconds(UnixTime(*at)),
                sign * share.watt_seconds,
                sign * share.seconds
            ])?;
        }
        Ok(())
    }
}

/// What one resource adds to each span between two times.
fn spans(resource: &ReportResource, from: UnixTime, to: UnixTime) -> BTreeMap<u64, Share> {
    let mut found = BTreeMap::<u64, Share>::new();
    let own = resource.interval_period.as_ref();
    let mut next = own.and_then(start);
    for interval in &resource.intervals {
        let period = interval.interval_period.as_ref();
        let begin = period.map_or(next, start);
        let length = period.or(own).and_then(IntervalPeriod::seconds);
        let (Some(begin), Some(length)) = (begin, length.filter(|length| *length > 0)) else {
            break;
        };
        let end = begin.plus(length);
        next = Some(end);
        if let Some(watts) = watts(interval, length) {
            cover(&mut found, watts, begin.max(from), end.min(to));
        }
    }
    found
}

fn cover(found: &mut BTreeMap<u64, Share>, watts: i64, begin: UnixTime, end: UnixTime) {
    let mut at = begin.0;
    while at < end.0 {
        let span = at - at % SPAN;
        let until = end.0.min(span + SPAN);
        // At most the seconds of a span.
        let covered = i64::try_from(until - at).unwrap_or(0);
        let share = found.entry(span).or_default();
        share.watt_seconds += watts * covered;
        share.seconds += covered;
        at = until;
    }
}

fn start(period: &IntervalPeriod) -> Option<UnixTime> {
    match Moment::parse(&period.start)? {
        Moment::At(time) => Some(time),
        Moment::Now => None,
    }
}

/// The load of an interval: `DEMAND` in kilowatts, or `USAGE` in kilowatt-hours over its length
/// (OpenADR 3.1 Definitions, report payloads).
fn watts(interval: &Interval, length: u64) -> Option<i64> {
    let value = |wanted: &str| {
        let found = interval
            .payloads
            .iter()
            .find(|payload| payload.value_type == wanted)?;
        found.values.first()?.as_f64()
    };
    #[expect(clippy::cast_precision_loss, reason = "lengths are days at most")]
    let watts = match value("DEMAND") {
        Some(kilowatts) => kilowatts * 1000.0,
        None => value("USAGE")? * 3_600_000.0 / length as f64,
    };
    #[expect(clippy::cast_possible_truncation, reason = "bounded in the same line")]
    (watts.abs() <= MOST_WATTS).then_some(watts.round() as i64)
}

/// What the devices of an event report, oldest first.
pub(super) fn of_event(
    connection: &Connection,
    provider: &ProviderId,
    event: EventId,
) -> Result<Vec<LoadSpan>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT at, watt_seconds, seconds FROM dr_load
         WHERE provider_id = $1 AND event_id = $2 AND seconds > 0 ORDER BY at"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), event.as_bytes()])?;
    let mut spans = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "dr_load");
        let at = row.time("at")?;
        let watt_seconds: i64 = row.value("watt_seconds")?;
        let seconds: i64 = row.value("seconds")?;
        spans.push(LoadSpan {
            at,
            mean_watts: watt_seconds / seconds,
            seconds: seconds.unsigned_abs(),
        });
    }
    Ok(spans)
}

#[cfg(test)]
mod tests {
    use gridpass_protocol::openadr::ValuesMap;

    use super::*;

    fn interval(id: i32, kind: &str, value: f64) -> Interval {
        Interval {
            id,
            interval_period: None,
            payloads: vec![ValuesMap {
                value_type: kind.into(),
                values: vec![value.into()],
            }],
        }
    }

    fn resource(name: &str, start: u64, length: u64, intervals: Vec<Interval>) -> ReportResource {
        ReportResource {
            resource_name: name.into(),
            interval_period: Some(IntervalPeriod::new(UnixTime(start), length)),
            intervals,
        }
    }

    fn shares(resource: &ReportResource) -> Vec<(u64, i64, i64)> {
        spans(resource, UnixTime(0), UnixTime(u64::MAX))
            .into_iter()
            .map(|(at, share)| (at, share.watt_seconds, share.seconds))
            .collect()
    }

    #[test]
    fn a_reading_is_shared_out_among_the_spans_that_it_covers() {
        let fifteen_minutes = resource("a", 1500, 900, vec![interval(0, "DEMAND", 2.0)]);
        assert_eq!(
            shares(&fifteen_minutes),
            [
                (1500, 600_000, 300),
                (1800, 600_000, 300),
                (2100, 600_000, 300)
            ]
        );
        let across = resource("a", 1700, 200, vec![interval(0, "DEMAND", 1.0)]);
        assert_eq!(
            shares(&across),
            [(1500, 100_000, 100), (1800, 100_000, 100)]
        );
    }

    #[test]
    fn energy_over_a_time_is_load() {
        let usage = resource("a", 3000, 300, vec![interval(0, "USAGE", 0.25)]);
        // A quarter of a kilowatt-hour in five minutes: 3 kW.
        assert_eq!(shares(&usage), [(3000, 900_000, 300)]);
    }

    #[test]
    fn what_cannot_be_a_load_is_left_out() {
        for kind in ["OPERATING_STATE", "SETPOINT"] {
            assert_eq!(
                shares(&resource("a", 3000, 300, vec![interval(0, kind, 1.0)])),
                []
            );
        }
        let endless = resource("a", 3000, 0, vec![interval(0, "DEMAND", 1.0)]);
        assert_eq!(shares(&endless), []);
        let absurd = resource("a", 3000, 300, vec![interval(0, "DEMAND", 1e12)]);
        assert_eq!(shares(&absurd), []);
    }
}
