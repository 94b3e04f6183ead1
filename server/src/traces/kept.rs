//! A span as it is written down.

use std::fmt;
use std::time::SystemTime;

use tracing::field::{Field, Visit};

use super::PARENT;
use super::place::{Place, fresh};

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
