//! Whether bytes are one item of deterministic CBOR (RFC 8949, 4.2.1). Decoders are lenient;
//! a label that has several encodings would have several identities.

/// The payload nests two deep; what a later version adds need not nest deeper.
const MAX_DEPTH: u8 = 8;

/// Whether `bytes` are exactly one item: definite lengths, shortest heads, map keys that are
/// integers in strictly ascending bytewise order, valid UTF-8, no floating-point numbers.
pub(super) fn holds(bytes: &[u8]) -> bool {
    item(bytes, MAX_DEPTH).is_some_and(|rest| rest.is_empty())
}

/// Checks the first item and returns what follows it.
fn item(bytes: &[u8], depth: u8) -> Option<&[u8]> {
    let depth = depth.checked_sub(1)?;
    let (major, argument, rest) = head(bytes)?;
    match major {
        0 | 1 => Some(rest),
        2 => rest.get(usize::try_from(argument).ok()?..),
        3 => {
            let (text, rest) = rest.split_at_checked(usize::try_from(argument).ok()?)?;
            std::str::from_utf8(text).ok().map(|_| rest)
        }
        4 => (0..argument).try_fold(rest, |rest, _| item(rest, depth)),
        5 => map(rest, argument, depth),
        6 => item(rest, depth),
        // false, true, null: the only simple values that an application has a use for.
        _ => matches!(bytes[0], 0xF4..=0xF6).then_some(rest),
    }
}

fn map(bytes: &[u8], pairs: u64, depth: u8) -> Option<&[u8]> {
    let mut previous: &[u8] = &[];
    (0..pairs).try_fold(bytes, |bytes, _| {
        let (major, _, after_key) = head(bytes)?;
        let key = &bytes[..bytes.len() - after_key.len()];
        if major > 1 || key <= previous {
            return None;
        }
        previous = key;
        item(after_key, depth)
    })
}

/// Major type and argument of the first item, in shortest form, and what follows its head.
fn head(bytes: &[u8]) -> Option<(u8, u64, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (major, short) = (first >> 5, first & 0x1F);
    let width = match short {
        0..=23 => return Some((major, u64::from(short), rest)),
        24..=27 => 1usize << (short - 24),
        // Reserved, or of indefinite length.
        _ => return None,
    };
    let (argument, rest) = rest.split_at_checked(width)?;
    let argument = argument
        .iter()
        .fold(0, |value, byte| value << 8 | u64::from(*byte));
    let least = match width {
        1 => 24,
        2 => 1 << 8,
        4 => 1 << 16,
        _ => 1 << 32,
    };
    (argument >= least).then_some((major, argument, rest))
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn the_one_shortest_form_is_accepted() {
        for bytes in [
            &[0x00][..],
            &[0x17],
            &[0x18, 24],
            &[0x19, 1, 0],
            &[0x1A, 0, 1, 0, 0],
            &[0x1B, 0, 0, 0, 1, 0, 0, 0, 0],
            &[0x20],
            &[0x41, 0xFF],
            &[0x61, b'a'],
            &[0x80],
            &[0x82, 0x01, 0x02],
            &[0xA2, 0x01, 0x00, 0x20, 0x00],
            &[0xC1, 0x00],
            &[0xF6],
        ] {
            assert!(holds(bytes), "{bytes:02x?}");
        }
    }

    #[test]
    fn every_other_form_is_refused() {
        for bytes in [
            &[][..],
            &[0x18, 23], // longer than needed
            &[0x19, 0, 255],
            &[0x1A, 0, 0, 255, 255],
            &[0x1B, 0, 0, 0, 0, 255, 255, 255, 255],
            &[0x00, 0x00],             // two items
            &[0x41],                   // cut off
            &[0x5F, 0x41, 0x00, 0xFF], // indefinite lengths
            &[0x7F, 0xFF],
            &[0x9F, 0xFF],
            &[0xBF, 0xFF],
            &[0x61, 0xFF],             // not UTF-8
            &[0xA2, 0x02, 0, 0x01, 0], // keys not ascending
            &[0xA2, 0x01, 0, 0x01, 0], // a key twice
            &[0xA1, 0x61, b'a', 0],    // a key that is no integer
            &[0xF9, 0x00, 0x00],       // a floating-point number
            &[0xF8, 0xFF],
            &[0xE0],
            &[0x9B, 255, 255, 255, 255, 255, 255, 255, 255],
            &[0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x00],
        ] {
            assert!(!holds(bytes), "{bytes:02x?}");
        }
    }
}
