//! Device IDs: what a customer reads off a device, in one canonical form (protocol, Device ID).

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const MIN_LENGTH: usize = 8;
const MAX_LENGTH: usize = 64;

/// A device ID in canonical form: 8 to 64 characters of `0-9A-Z`.
///
/// It is the secret half of an enrollment: it never appears in `Debug`, in a log or in JSON, and
/// its memory is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceId(Zeroizing<String>);

/// What a device ID looks like; for help texts and the check of what people type, never for the
/// canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceIdKind {
    /// 12 hexadecimal digits: an EUI-48, commonly called MAC address.
    Mac,
    /// 16 hexadecimal digits.
    Eui64,
    /// 15 decimal digits, the last of them a Luhn check digit.
    Imei,
    /// 40 hexadecimal digits.
    Udid,
    /// Anything else.
    Serial,
}

/// Why a text is not a device ID. Lengths count canonical characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDeviceId {
    /// Fewer than 8 characters.
    #[error("a device ID has at least 8 letters and digits; this one has {length}")]
    TooShort {
        /// Canonical characters found.
        length: usize,
    },
    /// More than 64 characters.
    #[error("a device ID has at most 64 letters and digits; this one has {length}")]
    TooLong {
        /// Canonical characters found.
        length: usize,
    },
    /// A character that no device ID has.
    #[error("a device ID has letters A to Z and digits only, not {character:?}")]
    Character {
        /// The first such character.
        character: char,
    },
    /// 15 digits whose last does not fit the others.
    #[error("the last digit does not fit this IMEI: one of its digits is mistyped")]
    ImeiCheckDigit,
}

impl DeviceId {
    /// Reads a device ID: drops space, tab and `-:._`, then upper-cases ASCII.
    ///
    /// Never refuses by kind: a serial number of 15 digits need not be an IMEI.
    ///
    /// # Errors
    /// What is left is not `[0-9A-Z]{8,64}`.
    pub fn parse(text: &str) -> Result<Self, InvalidDeviceId> {
        // The whole capacity at once, so that no reallocation leaves a copy behind.
        let mut canonical = Zeroizing::new(String::with_capacity(MAX_LENGTH));
        let mut length = 0;
        for character in text.chars().filter(|c| !is_separator(*c)) {
            if !character.is_ascii_alphanumeric() {
                return Err(InvalidDeviceId::Character { character });
            }
            length += 1;
            if length <= MAX_LENGTH {
                canonical.push(character.to_ascii_uppercase());
            }
        }
        match length {
            ..MIN_LENGTH => Err(InvalidDeviceId::TooShort { length }),
            MIN_LENGTH..=MAX_LENGTH => Ok(Self(canonical)),
            _ => Err(InvalidDeviceId::TooLong { length }),
        }
    }

    /// Reads what a person typed: as [`DeviceId::parse`], and an IMEI's check digit must hold.
    ///
    /// # Errors
    /// Those of [`DeviceId::parse`], or [`InvalidDeviceId::ImeiCheckDigit`].
    pub fn parse_checked(text: &str) -> Result<Self, InvalidDeviceId> {
        let device_id = Self::parse(text)?;
        if device_id.kind() == DeviceIdKind::Imei && !luhn_holds(device_id.as_str()) {
            return Err(InvalidDeviceId::ImeiCheckDigit);
        }
        Ok(device_id)
    }

    /// The canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it looks like.
    #[must_use]
    pub fn kind(&self) -> DeviceIdKind {
        let hex = self
            .0
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
        let decimal = self.0.bytes().all(|b| b.is_ascii_digit());
        match self.0.len() {
            12 if hex => DeviceIdKind::Mac,
            16 if hex => DeviceIdKind::Eui64,
            15 if decimal => DeviceIdKind::Imei,
            40 if hex => DeviceIdKind::Udid,
            _ => DeviceIdKind::Serial,
        }
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceId([redacted])")
    }
}

fn is_separator(character: char) -> bool {
    matches!(character, ' ' | '\t' | '-' | ':' | '.' | '_')
}

/// The Luhn check (ISO/IEC 7812-1, annex B) over ASCII digits.
fn luhn_holds(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(position, digit)| {
            let value = u32::from(digit - b'0') << (position % 2);
            value / 10 + value % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind(text: &str) -> DeviceIdKind {
        DeviceId::parse(text).unwrap().kind()
    }

    #[test]
    fn kinds_are_recognised() {
        assert_eq!(kind("00:1a:2b:3c:4d:5e"), DeviceIdKind::Mac);
        assert_eq!(kind("00-1a-2b-ff-fe-3c-4d-5e"), DeviceIdKind::Eui64);
        assert_eq!(kind("49-015420-323751-8"), DeviceIdKind::Imei);
        assert_eq!(
            kind("2b6f0cc904d137be2e1730235f5664094b831186"),
            DeviceIdKind::Udid
        );
        assert_eq!(kind("sn-4711-0815"), DeviceIdKind::Serial);
        assert_eq!(kind("00:1a:2b:3c:4d:5g"), DeviceIdKind::Serial);
    }

    #[test]
    fn a_mistyped_imei_is_refused_only_where_people_type() {
        let mistyped = "490154203237519";
        assert!(DeviceId::parse(mistyped).is_ok());
        assert_eq!(
            DeviceId::parse_checked(mistyped),
            Err(InvalidDeviceId::ImeiCheckDigit)
        );
        assert!(DeviceId::parse_checked("490154203237518").is_ok());
    }

    #[test]
    fn the_reason_of_a_refusal_is_told() {
        assert_eq!(
            DeviceId::parse("A-B-C"),
            Err(InvalidDeviceId::TooShort { length: 3 })
        );
        assert_eq!(
            DeviceId::parse(&"A".repeat(65)),
            Err(InvalidDeviceId::TooLong { length: 65 })
        );
        assert_eq!(
            DeviceId::parse("12345678/9"),
            Err(InvalidDeviceId::Character { character: '/' })
        );
    }

    #[test]
    fn debug_does_not_tell_it() {
        let device_id = DeviceId::parse("SN-4711-0815").unwrap();
        assert!(!format!("{device_id:?}").contains("4711"));
    }

    proptest! {
        #![proptest_config(crate::test_support::proptest_config())]

        #[test]
        fn the_canonical_form_is_a_fixed_point(text in "[0-9A-Za-z :._\t-]{0,80}") {
            if let Ok(device_id) = DeviceId::parse(&text) {
                prop_assert_eq!(&DeviceId::parse(device_id.as_str()).unwrap(), &device_id);
            }
        }

        #[test]
        fn every_single_mistyped_digit_of_an_imei_is_noticed(
            digits in "[0-9]{14}", place in 0usize..15, shift in 1u8..10,
        ) {
            let imei = (0..10).map(|check| format!("{digits}{check}")).find(|d| luhn_holds(d)).unwrap();
            let mut mistyped = imei.clone().into_bytes();
            mistyped[place] = b'0' + (mistyped[place] - b'0' + shift) % 10;
            prop_assert!(DeviceId::parse_checked(&imei).is_ok());
            prop_assert!(DeviceId::parse_checked(std::str::from_utf8(&mistyped).unwrap()).is_err());
        }
    }
}
