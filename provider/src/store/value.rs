//! What travels between Gridpass and a database: four kinds of values, the same for every engine.

/// A value as a database holds it, borrowed from where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueRef<'a> {
    /// Nothing.
    Null,
    /// A whole number. Truth values are 0 and 1.
    Integer(i64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

/// A value as a database holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Text(text) => Self::Text(text.to_owned()),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_owned()),
        }
    }
}

impl Value {
    pub(crate) fn borrowed(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }
    }

    /// The bytes that it takes, about.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Null | Self::Integer(_) => 8,
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
        }
    }
}

/// What can be bound to a parameter of a statement.
pub trait ToSql {
    /// As the database gets it.
    fn to_value(&self) -> ValueRef<'_>;
}

/// A value of the database is not of the type that was asked for, or out of its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value is not of the type that was asked for")]
pub struct UnexpectedValue;

/// What can be read from a column.
pub trait FromSql: Sized {
    /// From what the database holds.
    ///
    /// # Errors
    /// It is of another type, or out of bounds.
    fn from_value(value: ValueRef<'_>) -> Result<Self, UnexpectedValue>;
}

impl<T: ToSql + ?Sized> ToSql for &T {
    fn to_value(&self) -> ValueRef<'_> {
        T::to_value(self)
    }
}

impl<T: ToSql> ToSql for Option<T> {
    fn to_value(&self) -> ValueRef<'_> {
        self.as_ref().map_or(ValueRef::Null, T::to_value)
    }
}

impl<T: FromSql> FromSql for Option<T> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, UnexpectedValue> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

macro_rules! integers {
    ($($into:ty)*; $($from:ty)*) => {
        $(impl ToSql for $into {
            fn to_value(&self) -> ValueRef<'_> {
                ValueRef::Integer(i64::from(*self))
            }
        })*
        $(impl FromSql for $from {
            fn from_value(value: ValueRef<'_>) -> Result<Self, UnexpectedValue> {
                match value {
                    ValueRef::Integer(number) => {
                        Self::try_from(number).map_err(|_| UnexpectedValue)
                    }
                    _ => Err(UnexpectedValue),
                }
            }
        })*
    };
}
integers!(bool u8 u16 u32 i32 i64; u8 u16 u32 u64 usize i32 i64);

impl FromSql for bool {
    fn from_value(value: ValueRef<'_>) -> Result<Self, UnexpectedValue> {
        i64::from_value(value).map(|number| number != 0)
    }
}

impl ToSql for str {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Text(self)
    }
}

impl ToSql for String {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Text(self)
    }
}

impl FromSql for String {
    fn from_value(value: ValueRef<'_>) -> Result<Self, UnexpectedValue> {
        match value {
            ValueRef::Text(text) => Ok(text.to_owned()),
            _ => Err(UnexpectedValue),
        }
    }
}

impl ToSql for [u8] {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Blob(self)
    }
}

impl ToSql for Vec<u8> {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Blob(self)
    }
}

impl<const N: usize> ToSql for [u8; N] {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Blob(self)
    }
}

impl FromSql for Vec<u8> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, UnexpectedValue> {
        match value {
            ValueRef::Blob(bytes) => Ok(bytes.to_owned()),
            _ => Err(UnexpectedValue),
        }
    }
}

impl<const N: usize> FromSql for [u8; N] {
    fn from_value(value: ValueRef<'_>) -> Result<Self, UnexpectedValue> {
        match value {
            ValueRef::Blob(bytes) => bytes.try_into().map_err(|_| UnexpectedValue),
            _ => Err(UnexpectedValue),
        }
    }
}

/// The parameters of one call of a statement: `params![…]`, an array of one type, or `[]`.
pub trait Params {
    /// The values, `$1` first.
    fn values(&self) -> impl ExactSizeIterator<Item = ValueRef<'_>>;
}

impl Params for &[&dyn ToSql] {
    fn values(&self) -> impl ExactSizeIterator<Item = ValueRef<'_>> {
        self.iter().map(|value| value.to_value())
    }
}

/// No parameters. A type of its own, so that `[]` needs no annotation.
impl Params for [&dyn ToSql; 0] {
    fn values(&self) -> impl ExactSizeIterator<Item = ValueRef<'_>> {
        std::iter::empty()
    }
}

macro_rules! arrays {
    ($($length:literal)*) => {
        $(impl<T: ToSql> Params for [T; $length] {
            fn values(&self) -> impl ExactSizeIterator<Item = ValueRef<'_>> {
                self.iter().map(T::to_value)
            }
        })*
    };
}
arrays!(1 2 3 4);

impl ToSql for ValueRef<'_> {
    fn to_value(&self) -> ValueRef<'_> {
        *self
    }
}

/// Values that were counted together only when the program runs.
impl Params for &[ValueRef<'_>] {
    fn values(&self) -> impl ExactSizeIterator<Item = ValueRef<'_>> {
        self.iter().copied()
    }
}

/// The parameters of a statement, of any types.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$(&$value as &dyn $crate::store::ToSql),*] as &[&dyn $crate::store::ToSql]
    };
}
pub(crate) use params;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_bounds_and_other_types_are_refused() {
        assert_eq!(u8::from_value(ValueRef::Integer(255)), Ok(255));
        assert_eq!(u8::from_value(ValueRef::Integer(256)), Err(UnexpectedValue));
        assert_eq!(u32::from_value(ValueRef::Integer(-1)), Err(UnexpectedValue));
        assert_eq!(i64::from_value(ValueRef::Text("1")), Err(UnexpectedValue));
        assert_eq!(i64::from_value(ValueRef::Null), Err(UnexpectedValue));
        assert_eq!(Option::<i64>::from_value(ValueRef::Null), Ok(None));
        let bytes = ValueRef::Blob(&[1, 2]);
        assert_eq!(<[u8; 2]>::from_value(bytes), Ok([1, 2]));
        assert_eq!(<[u8; 3]>::from_value(bytes), Err(UnexpectedValue));
        assert_eq!(String::from_value(bytes), Err(UnexpectedValue));
    }
}
