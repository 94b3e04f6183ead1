//! A connection to the database, its statements and their rows: the same calls for every engine.

use std::{cell::RefCell, collections::HashMap, sync::Arc, time::Duration};

use super::{
    StoreError,
    database_error::{DatabaseError, DatabaseErrorKind, NO_ROW, has_changed_one},
    postgres::Session,
    sqlite::teach_sha256,
    value::{FromSql, Params, UnexpectedValue, ValueRef},
};
use crate::{
    audit::chain::{Head, write_ends},
    id::ProviderId,
    webhooks::WebhookView,
};

/// A connection. Used by one thread at a time.
#[derive(Debug)]
pub struct Connection {
    engine: Engine,
    known: RefCell<HashMap<ProviderId, Known>>,
    /// The same at the point to go back to.
    known_at_point: RefCell<HashMap<ProviderId, Known>>,
}

/// What the transaction under way knows of a provider, so that the next job of its group need not ask.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Where it has brought the audit's chain.
    audit_end: Option<Head>,
    /// The systems that are told of changes.
    webhooks: Option<Arc<[WebhookView]>>,
}

#[derive(Debug)]
enum Engine {
    Sqlite(rusqlite::Connection),
    Postgres(Box<Session>),
}

impl From<Session> for Connection {
    fn from(session: Session) -> Self {
        Self {
            engine: Engine::Postgres(Box::new(session)),
            known: RefCell::default(),
            known_at_point: RefCell::default(),
        }
    }
}

impl From<rusqlite::Connection> for Connection {
    fn from(connection: rusqlite::Connection) -> Self {
        Self {
            engine: Engine::Sqlite(connection),
            known: RefCell::default(),
            known_at_point: RefCell::default(),
        }
    }
}

impl Connection {
    /// A statement, compiled once for each connection.
    ///
    /// # Errors
    /// The database does not understand it, or cannot be reached.
    pub fn prepare_cached(&self, sql: &str) -> Result<Statement<'_>, DatabaseError> {
        match &self.engine {
            Engine::Sqlite(connection) => {
                Ok(Statement(Compiled::Sqlite(connection.prepare_cached(sql)?)))
            }
            Engine::Postgres(session) => Ok(Statement(Compiled::Postgres(
                session,
                session.prepare(sql)?,
            ))),
        }
    }

    /// Executes a statement and returns the number of rows that it changed.
    ///
    /// # Errors
    /// The database refuses it, or cannot be reached.
    pub fn execute(&self, sql: &str, params: impl Params) -> Result<usize, DatabaseError> {
        self.prepare_cached(sql)?.execute(params)
    }

    /// Executes several statements without parameters.
    ///
    /// # Errors
    /// The database refuses one of them, or cannot be reached.
    pub fn execute_batch(&self, sql: &str) -> Result<(), DatabaseError> {
        // Whatever they do to the transaction or to the chains.
        write_ends(self)?;
        self.known.borrow_mut().clear();
        match &self.engine {
            Engine::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            Engine::Postgres(session) => session.batch_translated(sql),
        }
    }

    /// What `read` makes of the first row.
    ///
    /// # Errors
    /// There is no row, or the database refuses the statement or cannot be reached.
    pub fn query_row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(Row<'_>) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        self.prepare_cached(sql)?.query_row(params, read)
    }

    /// Runs `look`, all of whose statements see the database as it is at one moment.
    pub(crate) fn in_one_look<T, E: From<DatabaseError>>(
        &self,
        look: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        match &self.engine {
            Engine::Sqlite(connection) => step(connection, "BEGIN DEFERRED")?,
            Engine::Postgres(session) => session.begin_look()?,
        }
        let seen = look();
        self.rollback()?;
        seen
    }

    /// From now on whoever writes waits no longer than this for others that write.
    pub(super) fn wait_at_most(&self, patience: Duration) -> Result<(), DatabaseError> {
        match &self.engine {
            Engine::Sqlite(connection) => Ok(connection.busy_timeout(patience)?),
            // It has a bound of its own for every statement.
            Engine::Postgres(_) => Ok(()),
        }
    }

    /// Begins a transaction that writes; waits until no other does.
    pub(super) fn begin(&self) -> Result<(), DatabaseError> {
        self.known.borrow_mut().clear();
        match &self.engine {
            Engine::Sqlite(connection) => step(connection, "BEGIN IMMEDIATE"),
            Engine::Postgres(session) => session.begin(),
        }
    }

    /// Keeps what the transaction wrote. Returns when it is on the disk.
    pub(super) fn commit(&self) -> Result<(), DatabaseError> {
        write_ends(self)?;
        self.known.borrow_mut().clear();
        match &self.engine {
            Engine::Sqlite(connection) => step(connection, "COMMIT"),
            Engine::Postgres(session) => session.commit(),
        }
    }

    /// Undoes what the transaction wrote.
    pub(super) fn rollback(&self) -> Result<(), DatabaseError> {
        self.known.borrow_mut().clear();
        match &self.engine {
            Engine::Sqlite(connection) => step(connection, "ROLLBACK"),
            Engine::Postgres(session) => session.rollback(),
        }
    }

    /// Whether a transaction has begun and has not ended.
    pub(crate) fn is_in_transaction(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(connection) => !connection.is_autocommit(),
            Engine::Postgres(session) => session.is_in_transaction(),
        }
    }

    /// How many jobs, each with a point to go back to, one transaction may hold. It bounds how long it takes.
    pub(super) const fn most_jobs(&self) -> usize {
        match &self.engine {
            Engine::Sqlite(_) => 128,
            // Of more than 64 subtransactions PostgreSQL forgets which they are, and everybody else looks
            // them up on pages (PGPROC_MAX_CACHED_SUBXIDS).
            Engine::Postgres(_) => 60,
        }
    }

    /// A point within the transaction to go back to.
    pub(super) fn savepoint(&self) -> Result<(), DatabaseError> {
        self.known_at_point
            .borrow_mut()
            .clone_from(&self.known.borrow());
        match &self.engine {
            Engine::Sqlite(connection) => step(connection, "SAVEPOINT job"),
            Engine::Postgres(session) => {
                session.savepoint();
                Ok(())
            }
        }
    }

    /// Keeps what was written since the point.
    pub(super) fn release_savepoint(&self) -> Result<(), DatabaseError> {
        match &self.engine {
            Engine::Sqlite(connection) => step(connection, "RELEASE job"),
            Engine::Postgres(session) => session.release_savepoint(),
        }
    }

    /// Undoes what was written since the point.
    pub(super) fn undo_savepoint(&self) -> Result<(), DatabaseError> {
        self.known
            .borrow_mut()
            .clone_from(&self.known_at_point.borrow());
        match &self.engine {
            Engine::Sqlite(connection) => {
                step(connection, "ROLLBACK TO job")?;
                step(connection, "RELEASE job")
            }
            Engine::Postgres(session) => session.undo_savepoint(),
        }
    }

    /// Where the transaction under way has brought the audit's chain of a provider.
    pub(crate) fn audit_end(&self, provider: &ProviderId) -> Option<Head> {
        self.known.borrow().get(provider)?.audit_end
    }

    /// Where it has brought those that it has moved, to be written now.
    pub(crate) fn take_audit_ends(&self) -> Vec<(ProviderId, Head)> {
        let mut known = self.known.borrow_mut();
        let moved = known
            .iter_mut()
            .filter_map(|(provider, known)| Some((provider.clone(), known.audit_end.take()?)));
        moved.collect()
    }

    /// Notes where it has, for as long as that is not undone.
    pub(crate) fn note_audit_end(&self, provider: &ProviderId, end: Head) {
        self.note(provider, |known| known.audit_end = Some(end));
    }

    /// The systems that are told of changes of a provider: `read` finds them, once for the transaction
    /// under way.
    pub(crate) fn webhooks_or(
        &self,
        provider: &ProviderId,
        read: impl FnOnce() -> Result<Vec<WebhookView>, StoreError>,
    ) -> Result<Arc<[WebhookView]>, StoreError> {
        let noted = |known: &Known| known.webhooks.clone();
        let noted = self.known.borrow().get(provider).and_then(noted);
        if let Some(webhooks) = noted {
            return Ok(webhooks);
        }
        let webhooks: Arc<[WebhookView]> = read()?.into();
        self.note(provider, |known| {
            known.webhooks = Some(Arc::clone(&webhooks))
        });
        Ok(webhooks)
    }

    /// Forgets them: they are others from now on.
    pub(crate) fn forget_webhooks(&self, provider: &ProviderId) {
        self.note(provider, |known| known.webhooks = None);
    }

    fn note(&self, provider: &ProviderId, note: impl FnOnce(&mut Known)) {
        if self.is_in_transaction() {
            note(self.known.borrow_mut().entry(provider.clone()).or_default());
        }
    }

    /// Waits until everything that was posted is executed.
    pub(super) fn settle(&self) -> Result<(), DatabaseError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(session) => session.settle(),
        }
    }

    /// Whether it is known that it can no longer be used.
    pub(super) fn is_known_lost(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(_) => false,
            Engine::Postgres(session) => session.is_known_lost(),
        }
    }

    /// The same; asks, unless it answered a moment ago.
    pub(super) fn is_lost(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(_) => false,
            Engine::Postgres(session) => session.is_lost(),
        }
    }

    /// Whether there is a table of this name.
    pub(super) fn has_table(&self, name: &str) -> Result<bool, DatabaseError> {
        match &self.engine {
            Engine::Sqlite(connection) => Ok(connection
                .prepare_cached("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1")?
                .exists([name])?),
            Engine::Postgres(_) => self
                .prepare_cached(
                    "SELECT 1 FROM information_schema.tables
                     WHERE table_schema = current_schema() AND table_name = ?1",
                )?
                .exists([name]),
        }
    }

    /// Whether texts are in the order of their bytes: pages of lists and searches by a beginning
    /// go by it.
    pub(super) fn sorts_by_bytes(&self) -> Result<bool, DatabaseError> {
        self.query_row("SELECT 'B' < 'a' AND 'a' < 'ab' AND 'z' < 'é'", [], |row| {
            row.get(0)
        })
    }

    /// Whatever has to be there before migrations run.
    pub(super) fn prepare_migrations(&self) -> Result<(), DatabaseError> {
        match &self.engine {
            Engine::Sqlite(connection) => Ok(teach_sha256(connection)?),
            Engine::Postgres(session) => session.prepare_migrations(),
        }
    }

    /// The connection of the library of SQLite, for what only SQLite has.
    pub(super) const fn sqlite(&self) -> Option<&rusqlite::Connection> {
        match &self.engine {
            Engine::Sqlite(connection) => Some(connection),
            Engine::Postgres(_) => None,
        }
    }
}

/// A statement of the transaction itself.
fn step(connection: &rusqlite::Connection, sql: &str) -> Result<(), DatabaseError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// A compiled statement.
pub struct Statement<'c>(Compiled<'c>);

enum Compiled<'c> {
    Sqlite(rusqlite::CachedStatement<'c>),
    Postgres(&'c Session, tokio_postgres::Statement),
}

impl Statement<'_> {
    /// Executes it and returns the number of rows that it changed.
    ///
    /// # Errors
    /// The database refuses it, or cannot be reached.
    pub fn execute(&mut self, params: impl Params) -> Result<usize, DatabaseError> {
        match &mut self.0 {
            Compiled::Sqlite(statement) => Ok(statement.execute(bound(&params))?),
            Compiled::Postgres(session, statement) => {
                let (_, changed) = session.run(statement, &params)?;
                Ok(usize::try_from(changed).unwrap_or(usize::MAX))
            }
        }
    }

    /// Executes it without waiting for how it ends, where waiting would be a round trip. What
    /// comes after it sees what it did. If it fails, what is waited for next does, or the job whose
    /// statement it is.
    ///
    /// # Errors
    /// The database refuses it or one posted before, or cannot be reached.
    pub(crate) fn post(&mut self, params: impl Params) -> Result<(), DatabaseError> {
        match &mut self.0 {
            Compiled::Sqlite(statement) => {
                statement.execute(bound(&params))?;
                Ok(())
            }
            Compiled::Postgres(session, statement) => session.post(statement, &params),
        }
    }

    /// The same for a statement that has to change one row. If it changes none, somebody else was
    /// there before: whoever waits is told that it is contended, and the job is undone.
    ///
    /// # Errors
    /// The database refuses it or one posted before, or cannot be reached.
    pub(crate) fn post_one(&mut self, params: impl Params) -> Result<(), DatabaseError> {
        match &mut self.0 {
            Compiled::Sqlite(statement) => has_changed_one(statement.execute(bound(&params))? == 1),
            Compiled::Postgres(session, statement) => session.post_one(statement, &params),
        }
    }

    /// The rows that it finds.
    ///
    /// # Errors
    /// The database refuses it, or cannot be reached.
    pub fn query(&mut self, params: impl Params) -> Result<Rows<'_>, DatabaseError> {
        match &mut self.0 {
            Compiled::Sqlite(statement) => {
                Ok(Rows(Found::Sqlite(statement.query(bound(&params))?)))
            }
            Compiled::Postgres(session, statement) => {
                let (rows, _) = session.run(statement, &params)?;
                Ok(Rows(Found::Postgres {
                    rows: rows.into_iter(),
                    lent: None,
                }))
            }
        }
    }

    /// What `read` makes of the first row.
    ///
    /// # Errors
    /// There is no row, or the database refuses the statement or cannot be reached.
    pub fn query_row<T>(
        &mut self,
        params: impl Params,
        read: impl FnOnce(Row<'_>) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        let mut rows = self.query(params)?;
        let row = rows
            .next()?
            .ok_or_else(|| DatabaseError::new(DatabaseErrorKind::NoRow, NO_ROW))?;
        read(row)
    }

    /// What `read` makes of every row.
    ///
    /// # Errors
    /// The database refuses the statement or cannot be reached.
    #[cfg(any(test, feature = "testkit"))]
    pub fn query_map<T>(
        &mut self,
        params: impl Params,
        mut read: impl FnMut(Row<'_>) -> Result<T, DatabaseError>,
    ) -> Result<Vec<T>, DatabaseError> {
        let mut rows = self.query(params)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// Whether it finds a row.
    ///
    /// # Errors
    /// The database refuses it, or cannot be reached.
    pub fn exists(&mut self, params: impl Params) -> Result<bool, DatabaseError> {
        Ok(self.query(params)?.next()?.is_some())
    }
}

/// The rows of one call of a statement.
pub struct Rows<'s>(Found<'s>);

enum Found<'s> {
    /// Each is found as it is asked for.
    Sqlite(rusqlite::Rows<'s>),
    /// All of them were sent.
    Postgres {
        rows: std::vec::IntoIter<tokio_postgres::Row>,
        lent: Option<tokio_postgres::Row>,
    },
}

impl Rows<'_> {
    /// The next row. Not an iterator: a row is lent until the next one is asked for.
    ///
    /// # Errors
    /// The database cannot be read.
    #[expect(
        clippy::should_implement_trait,
        reason = "a row borrows from what it is read from, which no iterator can say"
    )]
    pub fn next(&mut self) -> Result<Option<Row<'_>>, DatabaseError> {
        match &mut self.0 {
            Found::Sqlite(rows) => Ok(rows.next()?.map(|row| Row(Lent::Sqlite(row)))),
            Found::Postgres { rows, lent } => {
                *lent = rows.next();
                Ok(lent.as_ref().map(|row| Row(Lent::Postgres(row))))
            }
        }
    }
}

/// One row.
#[derive(Clone, Copy)]
pub struct Row<'r>(Lent<'r>);

#[derive(Clone, Copy)]
enum Lent<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl<'r> Row<'r> {
    /// The value of a column, counted from 0.
    ///
    /// # Errors
    /// There is no such column, or it is of a type that Gridpass does not use.
    pub fn get_ref(self, index: usize) -> Result<ValueRef<'r>, DatabaseError> {
        match self.0 {
            Lent::Sqlite(row) => from_sqlite(row.get_ref(index)?),
            Lent::Postgres(row) => Ok(row.try_get(index)?),
        }
    }

    /// A column, counted from 0.
    ///
    /// # Errors
    /// There is no such column, or it is not a `T`.
    pub fn get<T: FromSql>(self, index: usize) -> Result<T, DatabaseError> {
        Ok(T::from_value(self.get_ref(index)?)?)
    }
}

/// A value as the library of SQLite binds it.
struct Bound<'a>(ValueRef<'a>);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef as Sqlite};
        Ok(ToSqlOutput::Borrowed(match self.0 {
            ValueRef::Null => Sqlite::Null,
            ValueRef::Integer(number) => Sqlite::Integer(number),
            ValueRef::Text(text) => Sqlite::Text(text.as_bytes()),
            ValueRef::Blob(bytes) => Sqlite::Blob(bytes),
        }))
    }
}

fn bound<'p>(params: &'p impl Params) -> impl rusqlite::Params + 'p {
    rusqlite::params_from_iter(params.values().map(Bound))
}

fn from_sqlite(value: rusqlite::types::ValueRef<'_>) -> Result<ValueRef<'_>, DatabaseError> {
    use rusqlite::types::ValueRef as Sqlite;
    Ok(match value {
        Sqlite::Null => ValueRef::Null,
        Sqlite::Integer(number) => ValueRef::Integer(number),
        Sqlite::Blob(bytes) => ValueRef::Blob(bytes),
        Sqlite::Text(text) => {
            ValueRef::Text(std::str::from_utf8(text).map_err(|_| UnexpectedValue)?)
        }
        Sqlite::Real(_) => return Err(UnexpectedValue.into()),
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use gridpass_protocol::UnixTime;

    use super::*;
    use crate::{
        audit::{self, Actor},
        store::in_memory,
    };

    fn append(connection: &Connection, action: &'static str) {
        let entry = audit::Entry {
            provider: &"demo".parse().unwrap(),
            at: UnixTime(1_800_000_000),
            actor: &Actor::system(),
            action,
            result: "ok",
            enrollment: None,
            detail: serde_json::json!({}),
        };
        audit::append(connection, &entry).unwrap();
    }

    /// What `write` leaves in the audit: number, action and hash of each entry.
    fn chain(write: impl Fn(&Connection)) -> Vec<(i64, String, Vec<u8>)> {
        let connection = in_memory();
        connection
            .execute_batch("PRAGMA foreign_keys = OFF")
            .unwrap();
        connection.begin().unwrap();
        write(&connection);
        connection.commit().unwrap();
        append(&connection, "last");
        let mut statement = connection
            .prepare_cached("SELECT seq, action, hash FROM audit_entries ORDER BY seq")
            .unwrap();
        statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
    }

    #[test]
    fn an_entry_that_was_undone_is_no_link_of_the_chain() {
        let with_an_undone_one = chain(|connection| {
            append(connection, "first");
            connection.savepoint().unwrap();
            append(connection, "undone");
            append(connection, "undone");
            connection.undo_savepoint().unwrap();
            append(connection, "second");
        });
        let without = chain(|connection| {
            append(connection, "first");
            append(connection, "second");
        });
        assert_eq!(with_an_undone_one, without);
        assert_eq!(without.len(), 3);
    }

    #[test]
    fn systems_that_are_told_are_read_once_for_a_transaction_and_again_once_they_are_others() {
        let connection = in_memory();
        let provider = "demo".parse().unwrap();
        let reads = Cell::new(0);
        let ask = || {
            let read = || {
                reads.set(reads.get() + 1);
                Ok(Vec::new())
            };
            assert!(connection.webhooks_or(&provider, read).unwrap().is_empty());
            reads.get()
        };
        assert_eq!([ask(), ask()], [1, 2], "outside of one nothing is noted");
        connection.begin().unwrap();
        assert_eq!([ask(), ask()], [3, 3]);
        connection.forget_webhooks(&provider);
        connection.savepoint().unwrap();
        assert_eq!([ask(), ask()], [4, 4]);
        connection.undo_savepoint().unwrap();
        assert_eq!([ask(), ask()], [5, 5]);
        connection.commit().unwrap();
        assert_eq!(ask(), 6);
    }
}
