//! What is measured while an event goes on, as the provider is told it.

use gridpass_protocol::{
    UnixTime,
    openadr::{Event, Interval, IntervalPeriod, Report, ReportResource, ValuesMap},
};
use serde_json::{Map, Value};

/// Values of one measurement, at most.
const MOST_VALUES: usize = 16;
/// The resource that stands for all that a gateway measures (OpenADR 3.1, *Report object*).
const WHOLE: &str = "AGGREGATED_REPORT";

/// What a hook printed is no measurement.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a measurement: expected a JSON object of numbers, like {{\"DEMAND\": 1.2}}")]
pub(crate) struct NotAMeasurement;

/// The report of a measurement, for the time since the one before.
pub(crate) fn of(
    output: &str,
    event: &Event,
    client_name: &str,
    (from, to): (UnixTime, UnixTime),
) -> Result<Report, NotAMeasurement> {
    let values: Map<String, Value> = serde_json::from_str(output).map_err(|_| NotAMeasurement)?;
    let is_good = |(name, value): (&String, &Value)| {
        value.is_number() && (1..=128).contains(&name.chars().count())
    };
    if values.is_empty() || values.len() > MOST_VALUES || !values.iter().all(is_good) {
        return Err(NotAMeasurement);
    }
    let payloads = values
        .into_iter()
        .map(|(value_type, value)| ValuesMap {
            value_type,
            values: vec![value],
        })
        .collect();
    let period = IntervalPeriod::new(from, to.since(from));
    Ok(Report {
        program_id: Some(event.program_id.clone()),
        event_id: event.id.clone(),
        client_name: Some(client_name.to_owned()),
        report_name: None,
        resources: vec![ReportResource {
            resource_name: WHOLE.to_owned(),
            interval_period: Some(period),
            intervals: vec![Interval {
                id: 0,
                interval_period: None,
                payloads,
            }],
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(output: &str) -> Result<Report, NotAMeasurement> {
        let event = Event {
            id: "event".into(),
            program_id: "program".into(),
            ..Event::default()
        };
        of(
            output,
            &event,
            "gateway",
            (UnixTime(1_800_000_000), UnixTime(1_800_000_060)),
        )
    }

    #[test]
    fn a_measurement_becomes_a_report() {
        let report = report(r#"{"DEMAND": 1.2, "STORAGE_CHARGE_LEVEL": 80}"#).unwrap();
        assert_eq!(report.event_id, "event");
        let resource = &report.resources[0];
        let period = resource.interval_period.as_ref().unwrap();
        assert_eq!(period.seconds(), Some(60));
        let payloads = &resource.intervals[0].payloads;
        assert_eq!(payloads.len(), 2);
        let usage = payloads.iter().find(|values| values.value_type == "DEMAND");
        assert_eq!(usage.unwrap().values, [Value::from(1.2)]);
    }

    #[test]
    fn anything_else_is_none() {
        for output in ["", "1.2", "{}", "[1]", r#"{"DEMAND": "1.2"}"#, r#"{"": 1}"#] {
            assert_eq!(report(output), Err(NotAMeasurement), "{output}");
        }
    }
}
