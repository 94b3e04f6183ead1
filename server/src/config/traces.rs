//! Where traces are sent.

use serde::Deserialize;

use super::{ConfigError, contradiction};

/// Traces over OTLP/HTTP, to a collector of OpenTelemetry. Nothing is sent unless an address is named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Traces {
    /// The collector, as `http://127.0.0.1:4318`; `/v1/traces` is added.
    pub otlp: String,
    /// How many of a thousand requests are traced, unless a trusted proxy has decided.
    #[serde(default = "every_hundredth")]
    pub per_thousand: u32,
}

const fn every_hundredth() -> u32 {
    10
}

impl Traces {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let is_address = ["http://", "https://"].iter().any(|scheme| {
            self.otlp
                .strip_prefix(scheme)
                .is_some_and(|rest| !rest.is_empty())
        });
        if !is_address {
            return Err(contradiction(
                "traces.otlp",
                "must begin with http:// or https://",
            ));
        }
        if self.per_thousand > 1000 {
            return Err(contradiction("traces.per_thousand", "is at most 1000"));
        }
        Ok(())
    }
}
