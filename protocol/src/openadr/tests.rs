use serde_json::json;

use super::*;

const START: UnixTime = UnixTime(1_798_761_600);

fn event() -> Event {
    let simple = |level: u32| ValuesMap {
        value_type: "SIMPLE".into(),
        values: vec![json!(level)],
    };
    let interval = |id, level| Interval {
        id,
        interval_period: None,
        payloads: vec![simple(level)],
    };
    Event {
        id: "ev-1".into(),
        created_date_time: Some("2026-12-31T12:00:00Z".into()),
        modification_date_time: Some("2026-12-31T12:00:00Z".into()),
        program_id: "summer".into(),
        event_name: Some("Evening peak".into()),
        priority: Some(0),
        targets: vec!["group:north".into()],
        interval_period: Some(IntervalPeriod::new(START, 3600)),
        intervals: vec![interval(0, 1), interval(1, 2)],
        ..Event::default()
    }
}

#[test]
fn the_json_is_openadrs() {
    assert_eq!(
        serde_json::to_value(event()).unwrap(),
        json!({
            "objectType": "EVENT", "id": "ev-1", "programID": "summer", "eventName": "Evening peak",
            "createdDateTime": "2026-12-31T12:00:00Z",
            "modificationDateTime": "2026-12-31T12:00:00Z",
            "priority": 0, "targets": ["group:north"],
            "intervalPeriod": {"start": "2027-01-01T00:00:00Z", "duration": "PT3600S"},
            "intervals": [
                {"id": 0, "payloads": [{"type": "SIMPLE", "values": [1]}]},
                {"id": 1, "payloads": [{"type": "SIMPLE", "values": [2]}]}
            ]
        })
    );
    let report = Report {
        event_id: "ev-1".into(),
        client_name: Some("thermostat".into()),
        resources: vec![ReportResource {
            resource_name: "AGGREGATED_REPORT".into(),
            interval_period: Some(IntervalPeriod::new(START, 900)),
            intervals: vec![Interval {
                id: 0,
                interval_period: None,
                payloads: vec![ValuesMap {
                    value_type: "USAGE".into(),
                    values: vec![json!(1.25)],
                }],
            }],
        }],
        ..Report::default()
    };
    let text = serde_json::to_value(&report).unwrap();
    assert_eq!(
        text,
        json!({
            "objectType": "REPORT", "eventID": "ev-1", "clientName": "thermostat",
            "resources": [{
                "resourceName": "AGGREGATED_REPORT",
                "intervalPeriod": {"start": "2027-01-01T00:00:00Z", "duration": "PT900S"},
                "intervals": [{"id": 0, "payloads": [{"type": "USAGE", "values": [1.25]}]}]
            }]
        })
    );
    assert_eq!(serde_json::from_value::<Report>(text).unwrap(), report);
}

#[test]
fn unknown_members_are_passed_over_and_null_lists_are_empty() {
    let text = json!({
        "id": "e", "programID": "p", "objectType": "EVENT", "later": {"x": 1},
        "payloadDescriptors": [{"payloadType": "SIMPLE"}], "targets": null, "intervals": null
    });
    let event: Event = serde_json::from_value(text).unwrap();
    assert!(event.targets.is_empty() && event.intervals.is_empty());
    assert_eq!((event.start(), event.end()), (None, None));
}

#[test]
fn intervals_follow_one_another_from_the_start() {
    let event = event();
    let times: Vec<_> = event
        .slots()
        .iter()
        .map(|slot| (slot.interval.id, slot.start, slot.end))
        .collect();
    let hour = |hours: u64| START.plus(hours * 3600);
    assert_eq!(
        times,
        [(0, hour(0), Some(hour(1))), (1, hour(1), Some(hour(2)))]
    );
    assert_eq!((event.start(), event.end()), (Some(START), Some(hour(2))));
}

#[test]
fn an_interval_may_say_its_own_time_and_an_event_its_own_length() {
    let mut event = event();
    event.intervals[1].interval_period = Some(IntervalPeriod::new(START.plus(7200), 60));
    assert_eq!(event.slots()[1].start, START.plus(7200));
    assert_eq!(event.end(), Some(START.plus(7260)));
    event.interval_period = None;
    event.intervals.remove(0);
    assert_eq!(event.start(), Some(START.plus(7200)));
    event.duration = Some("PT2H".into());
    assert_eq!(event.end(), Some(START.plus(4 * 3600)));
    event.duration = None;
    event.intervals.clear();
    assert_eq!((event.start(), event.end()), (None, None));
}

#[test]
fn an_event_may_begin_at_once_and_never_end() {
    let mut event = event();
    event.interval_period = Some(IntervalPeriod {
        start: "0001-01-01T00:00:00Z".into(),
        duration: Some("P9999Y".into()),
        randomize_start: None,
    });
    let made = UnixTime(1_798_718_400);
    assert_eq!((event.start(), event.end()), (Some(made), None));
    assert_eq!(event.slots().len(), 1, "the next one never begins");
    event.created_date_time = None;
    assert_eq!(event.start(), None);
}

#[test]
fn moments_are_rfc_3339() {
    let at = |text| Moment::parse(text);
    for same in [
        "2027-01-01T00:00:00Z",
        "2027-01-01T00:00:00.999z",
        "2027-01-01T02:30:00+02:30",
        "2026-12-31T19:00:00-05:00",
        "2027-01-01 00:00:00Z",
    ] {
        assert_eq!(at(same), Some(Moment::At(START)), "{same}");
    }
    assert_eq!(at("0001-01-01T00:00:00Z"), Some(Moment::Now));
    for no in [
        "",
        "2027-01-01",
        "2027-01-01T00:00:00",
        "2027-13-01T00:00:00Z",
        "2027-02-30T00:00:00Z",
        "2027-01-01T24:00:00Z",
        "2027-01-01T00:00:00+2:00",
        "2027-01-01T00:00:00+24:00",
        "+027-01-01T00:00:00Z",
        "2027/01/01T00:00:00Z",
        "1970-01-01T00:00:00+01:00",
        "2027-01-01T00:00:0\u{e9}Z",
    ] {
        assert_eq!(at(no), None, "{no}");
    }
    assert_eq!(rfc3339(START), "2027-01-01T00:00:00Z");
    assert_eq!(rfc3339(UnixTime(u64::MAX)), "9999-12-31T23:59:59Z");
}

#[test]
fn durations_are_iso_8601() {
    for (text, seconds) in [
        ("PT0S", 0),
        ("PT1H", 3600),
        ("P1DT2H3M4.5S", 86_400 + 7384),
        ("P0Y0M0DT0H15M0S", 900),
        ("P2W", 14 * 86_400),
        ("P1M", 30 * 86_400),
    ] {
        assert_eq!(seconds_of(text), Some(seconds), "{text}");
    }
    for no in [
        "",
        "P",
        "PT",
        "1H",
        "PT1",
        "PT1D",
        "P1H",
        "PT1M1H",
        "PT1S1S",
        "PT1.5H",
        "P-1D",
        "P9999Y",
        "PT99999999999999999999S",
        "P99999999999999999Y",
    ] {
        assert_eq!(seconds_of(no), None, "{no}");
    }
    assert_eq!(seconds_of(&duration(5400)), Some(5400));
}
