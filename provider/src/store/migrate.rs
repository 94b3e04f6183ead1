//! The schema, as numbered migrations. One that has been released is never changed; the next one
//! is added.

use super::{Connection, StoreError, sql};

/// Every migration, oldest first: its number is its place, counted from 1.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_enrollment.sql"),
    include_str!("migrations/0002_people.sql"),
    include_str!("migrations/0003_channels.sql"),
    include_str!("migrations/0004_audit.sql"),
    include_str!("migrations/0005_desk.sql"),
    include_str!("migrations/0006_revocation.sql"),
    include_str!("migrations/0007_messages.sql"),
    include_str!("migrations/0008_ca.sql"),
    include_str!("migrations/0009_mailbox.sql"),
    include_str!("migrations/0010_programs.sql"),
    include_str!("migrations/0011_est.sql"),
    include_str!("migrations/0013_push.sql"),
    include_str!("migrations/0014_operations.sql"),
    include_str!("migrations/0015_keeping.sql"),
];

/// Brings the database up to date, in one transaction, so that two processes that start at once
/// do it once.
pub(super) fn migrate(connection: &Connection) -> Result<(), StoreError> {
    if version(connection)? == newest() {
        return Ok(());
    }
    if !connection.sorts_by_bytes()? {
        return Err(StoreError::Collation);
    }
    connection.prepare_migrations()?;
    connection.begin()?;
    let outcome = apply(connection);
    if outcome.is_ok() {
        connection.commit()?;
    } else {
        connection.rollback()?;
    }
    outcome
}

/// The schema that this binary knows.
pub(super) const fn newest() -> u64 {
    MIGRATIONS.len() as u64
}

fn apply(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY)",
    )?;
    let (found, known) = (version(connection)?, newest());
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (number, sql) in (1_u64..)
        .zip(MIGRATIONS)
        .filter(|(number, _)| *number > found)
    {
        connection.execute_batch(sql)?;
        connection.execute(
            sql!("INSERT INTO schema_migrations (version) VALUES ($1)"),
            [number as i64],
        )?;
    }
    Ok(())
}

/// The newest migration applied; 0 for a new database.
fn version(connection: &Connection) -> Result<u64, StoreError> {
    if !connection.has_table("schema_migrations")? {
        return Ok(0);
    }
    let version: Option<i64> =
        connection.query_row("SELECT MAX(version) FROM schema_migrations", [], |row| {
            row.get(0)
        })?;
    Ok(version
        .and_then(|version| u64::try_from(version).ok())
        .unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{store::Database, vault::sha256};

    fn empty() -> Connection {
        Database::from(Path::new(":memory:")).connect().unwrap()
    }

    #[test]
    fn migrating_twice_changes_nothing() {
        let connection = empty();
        migrate(&connection).unwrap();
        let schema = |connection: &Connection| -> String {
            connection
                .query_row("SELECT group_concat(sql) FROM sqlite_master", [], |row| {
                    row.get(0)
                })
                .unwrap()
        };
        let before = schema(&connection);
        migrate(&connection).unwrap();
        assert_eq!(schema(&connection), before);
        assert_eq!(version(&connection).unwrap(), MIGRATIONS.len() as u64);
    }

    #[test]
    fn certificates_of_before_know_their_issuer_and_their_hash_afterwards() {
        let connection = empty();
        connection
            .execute_batch(
                "PRAGMA foreign_keys = OFF;
                 CREATE TABLE schema_migrations (version BIGINT NOT NULL PRIMARY KEY);",
            )
            .unwrap();
        for (number, sql) in (1_i64..=5).zip(MIGRATIONS) {
            connection.execute_batch(sql).unwrap();
            connection
                .execute("INSERT INTO schema_migrations VALUES (?1)", [number])
                .unwrap();
        }
        connection
            .execute_batch(
                "INSERT INTO provider_keys VALUES (x'aa', 'demo', 'root', x'00', x'00', 1),
                     (x'bb', 'demo', 'issuing', x'00', x'00', 1);
                 INSERT INTO certificates
                     VALUES (x'01', 'demo', x'02', x'03', x'04', x'616263', 7, 8);",
            )
            .unwrap();
        migrate(&connection).unwrap();
        let found: (Vec<u8>, Vec<u8>, Vec<u8>) = connection
            .query_row(
                "SELECT issuer, fingerprint, ven_fingerprint FROM certificates",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .unwrap();
        let hash = sha256(b"abc");
        assert_eq!(found, (vec![0xbb], hash.to_vec(), hash[22..].to_vec()));
    }

    #[test]
    fn a_database_of_a_newer_gridpass_is_refused() {
        let connection = empty();
        migrate(&connection).unwrap();
        connection
            .execute("INSERT INTO schema_migrations (version) VALUES (999)", [])
            .unwrap();
        let refused = migrate(&connection);
        assert!(
            matches!(
                refused,
                Err(StoreError::Newer { found: 999, known })
                    if known == MIGRATIONS.len() as u64
            ),
            "{refused:?}"
        );
    }
}
