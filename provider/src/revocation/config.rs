//! How a provider publishes what is revoked.

use serde::Deserialize;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

/// How a provider publishes what is revoked. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RevocationConfig {
    /// How long a revocation list is good. A new one is made when half of it is over, and within
    /// seconds of every change.
    pub crl_lifetime: u64,
    /// In how many parts the list of an issuer is published, 1 to 256. More than one where it
    /// would be too long for those who fetch it; the whole list is published beside them.
    pub crl_shards: u16,
    /// How long an answer about one certificate (OCSP) is good. Whoever keeps answers learns of
    /// a revocation that much later.
    pub ocsp_lifetime: u64,
}

impl Default for RevocationConfig {
    fn default() -> Self {
        Self {
            crl_lifetime: 7 * DAY,
            crl_shards: 1,
            ocsp_lifetime: HOUR,
        }
    }
}

impl RevocationConfig {
    /// The setting that is not acceptable, and why.
    pub(crate) fn problem(&self) -> Option<(&'static str, &'static str)> {
        if !(HOUR..=90 * DAY).contains(&self.crl_lifetime) {
            return Some(("crl_lifetime", "1 hour to 90 days, in seconds"));
        }
        if !(1..=256).contains(&self.crl_shards) {
            return Some(("crl_shards", "1 to 256"));
        }
        // A responder's certificate has half of its week left at least.
        if !(60..=3 * DAY).contains(&self.ocsp_lifetime) {
            return Some(("ocsp_lifetime", "1 minute to 3 days, in seconds"));
        }
        None
    }
}
