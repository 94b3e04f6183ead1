//! Words that staff write: why they act, and what they note.

use std::{fmt, str::FromStr};

/// Why a member of staff acts, or what they note: 1 to 500 characters, without control characters
/// other than line breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffWords(String);

/// The text is empty, too long, or not to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("say why in 1 to 500 characters")]
pub struct InvalidWords;

impl StaffWords {
    /// Most characters.
    pub const MAX: usize = 500;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StaffWords {
    type Err = InvalidWords;

    fn from_str(text: &str) -> Result<Self, InvalidWords> {
        // Browsers end the lines of a text field as mails do.
        let text = text.trim().replace("\r\n", "\n");
        let is_fine = (1..=Self::MAX).contains(&text.chars().count())
            && !text.chars().any(|c| c.is_control() && c != '\n');
        is_fine.then_some(Self(text)).ok_or(InvalidWords)
    }
}

impl fmt::Display for StaffWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_neither_empty_nor_endless() {
        assert_eq!(" a\r\nb ".parse::<StaffWords>().unwrap().as_str(), "a\nb");
        for bad in ["", "  \n", "a\u{7}", &"x".repeat(501)] {
            assert_eq!(bad.parse::<StaffWords>(), Err(InvalidWords), "{bad:?}");
        }
    }
}
