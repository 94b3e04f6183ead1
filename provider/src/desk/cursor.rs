//! Where a page of a list ended. Travels in addresses; says nothing that the page did not show.

use std::{fmt, str::FromStr};

use gridpass_protocol::{UnixTime, b64u, from_b64u};
use serde::{Deserialize, Serialize};

use crate::id::EnrollmentId;

/// The last row of a page; the next page begins after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageCursor {
    #[serde(rename = "t")]
    pub(super) issued_at: UnixTime,
    #[serde(rename = "e")]
    pub(super) id: EnrollmentId,
    /// In a list by name: the account of that row.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<AccountPlace>,
}

/// The place of an account among others: by name, among equal names by number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AccountPlace {
    #[serde(rename = "m")]
    pub(super) name: String,
    #[serde(rename = "n")]
    pub(super) number: String,
}

impl PageCursor {
    /// Before the first row of a list of the newest.
    pub(super) const fn start() -> Self {
        Self {
            // The database keeps times as signed numbers.
            issued_at: UnixTime(i64::MAX as u64),
            id: EnrollmentId::last(),
            account: None,
        }
    }
}

/// The text is no cursor of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this page of the list does not exist; begin at the first one")]
pub struct InvalidCursor;

/// Longer than any cursor: names and numbers are bounded.
const MAX_TEXT: usize = 2048;

impl FromStr for PageCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        if text.len() > MAX_TEXT {
            return Err(InvalidCursor);
        }
        let json = from_b64u(text).map_err(|_| InvalidCursor)?;
        serde_json::from_slice(&json).map_err(|_| InvalidCursor)
    }
}

impl fmt::Display for PageCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_vec(self).map_err(|_| fmt::Error)?;
        f.write_str(&b64u(&json))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_way_through_an_address() {
        let cursor = PageCursor {
            account: Some(AccountPlace {
                name: "ada álvarez".into(),
                number: "A-1".into(),
            }),
            ..PageCursor::start()
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "e30", "!", &"A".repeat(4096)] {
            assert_eq!(bad.parse::<PageCursor>(), Err(InvalidCursor), "{bad}");
        }
    }
}
