//! For tests that look into the database past the use cases, as somebody who may write to it.

use std::path::Path;

pub use crate::store::{
    Connection, DatabaseErrorKind, FromSql, Params, Row, Rows, ToSql, ValueRef,
};
use crate::store::{StoreError, connect};

/// A connection that may write.
///
/// # Errors
/// The database cannot be opened.
pub fn database(path: &Path) -> Result<Connection, StoreError> {
    connect(path)
}
