//! Where the database is, and connections to it.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::Deserialize;

use super::{
    Connection, StoreError,
    postgres::{Access, PostgresAddress, PostgresAddressError, Session},
    sqlite,
};

/// Where the database is. As text: the path of a file, or `postgres://…`.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub enum Database {
    /// A file of SQLite: one server.
    File(PathBuf),
    /// A database of PostgreSQL: one server or several.
    Postgres(PostgresAddress),
}

impl FromStr for Database {
    type Err = PostgresAddressError;

    fn from_str(text: &str) -> Result<Self, PostgresAddressError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            text.parse().map(Self::Postgres)
        } else {
            Ok(Self::File(text.into()))
        }
    }
}

impl TryFrom<String> for Database {
    type Error = PostgresAddressError;

    fn try_from(text: String) -> Result<Self, PostgresAddressError> {
        text.parse()
    }
}

impl From<PathBuf> for Database {
    fn from(file: PathBuf) -> Self {
        Self::File(file)
    }
}

impl From<&Path> for Database {
    fn from(file: &Path) -> Self {
        Self::File(file.to_owned())
    }
}

impl From<PostgresAddress> for Database {
    fn from(address: PostgresAddress) -> Self {
        Self::Postgres(address)
    }
}

/// Where it is, without how to get in.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Postgres(address) => write!(f, "{address}"),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({self})")
    }
}

impl Database {
    /// A connection as every part of Gridpass uses it, the command line included.
    pub(crate) fn connect(&self) -> Result<Connection, StoreError> {
        match self {
            Self::File(file) => Ok(sqlite::connect(file)?.into()),
            Self::Postgres(address) => Ok(Session::open(address, Access::Write)?.into()),
        }
    }

    /// A connection that cannot write.
    pub(super) fn connect_reader(&self) -> Result<Connection, StoreError> {
        match self {
            Self::File(file) => Ok(sqlite::connect_reader(file)?.into()),
            Self::Postgres(address) => Ok(Session::open(address, Access::Read)?.into()),
        }
    }
}
