//! For tests: databases of their own, and looking into them past the use cases, as somebody who
//! may write to them.
//!
//! With `GRIDPASS_TEST_STORE=postgres` in the environment the databases of tests lie in
//! PostgreSQL, otherwise they are files: see [`TestStore::of_environment`].

use std::{
    env, fs,
    path::Path,
    process,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

pub use crate::store::{Connection, FromSql, Params, Row, Rows, ToSql, ValueRef};
use crate::store::{
    Database, DatabaseError, PostgresAddress, StoreError, empty_log, migrate_database,
};

/// A connection that may write.
///
/// # Errors
/// The database cannot be opened.
pub fn database(database: &Database) -> Result<Connection, StoreError> {
    database.connect()
}

/// What tests are to run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestStore {
    /// A file for each test.
    Sqlite,
    /// A database for each test, in the cluster of the test run or one of this process.
    Postgres,
}

impl TestStore {
    /// What the environment says.
    ///
    /// # Panics
    /// `GRIDPASS_TEST_STORE` is neither `sqlite` nor `postgres`.
    #[must_use]
    pub fn of_environment() -> Self {
        match env::var("GRIDPASS_TEST_STORE").as_deref() {
            Ok("postgres") => Self::Postgres,
            Ok("sqlite") | Err(_) => Self::Sqlite,
            Ok(other) => panic!("GRIDPASS_TEST_STORE is sqlite or postgres, not {other}"),
        }
    }
}

/// A new database of one test, without rows. In PostgreSQL it is dropped when this is.
#[derive(Debug)]
pub struct TestDatabase {
    database: Database,
}

impl TestDatabase {
    /// In this file, or in PostgreSQL.
    ///
    /// # Panics
    /// There is no PostgreSQL, or it cannot be used.
    #[must_use]
    pub fn make(store: TestStore, file: &Path) -> Self {
        match store {
            TestStore::Sqlite => Self {
                database: file.into(),
            },
            TestStore::Postgres => Self::copy_of(&TEMPLATE),
        }
    }

    /// A copy of another database of PostgreSQL, to which nobody is connected.
    ///
    /// # Panics
    /// It cannot be made.
    #[must_use]
    pub fn copy_of(template: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", process::id());
        administer(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Self {
            database: address_of(&name).into(),
        }
    }

    /// A copy of it as it is now; its file, if it has one, is `file`.
    ///
    /// # Panics
    /// It cannot be made.
    #[must_use]
    pub fn copied(&self, file: &Path) -> Self {
        match &self.database {
            Database::File(original) => {
                // What was written so far has to be in the one file that is copied.
                empty_log(original).expect("nobody reads");
                fs::copy(original, file).expect("there is room for a copy");
                Self {
                    database: file.into(),
                }
            }
            Database::Postgres(address) => {
                // PostgreSQL copies what nobody is connected to; whoever was connects anew.
                administer(&format!(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                     WHERE datname = '{}'",
                    address.name()
                ));
                Self::copy_of(address.name())
            }
        }
    }

    /// Everything that it holds: all bytes of its files, or all values of all rows.
    ///
    /// # Panics
    /// It cannot be read.
    #[must_use]
    pub fn kept_bytes(&self) -> Vec<u8> {
        let mut kept = Vec::new();
        match &self.database {
            Database::File(file) => {
                for suffix in ["", "-wal", "-shm"] {
                    let mut file = file.clone().into_os_string();
                    file.push(suffix);
                    kept.extend(fs::read(file).unwrap_or_default());
                }
            }
            Database::Postgres(_) => {
                let connection = self.database.connect().expect("the cluster is there");
                let tables = tables_of(&connection);
                let tables = tables.expect("the catalogue can be read");
                for table in tables {
                    let read = append_rows(&connection, &table, &mut kept);
                    read.unwrap_or_else(|error| panic!("{table}: {error}"));
                }
            }
        }
        kept
    }

    /// Where it is.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Database::Postgres(address) = &self.database {
            administer(&format!("DROP DATABASE {} WITH (FORCE)", address.name()));
        }
    }
}

/// The name of a database with the schema and nothing in it, from which the others are copied.
static TEMPLATE: LazyLock<String> = LazyLock::new(|| {
    let name = format!("template_{}", process::id());
    administer(&format!("CREATE DATABASE {name}"));
    migrate_database(&address_of(&name).into()).expect("an empty database takes every migration");
    name
});

fn address_of(name: &str) -> PostgresAddress {
    let address = url_of(name).parse();
    address.expect("the cluster's address is one")
}

/// The address of a database of the cluster, as text.
///
/// # Panics
/// There is no PostgreSQL, or it cannot be used.
#[must_use]
pub fn url_of(name: &str) -> String {
    let shared = gridpass_testing_postgres::shared();
    let url = shared.unwrap_or_else(|error| panic!("tests on PostgreSQL need one: {error}"));
    let (server, _) = url.rsplit_once('/').expect("it names a database");
    format!("{server}/{name}")
}

fn tables_of(connection: &Connection) -> Result<Vec<String>, DatabaseError> {
    connection
        .prepare_cached(
            "SELECT table_name FROM information_schema.tables
             WHERE table_schema = current_schema()",
        )?
        .query_map([], |row| row.get(0))
}

/// Every value of every row, one after the other.
fn append_rows(
    connection: &Connection,
    table: &str,
    kept: &mut Vec<u8>,
) -> Result<(), DatabaseError> {
    let mut statement = connection.prepare_cached(&format!("SELECT * FROM {table}"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0.. {
            match row.get_ref(column) {
                Ok(ValueRef::Text(text)) => kept.extend_from_slice(text.as_bytes()),
                Ok(ValueRef::Blob(bytes)) => kept.extend_from_slice(bytes),
                Ok(ValueRef::Integer(_) | ValueRef::Null) => {}
                Err(_) => break,
            }
        }
    }
    Ok(())
}

/// Executes a statement about databases.
///
/// # Panics
/// PostgreSQL refuses it.
pub fn administer(sql: &str) {
    let connection = Database::from(address_of("postgres"))
        .connect()
        .expect("the cluster is there");
    let done = connection.execute_batch(sql);
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Puts a key file there, as an operator does.
///
/// # Panics
/// It cannot be written.
pub fn write_key_file(path: &Path, bytes: &[u8]) {
    let bytes = bytes.try_into().expect("a key file has 32 bytes");
    let key = crate::key_file::MasterKey::from_bytes(bytes);
    crate::key_file::write(path, &key).expect("the folder is there");
}
