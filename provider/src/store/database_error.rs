//! Why a statement failed, in the words of the engine, without what was bound to it.

use std::borrow::Cow;

use super::value::UnexpectedValue;

/// The database refused a statement or could not be reached. What the statement held is not part
/// of it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct DatabaseError {
    kind: DatabaseErrorKind,
    message: Cow<'static, str>,
}

/// What follows from a [`DatabaseError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseErrorKind {
    /// One row was asked for and there is none.
    NoRow,
    /// Somebody else holds what is needed: another try may succeed.
    Busy,
    /// The connection is gone, or the database is going down or coming up: another try, on a new
    /// connection, may succeed.
    Lost,
    /// The row breaks a rule of the schema.
    Constraint,
    /// A statement that has to change one row changed none: somebody else was there before.
    Contended,
    /// Anything else.
    Other,
}

impl DatabaseError {
    pub(crate) fn new(kind: DatabaseErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// What follows from it.
    #[must_use]
    pub const fn kind(&self) -> DatabaseErrorKind {
        self.kind
    }
}

impl From<UnexpectedValue> for DatabaseError {
    fn from(error: UnexpectedValue) -> Self {
        Self::new(DatabaseErrorKind::Other, error.to_string())
    }
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let kind = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => DatabaseErrorKind::Busy,
            Some(ErrorCode::ConstraintViolation) => DatabaseErrorKind::Constraint,
            _ if matches!(error, rusqlite::Error::QueryReturnedNoRows) => {
                return Self::new(DatabaseErrorKind::NoRow, NO_ROW);
            }
            _ => DatabaseErrorKind::Other,
        };
        Self::new(kind, error.to_string())
    }
}

/// What follows for a statement that has to change one row.
pub(super) fn has_changed_one(is_so: bool) -> Result<(), DatabaseError> {
    let contended = || {
        DatabaseError::new(
            DatabaseErrorKind::Contended,
            "a statement that has to change one row did not",
        )
    };
    is_so.then_some(()).ok_or_else(contended)
}

pub(super) const NO_ROW: &str = "no row was found where there must be one";

/// Turns the error that there is no row into `None`.
pub(crate) trait OptionalExtension<T> {
    /// The row, if there is one.
    ///
    /// # Errors
    /// Every other error.
    fn optional(self) -> Result<Option<T>, DatabaseError>;
}

impl<T> OptionalExtension<T> for Result<T, DatabaseError> {
    fn optional(self) -> Result<Option<T>, DatabaseError> {
        match self {
            Ok(row) => Ok(Some(row)),
            Err(error) if error.kind == DatabaseErrorKind::NoRow => Ok(None),
            Err(error) => Err(error),
        }
    }
}
