//! What a provider lets devices do over EST.

use serde::Deserialize;

/// How the devices of a provider enrol over EST (RFC 7030).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EstPolicy {
    /// Whether staff have to approve each device that enrols by this way.
    pub approval: Approval,
    /// Days that a request waits for its approval, whatever time its label had left.
    pub approval_days: u32,
    /// When a device that waits is to ask again, in seconds.
    pub retry_after: u64,
}

/// Whether somebody has to approve a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// The one-time password is enough.
    #[default]
    Automatic,
    /// Staff decide at the desk.
    Manual,
}

impl Default for EstPolicy {
    fn default() -> Self {
        Self {
            approval: Approval::default(),
            approval_days: 14,
            retry_after: 300,
        }
    }
}

impl EstPolicy {
    /// The first setting that is not acceptable, and what is wrong with it.
    pub(crate) fn problem(&self) -> Option<(&'static str, &'static str)> {
        // The counter of wrong one-time passwords is kept as long as the longest label.
        if !(1..=90).contains(&self.approval_days) {
            return Some(("approval_days", "1 to 90 days"));
        }
        if !(1..=86_400).contains(&self.retry_after) {
            return Some(("retry_after", "1 to 86400 seconds"));
        }
        None
    }
}
