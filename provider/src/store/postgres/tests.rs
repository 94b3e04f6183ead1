//! What holds for a session with PostgreSQL alone. What holds for both engines is in the use cases.

use std::path::Path;

use crate::{
    store::{Connection, Database, DatabaseErrorKind, Store, StoreError, migrate_database, params},
    testkit::{TestDatabase, TestStore, administer},
};

fn database() -> TestDatabase {
    TestDatabase::make(TestStore::Postgres, Path::new(""))
}

/// With a table to play with.
fn connected(database: &TestDatabase) -> Connection {
    let connection = database.database().connect().unwrap();
    connection
        .execute_batch("CREATE TABLE IF NOT EXISTS played (n BIGINT PRIMARY KEY, t TEXT)")
        .unwrap();
    connection
}

fn name(database: &TestDatabase) -> &str {
    match database.database() {
        Database::Postgres(address) => address.name(),
        Database::File(_) => panic!("it was made in PostgreSQL"),
    }
}

fn end_sessions(database: &TestDatabase) {
    administer(&format!(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{}'",
        name(database)
    ));
}

#[test]
fn values_come_back_as_they_went_whatever_type_the_column_is_of() {
    let database = database();
    let connection = connected(&database);
    connection
        .execute_batch(
            "CREATE TABLE kinds (i8 BIGINT, i4 INTEGER, i2 SMALLINT, truth BOOLEAN, t TEXT,
                 v VARCHAR(20), b BYTEA, n NUMERIC)",
        )
        .unwrap();
    let row = params![7, 8, 9, true, "é", "short", [0_u8, 255], -10_000_000_i64];
    connection
        .execute(
            "INSERT INTO kinds VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            row,
        )
        .unwrap();
    connection
        .query_row("SELECT * FROM kinds", [], |row| {
            let numbers: [i64; 4] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(7)?];
            assert_eq!(numbers, [7, 8, 9, -10_000_000]);
            assert!(row.get::<bool>(3)?);
            assert_eq!(row.get::<String>(4)?, "é");
            assert_eq!(row.get::<String>(5)?, "short");
            assert_eq!(row.get::<Vec<u8>>(6)?, [0, 255]);
            assert!(row.get_ref(8).is_err(), "there is no such column");
            Ok(())
        })
        .unwrap();
    let sum: i64 = connection
        .query_row("SELECT SUM(i8) * 10 FROM kinds", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sum, 70);
    let nothing: Option<i64> = connection
        .query_row("SELECT MAX(i8) FROM kinds WHERE i8 > ?1", [100], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(nothing, None);
}

#[test]
fn what_postgresql_would_undo_is_not_called_kept() {
    let database = database();
    let connection = connected(&database);
    connection.begin().unwrap();
    connection
        .execute("INSERT INTO played (n) VALUES (?1)", [1])
        .unwrap();
    let twice = connection.execute("INSERT INTO played (n) VALUES (?1)", [1]);
    assert_eq!(twice.unwrap_err().kind(), DatabaseErrorKind::Constraint);
    assert!(connection.commit().is_err());
    connection.rollback().unwrap();
    assert!(!connection.is_in_transaction());
    let rows: i64 = connection
        .query_row("SELECT COUNT(*) FROM played", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 0);
}

#[test]
fn an_error_does_not_quote_what_was_written() {
    let database = database();
    let connection = connected(&database);
    let insert = || connection.execute("INSERT INTO played (n, t) VALUES (4711, 'secret')", []);
    insert().unwrap();
    let error = insert().unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("played_pkey"), "{shown}");
    assert!(
        !shown.contains("4711") && !shown.contains("secret"),
        "{shown}"
    );
}

#[test]
fn one_session_writes_at_a_time_and_one_that_stands_still_loses_its_turn() {
    let database = database();
    let (still, next) = (connected(&database), connected(&database));
    still.begin().unwrap();
    still
        .execute("INSERT INTO played (n) VALUES (?1)", [1])
        .unwrap();
    next.execute_batch("SET lock_timeout = '100ms'").unwrap();
    let busy = next.begin().unwrap_err();
    assert_eq!(busy.kind(), DatabaseErrorKind::Busy);
    assert!(StoreError::from(busy).is_busy());
    next.rollback().unwrap();
    next.execute_batch("SET lock_timeout = '30s'").unwrap();
    still
        .execute_batch("SET idle_in_transaction_session_timeout = '200ms'")
        .unwrap();
    // Waits until the other one is ended.
    next.begin().unwrap();
    let rows: i64 = next
        .query_row("SELECT COUNT(*) FROM played", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 0, "what it wrote is undone");
    next.commit().unwrap();
    let lost = still.commit().unwrap_err();
    assert_eq!(lost.kind(), DatabaseErrorKind::Lost, "{lost}");
    still.rollback().unwrap();
    still.begin().unwrap();
    still.commit().unwrap();
}

#[test]
fn a_store_whose_sessions_were_ended_goes_on_with_the_next_call() {
    let database = database();
    let store = Store::open(database.database()).unwrap();
    let write = |number: i64| {
        store.write(move |transaction| {
            transaction.execute("INSERT INTO played (n) VALUES (?1)", [number])?;
            Ok::<_, StoreError>(())
        })
    };
    let count = || {
        store.read(|connection| {
            Ok::<i64, StoreError>(connection.query_row(
                "SELECT COUNT(*) FROM played",
                [],
                |row| row.get(0),
            )?)
        })
    };
    drop(connected(&database));
    write(1).unwrap();
    assert_eq!(count().unwrap(), 1);
    end_sessions(&database);
    // A connection that was used a moment ago is lent without a question: at most one call pays.
    if let Err(error) = count() {
        assert!(error.is_busy(), "{error}");
    }
    assert_eq!(count().unwrap(), 1);
    // Whoever writes has done nothing yet when it notices.
    write(2).unwrap();
    end_sessions(&database);
    write(3).unwrap();
    write(4).unwrap();
}

#[test]
fn a_session_that_is_lost_in_the_middle_of_a_group_loses_that_group_alone() {
    let database = database();
    let store = Store::open(database.database()).unwrap();
    drop(connected(&database));
    let named = name(&database).to_owned();
    let cut = store.write(move |transaction| {
        transaction.execute("INSERT INTO played (n) VALUES (1)", [])?;
        administer(&format!(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{named}'"
        ));
        transaction.execute("INSERT INTO played (n) VALUES (2)", [])?;
        Ok::<_, StoreError>(())
    });
    assert!(cut.unwrap_err().is_busy());
    store
        .write(|transaction| {
            let rows: i64 =
                transaction.query_row("SELECT COUNT(*) FROM played", [], |row| row.get(0))?;
            assert_eq!(rows, 0);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn servers_that_start_at_once_make_the_schema_once() {
    let database = TestDatabase::copy_of("template0");
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| migrate_database(database.database())))
            .collect();
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
    });
    Store::open(database.database()).unwrap();
}

#[test]
fn a_database_that_sorts_by_a_language_is_refused() {
    let name = format!("sorted_{}", std::process::id());
    administer(&format!(
        "CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C'"
    ));
    let sorted = TestDatabase::copy_of(&name);
    let refused = Store::open(sorted.database()).err();
    assert!(
        matches!(refused, Some(StoreError::Collation)),
        "{refused:?}"
    );
    administer(&format!("DROP DATABASE {name}"));
}

#[test]
fn a_reader_cannot_write() {
    let database = database();
    drop(connected(&database));
    let reader = database.database().connect_reader().unwrap();
    assert!(
        reader
            .execute("INSERT INTO played (n) VALUES (1)", [])
            .is_err()
    );
}
