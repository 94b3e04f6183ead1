//! What holds for a session with PostgreSQL alone. What holds for both engines is in the use cases.

use std::{fs, path::Path};

use gridpass_testing_postgres::{Cluster, Durability};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::{
    store::{
        Connection, Database, DatabaseErrorKind, PostgresAddress, Store, StoreError,
        migrate_database, params, statistics, value::ValueRef,
    },
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

/// How many rows are played with, as this connection sees it.
fn count(connection: &Connection) -> i64 {
    connection
        .query_row("SELECT COUNT(*) FROM played", [], |row| row.get(0))
        .unwrap()
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
    assert_eq!(count(&connection), 0);
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
    assert_eq!(count(&next), 0, "what it wrote is undone");
    next.commit().unwrap();
    let lost = still.commit().unwrap_err();
    assert_eq!(lost.kind(), DatabaseErrorKind::Lost, "{lost}");
    still.rollback().unwrap();
    still.begin().unwrap();
    still.commit().unwrap();
}

/// Reads over as many connections at once.
fn read_at_once(store: &Store, connections: u32) {
    let read = store.read(|connection| {
        connection.query_row("SELECT 1", [], |_| Ok(()))?;
        if connections > 1 {
            read_at_once(store, connections - 1);
        }
        Ok::<_, StoreError>(())
    });
    read.unwrap();
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
    read_at_once(&store, 5);
    end_sessions(&database);
    // A connection that was used a moment ago is lent without a question: at most one call pays for all.
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

#[test]
fn a_table_that_has_filled_is_told_to_the_planner_once() {
    let database = database();
    let connection = connected(&database);
    let reader = database.database().connect_reader().unwrap();
    let fill = |from: i64, to: i64| {
        connection
            .execute(
                "INSERT INTO played (n) SELECT n FROM generate_series(?1::bigint, ?2::bigint) n",
                [from, to],
            )
            .unwrap();
        connection
            .execute_batch("SELECT pg_stat_force_next_flush()")
            .unwrap();
    };
    fill(1, 400);
    assert_eq!(statistics::refresh(&reader).unwrap(), 0);
    fill(401, 1000);
    assert_eq!(statistics::refresh(&reader).unwrap(), 1);
    assert_eq!(statistics::refresh(&reader).unwrap(), 0);
    fill(1001, 1300);
    assert_eq!(statistics::refresh(&reader).unwrap(), 0);
}

#[test]
fn what_is_posted_is_there_for_what_is_asked_next() {
    let database = database();
    let connection = connected(&database);
    let post = |number: i64| {
        connection
            .prepare_cached("INSERT INTO played (n) VALUES (?1)")
            .unwrap()
            .post([number])
            .unwrap();
    };
    connection.begin().unwrap();
    // More than are kept back.
    (0..100).for_each(post);
    assert_eq!(count(&connection), 100);
    post(100);
    connection.commit().unwrap();
    assert_eq!(count(&connection), 101);
    // Without a transaction nothing is kept back.
    post(101);
    assert_eq!(count(&connected(&database)), 102);
}

#[test]
fn what_is_posted_and_fails_takes_its_own_job_with_it_and_no_other() {
    let database = database();
    let store = Store::open(database.database()).unwrap();
    drop(connected(&database));
    let post = |numbers: &'static [i64]| {
        store.write(move |transaction| {
            for number in numbers {
                transaction
                    .prepare_cached("INSERT INTO played (n) VALUES (?1)")?
                    .post([*number])?;
            }
            Ok::<_, StoreError>(())
        })
    };
    post(&[1]).unwrap();
    assert!(post(&[2, 1]).is_err());
    post(&[3]).unwrap();
    let numbers = store
        .read(|connection| {
            let mut statement = connection.prepare_cached("SELECT n FROM played ORDER BY n")?;
            Ok::<Vec<i64>, StoreError>(statement.query_map([], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(numbers, [1, 3]);
}

#[test]
fn a_commit_with_something_posted_that_fails_is_no_commit() {
    let database = database();
    let connection = connected(&database);
    connection.begin().unwrap();
    for _ in 0..2 {
        connection
            .prepare_cached("INSERT INTO played (n) VALUES (1)")
            .unwrap()
            .post([])
            .unwrap();
    }
    let refused = connection.commit().unwrap_err();
    assert_eq!(refused.kind(), DatabaseErrorKind::Constraint);
    assert!(!connection.is_in_transaction());
    assert_eq!(count(&connection), 0);
}

#[test]
fn a_commit_behind_a_statement_that_changes_too_little_is_no_commit() {
    let database = database();
    let connection = connected(&database);
    // Prepared before: nothing travels until the commit.
    let [mut insert, mut late] = [
        "INSERT INTO played (n) VALUES (1)",
        "UPDATE played SET n = 3 WHERE n = 2",
    ]
    .map(|sql| connection.prepare_cached(sql).unwrap());
    connection.begin().unwrap();
    insert.post_one([]).unwrap();
    late.post_one([]).unwrap();
    let refused = connection.commit().unwrap_err();
    assert_eq!(refused.kind(), DatabaseErrorKind::Contended);
    connection.rollback().unwrap();
    assert_eq!(count(&connection), 0);
}

#[test]
fn the_clients_own_log_holds_no_values() {
    let bound = super::values::Bound(ValueRef::Text("secret"));
    assert_eq!(format!("{bound:?}"), "Bound(..)");
}

/// A CA of this test alone, and a certificate of it for this name, with its key.
fn certified(name: &str) -> (String, String, String) {
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_key = KeyPair::generate().unwrap();
    let root = ca.self_signed(&ca_key).unwrap().pem();
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    (root, certificate.pem(), key.serialize_pem())
}

#[test]
fn over_a_network_the_server_has_to_prove_who_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (own, certificate, key) = certified("localhost");
    let (foreign, ..) = certified("localhost");
    let [own, foreign] = [("own", own), ("foreign", foreign)].map(|(name, pem)| {
        let file = folder.path().join(name);
        fs::write(&file, pem).unwrap();
        file
    });
    let mut cluster = Cluster::start(Durability::Fast).unwrap();
    let port = cluster.listen(&certificate, &key).unwrap();
    let open = |host: &str, ca: &Path| {
        let url = format!("postgres://gridpass@{host}:{port}/postgres?sslmode=require");
        let address: PostgresAddress = url.parse().unwrap();
        Database::from(address.with_ca_file(ca.to_owned())).connect()
    };
    let connection = open("localhost", &own).unwrap();
    let is_tls: bool = connection
        .query_row(
            "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!(is_tls);
    for (host, ca, why) in [
        // Of the same name, with another key.
        ("localhost", &foreign, "BadSignature"),
        ("127.0.0.1", &own, "not valid for name"),
    ] {
        let refused = open(host, ca).unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
}
