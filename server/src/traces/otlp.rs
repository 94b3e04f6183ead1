//! OTLP over HTTP in its JSON encoding (OpenTelemetry Protocol 1.x, `ExportTraceServiceRequest`).

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use super::kept::{Kept, Kind, Value};

/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where spans are sent.
pub(super) struct Collector {
    url: String,
    agent: ureq::Agent,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a login.
        f.write_str("Collector")
    }
}

impl Collector {
    pub(super) fn new(address: &str) -> Self {
        Self {
            url: format!("{}/v1/traces", address.trim_end_matches('/')),
            agent: ureq::Agent::config_builder()
                .timeout_global(Some(PATIENCE))
                .max_redirects(0)
                .build()
                .into(),
        }
    }

    /// # Errors
    /// The collector does not take them.
    pub(super) fn send(&self, spans: &[Box<Kept>]) -> Result<(), ureq::Error> {
        self.agent
            .post(&self.url)
            .content_type("application/json")
            .send(request(spans).to_string())?;
        Ok(())
    }
}

pub(super) fn request(spans: &[Box<Kept>]) -> Json {
    let resource = [
        ("service.name", Value::Text("gridpass".to_owned())),
        (
            "service.version",
            Value::Text(env!("CARGO_PKG_VERSION").to_owned()),
        ),
    ];
    let spans: Vec<_> = spans.iter().map(|kept| span(kept)).collect();
    json!({
        "resourceSpans": [{
            "resource": { "attributes": attributes(&resource) },
            "scopeSpans": [{ "scope": { "name": "gridpass" }, "spans": spans }],
        }],
    })
}

fn span(kept: &Kept) -> Json {
    let links: Vec<_> = kept
        .links
        .iter()
        .map(|link| json!({ "traceId": hex(&link.trace), "spanId": hex(&link.span) }))
        .collect();
    let mut span = json!({
        "traceId": hex(&kept.place.trace),
        "spanId": hex(&kept.place.span),
        "name": kept.name,
        "kind": match kept.kind {
            Kind::Internal => 1,
            Kind::Server => 2,
        },
        // Numbers of 64 bits are strings in this encoding.
        "startTimeUnixNano": nanos(kept.began),
        "endTimeUnixNano": nanos(kept.ended),
        "attributes": attributes(&kept.attributes),
        "links": links,
        "status": if kept.failed { json!({ "code": 2 }) } else { json!({}) },
    });
    if let Some(parent) = &kept.place.parent {
        span["parentSpanId"] = hex(parent).into();
    }
    span
}

fn attributes(attributes: &[(&'static str, Value)]) -> Vec<Json> {
    let value = |value: &Value| match value {
        Value::Text(text) => json!({ "stringValue": text }),
        Value::Number(number) => json!({ "intValue": number.to_string() }),
        Value::Truth(truth) => json!({ "boolValue": truth }),
    };
    attributes
        .iter()
        .map(|(name, told)| json!({ "key": name, "value": value(told) }))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn nanos(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_nanos().to_string()
}
