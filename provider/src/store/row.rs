//! Reading rows without trust: a value that this version would not have written is an error that
//! names its table, column and row.

use std::{cell::Cell, str::FromStr};

use gridpass_protocol::UnixTime;

use super::{FromSql, Row, StoreError, ValueRef};

/// Reads the columns of one row in the order of its SELECT.
pub(crate) struct RowReader<'r> {
    row: Row<'r>,
    table: &'static str,
    next: Cell<usize>,
}

impl<'r> RowReader<'r> {
    /// A reader of a row of `table`. The first column must tell which row it is.
    pub(crate) fn new(row: Row<'r>, table: &'static str) -> Self {
        Self {
            row,
            table,
            next: Cell::new(0),
        }
    }

    /// The next column as it is.
    pub(crate) fn value<T: FromSql>(&self, column: &'static str) -> Result<T, StoreError> {
        let index = self.next.replace(self.next.get() + 1);
        let value = self.row.get_ref(index).map_err(|_| self.corrupt(column))?;
        T::from_value(value).map_err(|_| self.corrupt(column))
    }

    /// The next column, if `parse` accepts it.
    pub(crate) fn parsed<T: FromSql, P>(
        &self,
        column: &'static str,
        parse: impl FnOnce(T) -> Option<P>,
    ) -> Result<P, StoreError> {
        parse(self.value(column)?).ok_or_else(|| self.corrupt(column))
    }

    /// The next column as bytes of fixed length.
    pub(crate) fn bytes<const N: usize>(
        &self,
        column: &'static str,
    ) -> Result<[u8; N], StoreError> {
        self.value(column)
    }

    /// The next column as a point in time.
    pub(crate) fn time(&self, column: &'static str) -> Result<UnixTime, StoreError> {
        self.parsed(column, |seconds: i64| {
            u64::try_from(seconds).ok().map(UnixTime)
        })
    }

    /// The next column as a point in time, if there is one.
    pub(crate) fn optional_time(
        &self,
        column: &'static str,
    ) -> Result<Option<UnixTime>, StoreError> {
        let seconds: Option<i64> = self.value(column)?;
        seconds
            .map(|seconds| u64::try_from(seconds).map(UnixTime))
            .transpose()
            .map_err(|_| self.corrupt(column))
    }

    /// The next column as a word that `FromStr` knows.
    pub(crate) fn word<T: FromStr>(&self, column: &'static str) -> Result<T, StoreError> {
        self.parsed(column, |text: String| text.parse().ok())
    }

    /// A value of this row is not what it should be.
    pub(crate) fn corrupt(&self, column: &'static str) -> StoreError {
        let row = match self.row.get_ref(0) {
            Ok(ValueRef::Blob(bytes)) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            Ok(ValueRef::Text(text)) => text.to_owned(),
            Ok(ValueRef::Integer(number)) => number.to_string(),
            _ => "?".to_owned(),
        };
        StoreError::Corrupt {
            table: self.table,
            column,
            row,
        }
    }
}

/// A point in time as the database keeps it. Times beyond the year 292 billion stop there.
pub(crate) fn seconds(time: UnixTime) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}
