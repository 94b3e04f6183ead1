//! The store: one database file, many readers, one writer.
//!
//! Reads take a connection from a small pool. Writes go to one thread that commits them in
//! groups: each job is whole or not at all, and is answered only when its group is on the disk.
//! The SQL is the same for SQLite and PostgreSQL.

pub(crate) mod confirmations;
pub(crate) mod conversations;
pub(crate) mod enrollment_list;
pub(crate) mod enrollments;
mod error;
pub(crate) mod est_requests;
pub(crate) mod issuing_keys;
pub(crate) mod keys;
pub(crate) mod labels;
mod migrate;
pub(crate) mod milestones;
pub(crate) mod peers;
pub(crate) mod provider_keys;
mod readers;
pub(crate) mod revocation_lists;
pub(crate) mod revocations;
mod row;
pub(crate) mod sql;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use rusqlite::{Connection, config::DbConfig};

pub use error::StoreError;
pub(crate) use row::{RowReader, seconds};
pub(crate) use sql::sql;

use self::{readers::Readers, writer::Writer};
use crate::{audit::chain::Sealing, vault::Vault};

/// The database.
pub(crate) struct Store {
    path: PathBuf,
    readers: Readers,
    writer: Writer,
    sealing: Arc<OnceLock<Sealing>>,
}

impl Store {
    /// Opens the database, makes it if there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// It cannot be opened or written, or a newer Gridpass made it.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = connect(path)?;
        migrate::migrate(&mut connection)?;
        let sealing = Arc::new(OnceLock::new());
        Ok(Self {
            path: path.to_owned(),
            readers: Readers::new(path),
            writer: Writer::start(connection, Arc::clone(&sealing))?,
            sealing,
        })
    }

    /// From now on the ends of the audit's chains are sealed with every group that is written.
    pub(crate) fn seal_audit_with(&self, vault: &Arc<Vault>) {
        // A second call would bring the same vault.
        let _ = self.sealing.set(Sealing::new(vault));
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
        let connection = connect(&self.path)?;
        // Whoever writes waits for this one; it may not wait long itself.
        connection.busy_timeout(std::time::Duration::from_millis(200))?;
        let busy: i64 =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(if busy == 0 {
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
    let mut connection = connect(Path::new(":memory:")).expect("memory is there");
    migrate::migrate(&mut connection).expect("an empty database takes every migration");
    connection
}

/// How long whoever writes waits for other processes that write: longer than a first start takes,
/// on a busy disk, in which others make the schema and the keys.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// A connection as every part of Gridpass uses it, the command line included.
fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: what was answered survives a power cut, not only a crash of the process.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is erased is overwritten, not only forgotten.
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    // One plan a statement, whatever is bound to it: otherwise SQLite compiles statements anew
    // for values that could let it use a partial index.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}
