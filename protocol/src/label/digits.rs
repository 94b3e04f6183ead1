//! Bytes as decimal digits, as CTAP 2.2 hybrid QR codes pack them: dense in a numeric segment of
//! a QR code, safe in any URL (protocol, QR payload).

/// Digits that stand for a group of 0, 1, … 7 bytes.
const DIGITS_OF_BYTES: [usize; 8] = [0, 3, 5, 8, 10, 13, 15, 17];
const GROUP_BYTES: usize = 7;
const GROUP_DIGITS: usize = DIGITS_OF_BYTES[GROUP_BYTES];

/// Why a text is not a string of packed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigitsError {
    /// A character that is not `0` to `9`.
    #[error("a character that is not a digit")]
    Character,
    /// No byte string has that many digits.
    #[error("no byte string has {length} digits")]
    Length {
        /// Digits given.
        length: usize,
    },
    /// A group of digits that is greater than what its bytes can hold.
    #[error("a group of digits is out of range")]
    Range,
}

/// Packs bytes: each 7 of them, little-endian, as 17 digits, and the rest as 3 to 15.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len().div_ceil(GROUP_BYTES) * GROUP_DIGITS);
    for group in bytes.chunks(GROUP_BYTES) {
        let mut word = [0; 8];
        word[..group.len()].copy_from_slice(group);
        let mut value = u64::from_le_bytes(word);
        let mut places = [b'0'; GROUP_DIGITS];
        let width = DIGITS_OF_BYTES[group.len()];
        for place in places[..width].iter_mut().rev() {
            *place = b'0' + (value % 10) as u8;
            value /= 10;
        }
        digits.extend(places[..width].iter().map(|place| char::from(*place)));
    }
    digits
}

/// Unpacks what [`encode`] packed; nothing else is accepted.
///
/// # Errors
/// Not digits, a length that no byte string has, or a group that is out of range.
pub fn decode(digits: &str) -> Result<Vec<u8>, DigitsError> {
    let mut bytes = Vec::with_capacity(digits.len() / GROUP_DIGITS * GROUP_BYTES + GROUP_BYTES);
    for group in digits.as_bytes().chunks(GROUP_DIGITS) {
        let length = DIGITS_OF_BYTES
            .iter()
            .position(|width| *width == group.len())
            .ok_or(DigitsError::Length {
                length: digits.len(),
            })?;
        let mut value = 0u64;
        for digit in group {
            if !digit.is_ascii_digit() {
                return Err(DigitsError::Character);
            }
            // 17 digits stay below 2^57.
            value = value * 10 + u64::from(digit - b'0');
        }
        if value >> (8 * length) != 0 {
            return Err(DigitsError::Range);
        }
        bytes.extend_from_slice(&value.to_le_bytes()[..length]);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_encode_never_writes_is_refused() {
        assert_eq!(decode("256"), Err(DigitsError::Range));
        assert_eq!(decode("72057594037927936"), Err(DigitsError::Range));
        assert_eq!(decode("1"), Err(DigitsError::Length { length: 1 }));
        assert_eq!(decode("0000"), Err(DigitsError::Length { length: 4 }));
        assert_eq!(decode("00a"), Err(DigitsError::Character));
        assert_eq!(decode("+01"), Err(DigitsError::Character));
        assert_eq!(decode("٠٠"), Err(DigitsError::Length { length: 4 }));
    }

    proptest! {
        #![proptest_config(crate::test_support::proptest_config())]

        #[test]
        fn decode_inverts_encode(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(decode(&encode(&bytes)).unwrap(), bytes);
        }

        #[test]
        fn whatever_decodes_is_what_encode_writes(digits in "[0-9]{0,60}") {
            if let Ok(bytes) = decode(&digits) {
                prop_assert_eq!(encode(&bytes), digits);
            }
        }
    }
}
