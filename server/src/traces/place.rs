//! Where a span is, as it travels in `traceparent` (W3C Trace Context).

use uuid::Uuid;

/// Where a span is: in which trace, and as which of its spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) trace: [u8; 16],
    pub(super) span: [u8; 8],
    pub(super) parent: Option<[u8; 8]>,
    pub(super) sampled: bool,
}

impl Place {
    /// The first span of a trace; so many of a thousand traces are sampled.
    pub(super) fn first(per_thousand: u32) -> Self {
        let trace = Uuid::new_v4().into_bytes();
        // The last eight bytes are random but for two bits, which are the same in all.
        let drawn = u64::from_be_bytes(low(trace)) & (u64::MAX >> 2);
        Self {
            trace,
            span: fresh(),
            parent: None,
            sampled: drawn % 1000 < u64::from(per_thousand),
        }
    }

    /// What a `traceparent` of version 00 says (W3C Trace Context, 3.2).
    pub(super) fn continued(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (version, trace, parent, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version != "00" || parts.next().is_some() {
            return None;
        }
        let [flags] = bytes::<1>(flags)?;
        let (trace, parent) = (bytes(trace)?, bytes(parent)?);
        if trace == [0; 16] || parent == [0; 8] {
            return None;
        }
        Some(Self {
            trace,
            span: fresh(),
            parent: Some(parent),
            sampled: flags & 1 == 1,
        })
    }
}

/// Names a span that is new.
pub(super) fn fresh() -> [u8; 8] {
    low(Uuid::new_v4().into_bytes())
}

fn low(bytes: [u8; 16]) -> [u8; 8] {
    let mut low = [0; 8];
    low.copy_from_slice(&bytes[8..]);
    low
}

/// `N` bytes in lower-case hexadecimal digits.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != 2 * N || !text.as_bytes().iter().all(is_digit) {
        return None;
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}
