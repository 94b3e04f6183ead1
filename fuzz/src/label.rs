//! What is on labels, and what people type from them.

use gridpass_protocol::label::digits;
use gridpass_protocol::{
    DeviceId, Handover, Link, ManualCode, ManualLookup, Origin, Payload, TemporaryId,
};

use crate::text;

/// Packed digits: one text for each string of bytes, and the other way round.
pub fn digits(data: &[u8]) {
    let written = digits::encode(data);
    assert_eq!(digits::decode(&written).as_deref(), Ok(data));
    if let Some(text) = text(data)
        && let Ok(bytes) = digits::decode(text)
    {
        assert_eq!(digits::encode(&bytes), text, "two texts of one payload");
    }
}

/// The payload: its deterministic CBOR is the only one that is read, but for fields that a later
/// version adds.
pub fn payload(data: &[u8]) {
    if let Ok(payload) = Payload::from_cbor(data) {
        let written = payload.to_cbor();
        assert!(written.len() <= data.len());
        if written.len() == data.len() {
            assert_eq!(written, data, "two encodings of one payload");
        }
        let again = Payload::from_cbor(&written);
        assert!(again.is_ok_and(|again| again == payload));
    }
}

/// The link: origin, fragment and digits.
pub fn link(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok((origin, payload)) = Link::parse(text) {
        let link = Link::new(&origin, &payload);
        let (origin_again, payload_again) = Link::parse(link.as_str()).expect("our own link");
        assert_eq!(origin, origin_again);
        assert!(payload == payload_again);
        assert_eq!(link.as_str(), format!("{}{}", link.head(), link.digits()));
    }
}

/// The manual code: what is read is written in one way.
pub fn manual_code(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(code) = ManualCode::parse(text) {
        let grouped = code.grouped();
        assert_eq!(grouped.len(), 23);
        let again = ManualCode::parse(&grouped).expect("our own spelling");
        assert_eq!(again.grouped(), grouped);
    }
    if let Ok(lookup) = text.parse::<ManualLookup>() {
        assert_eq!(lookup.to_string(), text, "two texts of one lookup");
    }
}

/// The device ID: its canonical form is that of itself.
pub fn device_id(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(id) = DeviceId::parse(text) {
        let canonical = id.as_str();
        assert!((8..=64).contains(&canonical.len()));
        assert!(
            canonical
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        );
        let again = DeviceId::parse(canonical).expect("the canonical form is one");
        assert!(again == id);
        let _ = id.kind();
    }
    if let Ok(typed) = DeviceId::parse_checked(text) {
        assert!(DeviceId::parse(text).is_ok_and(|id| id == typed));
    }
}

/// Origins: canonical, and nothing after them.
pub fn origin(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(origin) = Origin::parse(text) {
        assert_eq!(Origin::parse(origin.as_str()).as_ref(), Ok(&origin));
        let host = origin.host();
        assert!(!host.is_empty() && !host.contains(['@', '/', '#', '?', '\\']));
        assert_eq!(origin.is_https(), origin.as_str().starts_with("https://"));
    }
}

/// Temporary ids, and what portal and gateway hand over to each other.
pub fn handover(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(id) = text.parse::<TemporaryId>() {
        assert_eq!(id.to_string(), text, "two texts of one id");
    }
    if let Ok(handover) = Handover::parse(text) {
        assert!(Handover::parse(&handover.to_text()).is_ok());
    }
}
