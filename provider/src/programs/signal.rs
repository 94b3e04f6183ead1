//! What an event asks for.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::registration::words::words;

words!(
    /// What the amounts of an event mean (OpenADR 3.1 Definitions, event payloads).
    SignalKind {
        /// `SIMPLE`: a level, 0 normal to 3 the strongest.
        Simple = "simple",
        /// `PRICE`: of a kilowatt-hour, in the currency of the provider.
        Price = "price",
        /// `DISPATCH_SETPOINT_RELATIVE`: kilowatts that each device takes less.
        Reduction = "reduction",
    }
);

/// A number with at most three decimals, kept exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(i64);

impl Amount {
    /// The largest, either way.
    const MOST: i64 = 1_000_000_000;

    /// So many thousandths.
    #[must_use]
    pub const fn from_thousandths(thousandths: i64) -> Self {
        Self(thousandths)
    }

    /// In thousandths.
    #[must_use]
    pub const fn thousandths(self) -> i64 {
        self.0
    }

    /// As a JSON number.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "amounts are far below 2^53 thousandths"
        )]
        let thousandths = self.0 as f64;
        thousandths / 1000.0
    }
}

/// The text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number with at most three decimals, like 1.5")]
pub struct InvalidAmount;

impl FromStr for Amount {
    type Err = InvalidAmount;

    /// A comma is taken for a point: half of the world writes it.
    fn from_str(text: &str) -> Result<Self, InvalidAmount> {
        let text = text.trim().replace(',', ".");
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.as_str()),
        };
        let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty()
            || whole.len() > 7
            || rest.len() > 3
            || !are_digits(whole)
            || !are_digits(rest)
        {
            return Err(InvalidAmount);
        }
        let thousandths: i64 = format!("{whole}{rest:0<3}")
            .parse()
            .map_err(|_| InvalidAmount)?;
        if thousandths > Self::MOST {
            return Err(InvalidAmount);
        }
        Ok(Self(sign * thousandths))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        let (whole, rest) = (size / 1000, size % 1000);
        let rest = format!("{rest:03}");
        match rest.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            rest => write!(f, "{sign}{whole}.{rest}"),
        }
    }
}

/// What an event asks for, in each of its equal parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// What the amounts mean.
    pub kind: SignalKind,
    /// One for each of the equal parts of the event, 1 to [`Signal::MOST_PARTS`].
    pub amounts: Vec<Amount>,
}

impl Signal {
    /// Most parts of an event.
    pub const MOST_PARTS: usize = 24;

    /// Whether an event can ask for this: levels are 0 to 3 and whole; a reduction is more than 0
    /// and at most 10,000 kW; a price is within ±1,000 a kilowatt-hour.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let is_sound = |amount: &Amount| match self.kind {
            SignalKind::Simple => [0, 1000, 2000, 3000].contains(&amount.0),
            SignalKind::Price => (-1_000_000..=1_000_000).contains(&amount.0),
            SignalKind::Reduction => (1..=10_000_000).contains(&amount.0),
        };
        (1..=Self::MOST_PARTS).contains(&self.amounts.len()) && self.amounts.iter().all(is_sound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_written() {
        for (text, thousandths, shown) in [
            ("1.5", 1500, "1.5"),
            ("0,25", 250, "0.25"),
            (" 3 ", 3000, "3"),
            ("-0.125", -125, "-0.125"),
            ("0.1234", 0, ""),
            ("", 0, ""),
            (".5", 0, ""),
            ("1e3", 0, ""),
            ("99999999", 0, ""),
        ] {
            match text.parse::<Amount>() {
                Ok(amount) => {
                    assert_eq!(amount.thousandths(), thousandths, "{text}");
                    assert_eq!(amount.to_string(), shown);
                }
                Err(InvalidAmount) => assert_eq!(shown, "", "{text}"),
            }
        }
    }

    #[test]
    fn a_level_is_whole_and_at_most_three() {
        let signal = |kind, thousandths: &[i64]| Signal {
            kind,
            amounts: thousandths.iter().copied().map(Amount).collect(),
        };
        assert!(signal(SignalKind::Simple, &[0, 1000, 3000]).is_sound());
        assert!(!signal(SignalKind::Simple, &[1500]).is_sound());
        assert!(!signal(SignalKind::Simple, &[4000]).is_sound());
        assert!(!signal(SignalKind::Reduction, &[0]).is_sound());
        assert!(signal(SignalKind::Price, &[-120]).is_sound());
        assert!(!signal(SignalKind::Price, &[]).is_sound());
        assert!(!signal(SignalKind::Price, &[1; 25]).is_sound());
    }
}
