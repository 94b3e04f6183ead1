//! Values on the wire of PostgreSQL. It says what type each parameter and each column is of, and
//! gets it in that type, whatever Gridpass calls it.

use std::{error::Error, fmt};

use bytes::BytesMut;

use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};

use crate::store::value::{UnexpectedValue, ValueRef};

/// A value as a parameter.
pub(super) struct Bound<'a>(pub(super) ValueRef<'a>);

/// Without the value: the client writes its parameters into a log of the finest level.
impl fmt::Debug for Bound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bound(..)")
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        wanted: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self.0, wanted) {
            (ValueRef::Null, _) => return Ok(IsNull::Yes),
            (ValueRef::Integer(number), &Type::INT8) => {
                out.extend_from_slice(&number.to_be_bytes())
            }
            (ValueRef::Integer(number), &Type::INT4) => {
                out.extend_from_slice(&i32::try_from(number)?.to_be_bytes());
            }
            (ValueRef::Integer(number), &Type::INT2) => {
                out.extend_from_slice(&i16::try_from(number)?.to_be_bytes());
            }
            (ValueRef::Integer(number), &Type::BOOL) => {
                out.extend_from_slice(&[u8::from(number != 0)]);
            }
            (ValueRef::Integer(number), &Type::NUMERIC) => put_numeric(number, out),
            (ValueRef::Integer(number), wanted) if is_text(wanted) => {
                out.extend_from_slice(number.to_string().as_bytes());
            }
            (ValueRef::Text(text), wanted) if is_text(wanted) => {
                if text.contains('\0') {
                    return Err("a text with a null character cannot be kept".into());
                }
                out.extend_from_slice(text.as_bytes());
            }
            (ValueRef::Text(text), &Type::BYTEA) => out.extend_from_slice(text.as_bytes()),
            (ValueRef::Blob(bytes), &Type::BYTEA) => out.extend_from_slice(bytes),
            (_, wanted) => return Err(format!("a parameter of type {wanted} was expected").into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        // What does not fit is refused with the value in hand.
        true
    }

    to_sql_checked!();
}

fn is_text(kind: &Type) -> bool {
    matches!(
        *kind,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN
    )
}

impl<'a> FromSql<'a> for ValueRef<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *kind {
            Type::INT8 => Self::Integer(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Self::Integer(i32::from_be_bytes(raw.try_into()?).into()),
            Type::INT2 => Self::Integer(i16::from_be_bytes(raw.try_into()?).into()),
            Type::BOOL => Self::Integer(i64::from(raw.first().is_some_and(|byte| *byte != 0))),
            Type::NUMERIC => Self::Integer(whole_numeric(raw)?),
            Type::BYTEA => Self::Blob(raw),
            _ => Self::Text(std::str::from_utf8(raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(kind: &Type) -> bool {
        matches!(
            *kind,
            Type::INT8 | Type::INT4 | Type::INT2 | Type::BOOL | Type::NUMERIC | Type::BYTEA
        ) || is_text(kind)
            || matches!(kind.kind(), Kind::Enum(_))
    }
}

/// Digits of a NUMERIC are four decimal ones each.
const BASE: u64 = 10_000;

/// A whole number as NUMERIC: count of digits, weight of the first, sign, scale, digits.
fn put_numeric(number: i64, out: &mut BytesMut) {
    let mut digits = Vec::new();
    let mut left = number.unsigned_abs();
    while left > 0 {
        digits.push((left % BASE) as u16);
        left /= BASE;
    }
    let weight = (digits.len() as u16).wrapping_sub(1);
    let sign: u16 = if number < 0 { 0x4000 } else { 0 };
    for part in [digits.len() as u16, weight, sign, 0] {
        out.extend_from_slice(&part.to_be_bytes());
    }
    for digit in digits.iter().rev() {
        out.extend_from_slice(&digit.to_be_bytes());
    }
}

/// The number that a NUMERIC is, if it is a whole one: what SUM makes of BIGINT.
fn whole_numeric(raw: &[u8]) -> Result<i64, UnexpectedValue> {
    let mut parts = raw
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let mut part = || parts.next().ok_or(UnexpectedValue);
    let (count, weight, sign, _scale) = (part()?, part()? as i16, part()?, part()?);
    if !matches!(sign, 0 | 0x4000) {
        return Err(UnexpectedValue);
    }
    let mut number: i128 = 0;
    // Digits after the last are zeros up to the weight; beyond it they would be a fraction.
    for place in 0..(i32::from(weight) + 1).max(i32::from(count)) {
        let digit = if place < i32::from(count) { part()? } else { 0 };
        if place > i32::from(weight) {
            if digit != 0 {
                return Err(UnexpectedValue);
            }
            continue;
        }
        number = number
            .checked_mul(i128::from(BASE))
            .and_then(|number| number.checked_add(i128::from(digit)))
            .ok_or(UnexpectedValue)?;
    }
    let number = if sign == 0 { number } else { -number };
    i64::try_from(number).map_err(|_| UnexpectedValue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_survive_numeric() {
        for number in [0, 1, -1, 9_999, 10_000, 120_000_000, i64::MAX, i64::MIN] {
            let mut raw = BytesMut::new();
            put_numeric(number, &mut raw);
            assert_eq!(whole_numeric(&raw), Ok(number));
        }
    }

    #[test]
    fn a_numeric_that_is_no_whole_number_is_refused() {
        let numeric = |parts: &[u16]| -> Vec<u8> {
            parts.iter().flat_map(|part| part.to_be_bytes()).collect()
        };
        assert_eq!(whole_numeric(&numeric(&[1, 1, 0, 0, 5])), Ok(50_000));
        for refused in [
            numeric(&[2, 0, 0, 1, 1, 5000]),
            numeric(&[0, 0, 0xC000, 0]),
            numeric(&[1, 0, 0]),
            numeric(&[2, 0, 0, 0, 1]),
            numeric(&[1, 30, 0, 0, 1]),
        ] {
            assert_eq!(whole_numeric(&refused), Err(UnexpectedValue), "{refused:?}");
        }
    }
}
