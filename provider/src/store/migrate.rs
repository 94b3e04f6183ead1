//! The schema, as numbered migrations. One that has been released is never changed; the next one
//! is added.
//!
//! Servers are upgraded one by one, so an older Gridpass works beside a newer one on the newer
//! schema for a while. Each migration therefore says which is the oldest that can live with it, and
//! that is kept in the database for those who do not know the migration.

use super::{Connection, StoreError, params, sql};

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
    include_str!("migrations/0016_versions.sql"),
    include_str!("migrations/0017_awaiting.sql"),
];

/// The oldest Gridpass, by the newest migration that it knows, which can live with a migration, for
/// those after the first [`KEEPING`]. A migration that only adds what nobody has to know is named
/// with the number of an older one, and one that takes something away with its own.
const LIVES_WITH: &[u64] = &[15];

/// The migration that made the place where that is kept.
const KEEPING: u64 = 15;

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
        return match newer(connection)? {
            Newer::LivesWithUs => Ok(()),
            Newer::Refuses => Err(StoreError::Newer { found, known }),
        };
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
        if let Some(oldest) = oldest(number) {
            connection.execute(
                sql!("UPDATE schema_migrations SET oldest = $2 WHERE version = $1"),
                params![number as i64, oldest as i64],
            )?;
        }
    }
    Ok(())
}

/// The oldest Gridpass that can live with this migration, if it is one that says so.
fn oldest(number: u64) -> Option<u64> {
    let index = number.checked_sub(KEEPING + 1)?;
    LIVES_WITH.get(usize::try_from(index).ok()?).copied()
}

/// What migrations that this binary does not know say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Newer {
    /// There are none, or it can live with all of them.
    LivesWithUs,
    /// One of them took away what it needs.
    Refuses,
}

/// Refuses a database with anything that this binary does not know, even if it could live with
/// that: for who has to know all of it.
pub(super) fn expect_nothing_newer(connection: &Connection) -> Result<(), StoreError> {
    let (found, known) = (version(connection)?, newest());
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    Ok(())
}

/// Reads what newer migrations say of this binary. Only where there are any is it certain that they
/// have the place to say it.
pub(super) fn newer(connection: &Connection) -> Result<Newer, StoreError> {
    let refuses = connection
        .prepare_cached(sql!(
            "SELECT 1 FROM schema_migrations
             WHERE version > $1 AND (oldest IS NULL OR oldest > $1) LIMIT 1"
        ))?
        .exists([newest() as i64])?;
    Ok(if refuses {
        Newer::Refuses
    } else {
        Newer::LivesWithUs
    })
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
    use crate::{
        store::{Database, identity},
        vault::sha256,
    };

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
    fn a_newer_schema_is_refused_unless_every_newer_migration_lives_with_us() {
        let connection = empty();
        migrate(&connection).unwrap();
        let known = newest();
        let add = |version: u64, oldest: Option<u64>| {
            connection
                .execute(
                    sql!("INSERT INTO schema_migrations (version, oldest) VALUES ($1, $2)"),
                    params![version as i64, oldest.map(|oldest| oldest as i64)],
                )
                .unwrap();
            migrate(&connection)
        };
        add(known + 1, Some(known)).unwrap();
        add(known + 2, Some(known - 1)).unwrap();
        assert_eq!(newer(&connection).unwrap(), Newer::LivesWithUs);
        assert!(
            expect_nothing_newer(&connection).is_err(),
            "who copies it would leave something behind"
        );
        for (number, oldest) in [(3, Some(known + 1)), (4, None)] {
            let refused = add(known + number, oldest);
            let Err(StoreError::Newer { found, known: ours }) = refused else {
                panic!("{refused:?}")
            };
            assert_eq!((found, ours), (known + number, known));
            connection
                .execute(
                    sql!("DELETE FROM schema_migrations WHERE version = $1"),
                    [(known + number) as i64],
                )
                .unwrap();
        }
        migrate(&connection).unwrap();
    }

    #[test]
    fn a_database_of_an_older_gridpass_can_be_looked_into() {
        let connection = empty();
        connection.prepare_migrations().unwrap();
        connection
            .execute_batch("CREATE TABLE schema_migrations (version BIGINT NOT NULL PRIMARY KEY)")
            .unwrap();
        for (number, sql) in (1..KEEPING as i64).zip(MIGRATIONS) {
            connection.execute_batch(sql).unwrap();
            let row = sql!("INSERT INTO schema_migrations (version) VALUES ($1)");
            connection.execute(row, [number]).unwrap();
        }
        let found = identity::find(&connection).unwrap();
        assert_eq!((found.schema, found.is_outgrown), (KEEPING - 1, false));
    }

    #[test]
    fn every_migration_that_has_to_says_who_can_live_with_it() {
        assert_eq!(LIVES_WITH.len() as u64, newest() - KEEPING);
        for (number, oldest) in (KEEPING + 1..).zip(LIVES_WITH) {
            assert!(*oldest <= number && *oldest >= KEEPING, "{number}");
        }
    }
}
