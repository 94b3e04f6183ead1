//! A span as it is written down.

use std::fmt;
use std::time::SystemTime;

use tracing::field::{Field, Visit};
use uuid::Uuid;

use super::PARENT;

/// Where a span is: in which trace, and as which of its spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) trace: [u8; 16],
    pub(super) span: [u8; 8],
    pub(super) parent: Option<[u8; 8]>,
    pub(super) sampled: bool,
}

impl Place {
    /// The first span of a trace; so many of a thousand traces are sampled.
    pub(super) fn first(per_thousand: u32) -> Self {
        let trace = Uuid::new_v4().into_bytes();
        // The last eight bytes are random but for two bits, which are the same in all.
        let drawn = u64::from_be_bytes(low(trace)) & (u64::MAX >> 2);
        Self {
            trace,
            span: fresh(),
            parent: None,
            sampled: drawn % 1000 < u64::from(per_thousand),
        }
    }

    /// What a `traceparent` of version 00 says (W3C Trace Context, 3.2).
    pub(super) fn continued(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (version, trace, parent, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version != "00" || parts.next().is_some() {
            return None;
        }
        let [flags] = bytes::<1>(flags)?;
        let (trace, parent) = (bytes(trace)?, bytes(parent)?);
        if trace == [0; 16] || parent == [0; 8] {
            return None;
        }
        Some(Self {
            trace,
            span: fresh(),
            parent: Some(parent),
            sampled: flags & 1 == 1,
        })
    }
}

fn fresh() -> [u8; 8] {
    low(Uuid::new_v4().into_bytes())
}

fn low(bytes: [u8; 16]) -> [u8; 8] {
    let mut low = [0; 8];
    low.copy_from_slice(&bytes[8..]);
    low
}

/// `N` bytes in lower-case hexadecimal digits.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != 2 * N || !text.as_bytes().iter().all(is_digit) {
        return None;
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Truth(bool),
}

/// On whose behalf a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Internal,
    Server,
}

/// A span.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) began: SystemTime,
    pub(super) ended: SystemTime,
    pub(super) failed: bool,
    pub(super) attributes: Vec<(&'static str, Value)>,
    pub(super) links: Vec<Place>,
}

impl Kept {
    pub(super) fn new(name: &str, place: Place, began: SystemTime) -> Self {
        Self {
            place,
            name: name.to_owned(),
            kind: Kind::Internal,
            began,
            ended: began,
            failed: false,
            attributes: Vec::new(),
            links: Vec::new(),
        }
    }

    pub(super) const fn place(&self) -> Place {
        self.place
    }

    /// The place of a span within this one.
    pub(super) fn below(&self) -> Place {
        Place {
            span: fresh(),
            parent: Some(self.place.span),
            ..self.place
        }
    }

    /// It is also about what happened there.
    pub(super) fn link(&mut self, before: Place) {
        if before.sampled {
            self.place.sampled = true;
            self.links.push(before);
        }
    }

    pub(super) const fn is_sampled(&self) -> bool {
        self.place.sampled
    }

    pub(super) const fn end(&mut self, at: SystemTime) {
        self.ended = at;
    }

    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), &value) {
            (PARENT, Value::Text(text)) => {
                if let Some(place) = Place::continued(text) {
                    self.place = place;
                }
            }
            ("otel.name", Value::Text(text)) => self.name.clone_from(text),
            ("otel.kind", Value::Text(_)) => self.kind = Kind::Server,
            ("otel.status_code", Value::Text(_)) => self.failed = true,
            (name, _) => self.attributes.push((name, value)),
        }
    }
}

impl Visit for Kept {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::Number(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(
            field,
            Value::Number(i64::try_from(value).unwrap_or(i64::MAX)),
        );
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::Truth(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::Text(value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::Text(format!("{value:?}")));
    }
}
