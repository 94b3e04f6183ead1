//! Times and durations as OpenADR writes them: RFC 3339 and ISO 8601.

use std::time::Duration;

use crate::UnixTime;

const DAY: u64 = 24 * 60 * 60;

/// A point in time as OpenADR writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// This one.
    At(UnixTime),
    /// A year before 1970, which OpenADR writes for *at once*.
    Now,
}

impl Moment {
    /// Reads RFC 3339 (with `T`, and `Z` or an offset); fractions of a second are dropped.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = (text.get(..10)?, text.get(11..19)?);
        if !matches!(text.as_bytes()[10], b'T' | b't' | b' ') {
            return None;
        }
        let year = u16::try_from(number(date.get(..4)?)?).ok()?;
        let [month, day] = pair(date, b'-', 4)?;
        let hour = small(time.get(..2)?)?;
        let [minute, second] = pair(time, b':', 2)?;
        let rest = text.get(19..)?;
        let rest = match rest.strip_prefix('.') {
            Some(fraction) => fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()),
            None => rest,
        };
        let ahead = offset(rest)?;
        if year < 1970 {
            return Some(Self::Now);
        }
        // A leap second is the second before it: Unix time has none.
        let time = der::DateTime::new(year, month, day, hour, minute, second.min(59)).ok()?;
        let seconds = i64::try_from(time.unix_duration().as_secs()).ok()? - ahead;
        Some(Self::At(UnixTime(u64::try_from(seconds).ok()?)))
    }
}

/// Writes RFC 3339, in UTC. Past the year 9999 it is the last second of that year.
#[must_use]
pub fn rfc3339(at: UnixTime) -> String {
    const LAST: u64 = 253_402_300_799;
    der::DateTime::from_unix_duration(Duration::from_secs(at.0.min(LAST)))
        .expect("a time before the year 10000")
        .to_string()
}

/// Writes ISO 8601.
#[must_use]
pub fn duration(seconds: u64) -> String {
    format!("PT{seconds}S")
}

/// Reads ISO 8601: the seconds of a duration, a year counted as 365 days and a month as 30. None
/// for what is no duration, and for `P9999Y`, which OpenADR writes for *without end*.
#[must_use]
pub fn seconds_of(text: &str) -> Option<u64> {
    const ENDLESS: u64 = 9999 * 365 * DAY;
    let (date, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text.strip_prefix('P')?, None),
    };
    if date.is_empty() && time.is_none_or(str::is_empty) {
        return None;
    }
    let units = [
        ('Y', 365 * DAY),
        ('M', 30 * DAY),
        ('W', 7 * DAY),
        ('D', DAY),
    ];
    let clock = [('H', 60 * 60), ('M', 60), ('S', 1)];
    let days = sum(date, &units)?;
    let seconds = days.checked_add(sum(time.unwrap_or_default(), &clock)?)?;
    (seconds < ENDLESS).then_some(seconds)
}

/// Numbers with their units, each unit at most once and in this order.
fn sum(mut text: &str, units: &[(char, u64)]) -> Option<u64> {
    let mut total = 0_u64;
    let mut left = units;
    while !text.is_empty() {
        let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
        let amount = number(&text[..digits])?;
        text = &text[digits..];
        // Only seconds have fractions, which are dropped.
        if let Some(fraction) = text.strip_prefix('.') {
            text = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
            if !text.starts_with('S') {
                return None;
            }
        }
        let unit = text.chars().next()?;
        let place = left.iter().position(|(letter, _)| *letter == unit)?;
        total = total.checked_add(amount.checked_mul(left[place].1)?)?;
        left = &left[place + 1..];
        text = &text[unit.len_utf8()..];
    }
    Some(total)
}

fn number(digits: &str) -> Option<u64> {
    let is_plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_plain.then(|| digits.parse().ok())?
}

fn small(digits: &str) -> Option<u8> {
    u8::try_from(number(digits)?).ok()
}

/// The two numbers of two digits after `start`, each behind a separator.
fn pair(text: &str, separator: u8, start: usize) -> Option<[u8; 2]> {
    let bytes = text.as_bytes();
    if bytes[start] != separator || bytes[start + 3] != separator {
        return None;
    }
    let first = text.get(start + 1..start + 3)?;
    let second = text.get(start + 4..start + 6)?;
    Some([small(first)?, small(second)?])
}

/// Seconds that a clock with this offset is ahead of UTC.
fn offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (small(hours)?, small(minutes)?);
    (hours < 24 && minutes < 60)
        .then(|| sign * (i64::from(hours) * 60 * 60 + i64::from(minutes) * 60))
}
