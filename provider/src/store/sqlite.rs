//! SQLite: one file, or memory.

use std::{path::Path, time::Duration};

use rusqlite::{Connection as Library, config::DbConfig, functions::FunctionFlags};

use crate::vault::sha256;

/// How long whoever writes waits for other processes that write: longer than a first start takes,
/// on a busy disk, in which others make the schema and the keys.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that cannot write.
pub(super) fn connect_reader(path: &Path) -> Result<Library, rusqlite::Error> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", "ON")?;
    Ok(connection)
}

/// A connection with the settings that hold for all.
pub(super) fn connect(path: &Path) -> Result<Library, rusqlite::Error> {
    let connection = Library::open(path)?;
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

/// Writes the database as it is at one moment into an empty file, while others read and write: it
/// is one read transaction. The copy holds what is there and nothing of what was erased.
pub(super) fn snapshot(path: &Path, into: &Path) -> Result<(), rusqlite::Error> {
    let connection = connect(path)?;
    // The name is bound, not written into the statement.
    connection.execute("VACUUM INTO ?1", [into.to_string_lossy()])?;
    Ok(())
}

/// Empties the write-ahead log into the database. Returns whether it could.
pub(crate) fn empty_log(path: &Path) -> Result<bool, rusqlite::Error> {
    let connection = connect(path)?;
    // Whoever writes waits for this one; it may not wait long itself.
    connection.busy_timeout(Duration::from_millis(200))?;
    let busy: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(busy == 0)
}

/// `sha256(bytes)`, which PostgreSQL knows by itself.
pub(super) fn teach_sha256(connection: &Library) -> Result<(), rusqlite::Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("sha256", 1, flags, |call| {
        let bytes: Vec<u8> = call.get(0)?;
        Ok(sha256(&bytes))
    })?;
    Ok(())
}
