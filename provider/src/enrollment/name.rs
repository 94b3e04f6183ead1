//! The names of the states.

use std::{fmt, str::FromStr};

use serde::Serialize;

/// The name of a state, as stored and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "each is the name of the variant of `State` that says it"
)]
pub enum StateName {
    Open,
    Issued,
    Active,
    Suspended,
    Locked,
    Expired,
    Superseded,
    Cancelled,
    Revoked,
}

impl StateName {
    const ALL: [Self; 9] = [
        Self::Open,
        Self::Issued,
        Self::Active,
        Self::Suspended,
        Self::Locked,
        Self::Expired,
        Self::Superseded,
        Self::Cancelled,
        Self::Revoked,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Issued => "issued",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Locked => "locked",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the state of an enrollment")]
pub struct UnknownState;

impl FromStr for StateName {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL
            .into_iter()
            .find(|name| name.as_str() == text)
            .ok_or(UnknownState)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_name_is_read_back() {
        for name in StateName::ALL {
            assert_eq!(name.as_str().parse(), Ok(name));
        }
        assert_eq!("none".parse::<StateName>(), Err(UnknownState));
    }
}
