//! OpenADR 3.1: events, reports, times.

use gridpass_protocol::UnixTime;
use gridpass_protocol::openadr::{self, Moment};

use crate::text;

/// An event: its times are in order, whatever it says.
pub fn openadr_event(data: &[u8]) {
    let Ok(event) = serde_json::from_slice::<openadr::Event>(data) else {
        return;
    };
    again_loosely(&event);
    let slots = event.slots();
    assert!(slots.len() <= event.intervals.len());
    for slot in slots {
        assert!(slot.end.is_none_or(|end| end >= slot.start));
    }
    let _ = (event.start(), event.end());
}

/// A report.
pub fn openadr_report(data: &[u8]) {
    if let Ok(report) = serde_json::from_slice::<openadr::Report>(data) {
        again_loosely(&report);
    }
}

/// Numbers beside whole ones have no exact text: what is compared is what is written.
fn again_loosely<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) {
    let written = serde_json::to_vec(value).expect("what was read can be written");
    let read: T = serde_json::from_slice(&written).expect("what was written can be read");
    assert_eq!(
        serde_json::to_vec(&read).expect("it can be written"),
        written
    );
}

/// ISO 8601 durations.
pub fn duration(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Some(seconds) = openadr::seconds_of(text) {
        assert_eq!(
            openadr::seconds_of(&openadr::duration(seconds)),
            Some(seconds)
        );
    }
}

/// RFC 3339.
pub fn moment(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Some(Moment::At(time)) = Moment::parse(text) {
        let written = openadr::rfc3339(time);
        assert_eq!(Moment::parse(&written), Some(Moment::At(time)), "{written}");
    }
    if let Ok(bytes) = <[u8; 8]>::try_from(data) {
        let _ = openadr::rfc3339(UnixTime(u64::from_le_bytes(bytes)));
    }
}
