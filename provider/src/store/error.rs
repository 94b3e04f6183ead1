//! What can go wrong with the database.

use std::sync::Arc;

use super::{DatabaseError, DatabaseErrorKind};

/// The database failed. Nothing was written, unless its documentation says otherwise.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be read or written now: locked by another process, disk full, gone.
    #[error("the database is not available: {0}")]
    Unavailable(Arc<DatabaseError>),
    /// A value in the database is not what this version of Gridpass writes there.
    #[error("the database is damaged: table {table}, column {column}, row {row}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row, by its key.
        row: String,
    },
    /// A newer Gridpass made this database.
    #[error("the database has schema version {found}; this Gridpass knows up to {known}")]
    Newer {
        /// The version of the database.
        found: u64,
        /// The newest version that this binary knows.
        known: u64,
    },
    /// Somebody else changed the same row at the same moment. Nothing was written.
    #[error("somebody else changed the same row at the same moment")]
    Contended,
    /// The database is the target of a copy that has not ended.
    #[error(
        "a copy into this database has not ended: run the same `gridpass store copy` again, and \
         open the portal then"
    )]
    CopyUnderWay,
    /// PostgreSQL sorts texts otherwise than by their bytes.
    #[error(
        "the database sorts texts by a language: make it anew with \
         CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"
    )]
    Collation,
    /// The thread that writes is gone.
    #[error("the database writer has stopped")]
    WriterStopped,
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        match error.kind() {
            DatabaseErrorKind::Contended => Self::Contended,
            _ => Self::Unavailable(Arc::new(error)),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        DatabaseError::from(error).into()
    }
}

impl StoreError {
    /// Whether the same call may succeed a little later: somebody else held the database, or it
    /// could not be reached.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let Self::Unavailable(error) = self else {
            return false;
        };
        matches!(
            error.kind(),
            DatabaseErrorKind::Busy | DatabaseErrorKind::Lost
        )
    }
}
