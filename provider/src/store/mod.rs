//! The store: one database file, many readers, one writer.
//!
//! Reads take a connection from a small pool. Writes go to one thread that commits them in
//! groups: each job is whole or not at all, and is answered only when its group is on the disk.
//! The SQL is the same for SQLite and PostgreSQL.

pub(crate) mod confirmations;
mod connection;
pub(crate) mod conversations;
mod database_error;
pub(crate) mod enrollment_list;
pub(crate) mod enrollments;
mod error;
pub(crate) mod est_requests;
pub(crate) mod identity;
pub(crate) mod issuing_keys;
pub(crate) mod keys;
pub(crate) mod labels;
mod meters;
mod migrate;
pub(crate) mod milestones;
pub(crate) mod peers;
pub(crate) mod provider_keys;
mod readers;
pub(crate) mod revocation_lists;
pub(crate) mod revocations;
mod row;
pub(crate) mod sql;
mod sqlite;
mod value;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

pub use connection::{Connection, Row, Rows};
pub(crate) use database_error::OptionalExtension;
pub use database_error::{DatabaseError, DatabaseErrorKind};
pub use error::StoreError;
pub(crate) use meters::Meters;
pub(crate) use row::{RowReader, seconds};
pub(crate) use sql::sql;
#[cfg(feature = "testkit")]
pub(crate) use sqlite::connect;
pub(crate) use value::params;
pub use value::{FromSql, Params, ToSql, ValueRef};

use self::{readers::Readers, writer::Writer};
use crate::{audit::chain::Sealing, vault::Vault};

/// The database.
pub(crate) struct Store {
    path: PathBuf,
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
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = sqlite::connect(path)?;
        migrate::migrate(&connection)?;
        let sealing = Arc::new(OnceLock::new());
        let meters = Meters::new();
        Ok(Self {
            path: path.to_owned(),
            readers: Readers::new(path, meters.clone()),
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

    /// Runs `work` on a connection that cannot write.
    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let reader = self.readers.take()?;
        work(&reader)
    }

    /// Empties the write-ahead log into the database, so that no older version of an erased value
    /// is left in any file. Returns whether it could: a reader that has not ended, here or in
    /// another process, may keep the log for a while.
    pub(crate) fn forget_the_past(&self) -> Result<Forgotten, StoreError> {
        Ok(if sqlite::empty_log(&self.path)? {
            Forgotten::Yes
        } else {
            Forgotten::NotYet
        })
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
        self.writer.run(work)
    }
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
    let connection = sqlite::connect(Path::new(":memory:")).expect("memory is there");
    migrate::migrate(&connection).expect("an empty database takes every migration");
    connection
}
