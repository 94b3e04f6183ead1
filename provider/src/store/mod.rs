//! The store: one database file, many readers, one writer.
//!
//! Reads take a connection from a small pool. Writes go to one thread that commits them in
//! groups: each job is whole or not at all, and is answered only when its group is on the disk.
//! The SQL is the same for SQLite and PostgreSQL.

pub(crate) mod confirmations;
mod connection;
pub(crate) mod conversations;
pub(crate) mod copy;
mod database;
mod database_error;
pub(crate) mod enrollment_list;
pub(crate) mod enrollments;
mod error;
pub(crate) mod est_requests;
pub(crate) mod identity;
pub(crate) mod inspection;
pub(crate) mod issuing_keys;
pub(crate) mod keys;
pub(crate) mod labels;
mod meters;
mod migrate;
pub(crate) mod milestones;
pub(crate) mod peers;
mod postgres;
mod presence;
pub(crate) mod provider_keys;
mod readers;
pub(crate) mod revocation_lists;
pub(crate) mod revocations;
mod row;
pub(crate) mod sql;
mod sqlite;
mod statistics;
mod value;
mod writer;

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

pub use self::postgres::{PostgresAddress, PostgresAddressError};
#[cfg(feature = "testkit")]
pub(crate) use self::sqlite::empty_log;
pub use connection::{Connection, Row, Rows};
pub use database::Database;
pub(crate) use database_error::OptionalExtension;
pub use database_error::{DatabaseError, DatabaseErrorKind};
pub use error::StoreError;
pub(crate) use meters::Meters;
pub(crate) use row::{RowReader, seconds};
pub(crate) use sql::sql;
pub use value::{FromSql, Params, ToSql, ValueRef};
pub(crate) use value::{Value, params};

use self::{presence::Presence, readers::Readers, writer::Writer};
use crate::{audit::chain::Sealing, vault::Vault};

/// The database.
pub(crate) struct Store {
    database: Database,
    /// Of the file, if it is one.
    presence: Option<Presence>,
    readers: Readers,
    writer: Writer,
    sealing: Arc<OnceLock<Sealing>>,
    meters: Meters,
}

impl Store {
    /// Opens the database, makes it if there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// It cannot be opened or written, or a newer Gridpass made it.
    pub(crate) fn open(database: &Database) -> Result<Self, StoreError> {
        let connection = database.connect()?;
        migrate::migrate(&connection)?;
        if copy::is_under_way(&connection)? {
            return Err(StoreError::CopyUnderWay);
        }
        let sealing = Arc::new(OnceLock::new());
        let meters = Meters::new();
        Ok(Self {
            database: database.clone(),
            presence: match database {
                Database::File(file) => Some(Presence::of(file)?),
                Database::Postgres(_) => None,
            },
            readers: Readers::new(database, meters.clone()),
            writer: Writer::start(connection, Arc::clone(&sealing), meters.clone())?,
            sealing,
            meters,
        })
    }

    /// From now on the ends of the audit's chains are sealed with every group that is written.
    pub(crate) fn seal_audit_with(&self, vault: &Arc<Vault>) {
        // A second call would bring the same vault.
        let _ = self.sealing.set(Sealing::new(vault));
    }

    /// What is measured of it.
    pub(crate) const fn meters(&self) -> &Meters {
        &self.meters
    }

    /// The file of the database, if it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.database {
            Database::File(file) => Some(file),
            Database::Postgres(_) => None,
        }
    }

    /// Whether a call waits for an answer from elsewhere.
    pub(crate) const fn is_remote(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }

    /// Runs `work` on a connection that cannot write.
    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.check_presence()?;
        let reader = self.readers.take()?;
        work(&reader)
    }

    fn check_presence(&self) -> Result<(), StoreError> {
        self.presence.as_ref().map_or(Ok(()), Presence::check)
    }

    /// Empties SQLite's write-ahead log into the database, so that no older version of an erased
    /// value is left in any file. Returns whether it could: a reader that has not ended, here or
    /// in another process, may keep the log for a while.
    ///
    /// PostgreSQL overwrites and ends its log by itself, and copies and archives of it are its
    /// operator's: see `docs/postgresql.md`.
    pub(crate) fn forget_the_past(&self) -> Result<Forgotten, StoreError> {
        // Opening would make a new file.
        self.check_presence()?;
        Ok(match &self.database {
            Database::File(file) if !sqlite::empty_log(file)? => Forgotten::NotYet,
            Database::File(_) | Database::Postgres(_) => Forgotten::Yes,
        })
    }

    /// Tells the database's planner what has changed in the tables; of how many. To be called every
    /// few seconds; nothing where there is no such planner.
    pub(crate) fn refresh_statistics(&self) -> Result<usize, StoreError> {
        match &self.database {
            Database::File(_) => Ok(0),
            Database::Postgres(_) => self.read(statistics::refresh),
        }
    }

    /// From now on whoever writes waits no longer than this for other processes that write.
    pub(crate) fn wait_at_most(&self, patience: std::time::Duration) -> Result<(), StoreError> {
        self.write(move |connection| Ok(connection.wait_at_most(patience)?))
    }

    /// Runs `work` in a transaction and waits until it is on the disk. An error undoes all that
    /// `work` wrote.
    pub(crate) fn write<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.check_presence()?;
        let kept = self.writer.run(work)?;
        // What was kept in a file that went meanwhile is not kept.
        self.check_presence()?;
        Ok(kept)
    }
}

/// Makes the schema in an empty database.
#[cfg(feature = "testkit")]
pub(crate) fn migrate_database(database: &Database) -> Result<(), StoreError> {
    migrate::migrate(&database.connect()?)
}

/// Whether older versions of erased values are gone from the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Forgotten {
    Yes,
    NotYet,
}

/// An empty database in memory, for tests of single statements.
#[cfg(test)]
pub(crate) fn in_memory() -> Connection {
    let connection = Database::from(Path::new(":memory:"))
        .connect()
        .expect("memory is there");
    migrate::migrate(&connection).expect("an empty database takes every migration");
    connection
}
