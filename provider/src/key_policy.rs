//! What a provider demands of the keys of its devices, and what it does about copies of them
//! (protocol, Secure communication).

use gridpass_protocol::{KeyAlgorithm, Parameters};
use serde::Deserialize;

use crate::config::ProviderConfig;

/// The rules for the keys of devices after their enrollment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyPolicy {
    /// The kinds of key that are accepted; the first is what a new key has to be. A device with
    /// another one rolls over when it speaks next. Empty: every kind, and new keys are of the
    /// provider's `key_algorithm`.
    pub accept: Vec<KeyAlgorithm>,
    /// Days before the end of a certificate at which its device renews it.
    pub renew_before: u32,
    /// Seconds for which an old key stays valid while the new one has not spoken.
    pub overlap: u64,
    /// Days after the end of a certificate in which its device may still renew it; 0: never.
    pub grace: u32,
    /// Days before the end of a certificate at which its customer is told, if the device has not
    /// renewed it by itself; 0: never.
    pub warn_before: u32,
    /// What happens to a device whose key seems to have a second holder.
    pub on_clone: OnClone,
}

impl Default for KeyPolicy {
    fn default() -> Self {
        Self {
            accept: Vec::new(),
            renew_before: 30,
            overlap: 24 * 60 * 60,
            grace: 14,
            warn_before: 14,
            on_clone: OnClone::Flag,
        }
    }
}

/// What happens to a device whose key seems to have a second holder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnClone {
    /// Staff are told; whoever holds the last token may go on.
    #[default]
    Flag,
    /// Staff are told, and nobody may go on until they have decided.
    Suspend,
}

impl KeyPolicy {
    /// The first setting that is not acceptable, and what is wrong with it.
    pub(crate) fn problem(&self, certificate_days: u32) -> Option<(&'static str, &'static str)> {
        let repeated =
            (1..self.accept.len()).any(|place| self.accept[..place].contains(&self.accept[place]));
        if repeated {
            return Some(("accept", "each kind of key once"));
        }
        if !(1..=365).contains(&self.renew_before) || self.renew_before >= certificate_days {
            return Some((
                "renew_before",
                "1 to 365 days, and less than certificate_days",
            ));
        }
        if self.overlap > 30 * 24 * 60 * 60 {
            return Some(("overlap", "0 seconds to 30 days"));
        }
        if self.warn_before > 365 {
            return Some(("warn_before", "0 to 365 days"));
        }
        if self.grace > 90 {
            return Some(("grace", "0 to 90 days"));
        }
        None
    }
}

impl ProviderConfig {
    /// The key policy as devices are told it.
    pub(crate) fn parameters(&self) -> Parameters {
        let accepted = &self.keys.accept;
        let every = || {
            let others = KeyAlgorithm::ALL
                .into_iter()
                .filter(|other| *other != self.key_algorithm);
            std::iter::once(self.key_algorithm).chain(others).collect()
        };
        Parameters {
            key_algorithms: if accepted.is_empty() {
                every()
            } else {
                accepted.clone()
            },
            certificate_days: self.certificate_days,
            renew_before: self.keys.renew_before,
            overlap: self.keys.overlap,
            grace: self.keys.grace,
        }
    }
}
