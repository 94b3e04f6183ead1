//! What the database holds in the end, read past all servers.

use gridpass_provider::testkit::{Connection, Row, database};
use gridpass_provider::{Database, DatabaseError, StoreError};

use crate::Failure;

/// A certificate, as the database holds it.
pub(super) struct Certificate {
    pub(super) enrollment: [u8; 16],
    pub(super) serial: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) certificate: Vec<u8>,
}

/// What is compared with what clients were answered.
pub(super) struct Held {
    pub(super) certificates: Vec<Certificate>,
    /// The wrong one-time passwords by temporary id.
    pub(super) failures: Vec<([u8; 16], i64)>,
    /// What the audit says of each one-time password that was judged wrong, JSON.
    pub(super) judged: Vec<String>,
}

/// What a report calls it.
pub(super) const fn name(database: &Database) -> &'static str {
    match database {
        Database::File(_) => "SQLite",
        Database::Postgres(_) => "PostgreSQL",
    }
}

/// Reads everything. A thread of its own: the client of PostgreSQL waits on a runtime of its own.
pub(super) async fn read(of: &Database) -> Result<Held, Failure> {
    let of = of.clone();
    Ok(tokio::task::spawn_blocking(move || read_all(&of)).await??)
}

fn read_all(of: &Database) -> Result<Held, StoreError> {
    let connection = database(of)?;
    Ok(Held {
        certificates: rows(
            &connection,
            "SELECT enrollment_id, serial, spki_hash, certificate FROM certificates",
            |row| {
                Ok(Certificate {
                    enrollment: row.get(0)?,
                    serial: row.get(1)?,
                    key: row.get(2)?,
                    certificate: row.get(3)?,
                })
            },
        )?,
        failures: rows(
            &connection,
            "SELECT temporary_id, failures FROM mapping_failures",
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?,
        judged: rows(
            &connection,
            "SELECT detail FROM audit_entries WHERE result = 'invalid-otp'",
            |row| row.get(0),
        )?,
    })
}

fn rows<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(Row<'_>) -> Result<T, DatabaseError>,
) -> Result<Vec<T>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_map([], read)?)
}
