//! PostgreSQL: a session with the server, with each statement prepared once.
//!
//! A statement is a round trip, and whoever writes holds the turn of all servers meanwhile. So what
//! nobody waits for is posted: it travels with the next statement that somebody does wait for.
//!
//! The client blocks on a runtime of its own, so nothing here may be called from within another
//! one; the server calls use cases where blocking is allowed.

mod address;
mod dialect;
mod link;
mod values;

use std::{
    cell::{Cell, Ref, RefCell},
    collections::HashMap,
    fmt, thread,
    time::{Duration, Instant},
};

use tokio_postgres::{
    Client, SimpleQueryMessage, Statement,
    error::{DbError, SqlState},
};

pub use address::{PostgresAddress, PostgresAddressError};

use super::{
    DatabaseError, DatabaseErrorKind,
    value::{Params, Value},
};
use dialect::translated;
use link::{Link, Posted, Rows};
use values::Bound;

/// Statements that a session keeps prepared. There are about five hundred texts.
const MOST_STATEMENTS: usize = 1024;

/// Statements that are posted before somebody waits for them after all. With the steps between them they
/// stay below thirty, up to which `join_all` polls in order.
const MOST_POSTED: usize = 24;

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Write,
    Read,
}

/// A session. It is made anew when it was lost and no transaction is under way.
pub(super) struct Session {
    address: PostgresAddress,
    access: Access,
    // `None` once dropped.
    link: RefCell<Option<Link>>,
    /// What travels with the next statement that is waited for, in this order.
    posted: RefCell<Vec<Posted>>,
    statements: RefCell<HashMap<Box<str>, Statement>>,
    transaction: Cell<Transaction>,
    /// The last point to go back to was kept and is still there.
    kept_point: Cell<bool>,
    /// An error said that the session is gone.
    lost: Cell<bool>,
    last_answer: Cell<Instant>,
}

/// A session that was idle for longer is asked whether it is still there before it is lent.
const FRESH: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transaction {
    None,
    Sound,
    /// A statement failed: nothing can be kept until something is undone.
    Failed,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("address", &self.address)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

/// The turn to write: a row that every transaction that writes holds until it ends. A row and no
/// advisory lock, which not every database that speaks PostgreSQL's protocol has.
const BEGIN: &str = "BEGIN; SELECT id FROM write_turn WHERE id = 1 FOR UPDATE";

impl Session {
    pub(super) fn open(address: &PostgresAddress, access: Access) -> Result<Self, DatabaseError> {
        Ok(Self {
            address: address.clone(),
            access,
            link: RefCell::new(Some(connect(address, access)?)),
            posted: RefCell::default(),
            statements: RefCell::default(),
            transaction: Cell::new(Transaction::None),
            kept_point: Cell::new(false),
            lost: Cell::new(false),
            last_answer: Cell::new(Instant::now()),
        })
    }

    /// Whether the session can no longer be used. Asks the server, unless it answered a moment ago.
    pub(super) fn is_lost(&self) -> bool {
        if self.is_known_lost() {
            return true;
        }
        if self.last_answer.get().elapsed() < FRESH {
            return false;
        }
        let link = self.link.borrow();
        link.as_ref().is_none_or(|link| {
            link.wait(async |client| client.check_connection().await)
                .is_err()
        })
    }

    /// The same, as far as is known without asking.
    pub(super) fn is_known_lost(&self) -> bool {
        self.lost.get() || self.link.borrow().as_ref().is_none_or(Link::is_closed)
    }

    /// The prepared statement of this text.
    pub(super) fn prepare(&self, sql: &str) -> Result<Statement, DatabaseError> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let translated = translated(sql);
        let statement = self.exchange(async |client| client.prepare(&translated).await)?;
        let mut statements = self.statements.borrow_mut();
        if statements.len() >= MOST_STATEMENTS {
            statements.clear();
        }
        statements.insert(sql.into(), statement.clone());
        Ok(statement)
    }

    /// The rows that a statement finds, and how many it changed.
    pub(super) fn run(
        &self,
        statement: &Statement,
        params: &impl Params,
    ) -> Result<(Vec<tokio_postgres::Row>, u64), DatabaseError> {
        self.exchange(async |client| link::run(client, statement, params.values().map(Bound)).await)
    }

    /// Executes a statement whose outcome nobody waits for. Within a transaction it travels with
    /// the next one; if it fails, that one does.
    pub(super) fn post(
        &self,
        statement: &Statement,
        params: &impl Params,
    ) -> Result<(), DatabaseError> {
        self.post_statement(statement, params, Rows::Any)
    }

    /// The same for a statement that fails unless it changes exactly one row.
    pub(super) fn post_one(
        &self,
        statement: &Statement,
        params: &impl Params,
    ) -> Result<(), DatabaseError> {
        self.post_statement(statement, params, Rows::One)
    }

    fn post_statement(
        &self,
        statement: &Statement,
        params: &impl Params,
        rows: Rows,
    ) -> Result<(), DatabaseError> {
        if !self.is_in_transaction() {
            let (_, changed) = self.run(statement, params)?;
            return rows.judge(changed);
        }
        self.posted.borrow_mut().push(Posted::Statement {
            statement: statement.clone(),
            values: params.values().map(Value::from).collect(),
            rows,
        });
        if self.posted.borrow().len() < MOST_POSTED {
            return Ok(());
        }
        self.settle()
    }

    /// Waits for everything that was posted.
    pub(super) fn settle(&self) -> Result<(), DatabaseError> {
        if self.posted.borrow().is_empty() {
            return Ok(());
        }
        self.exchange(async |_| Ok(()))
    }

    /// Executes statements that need no parameters, in one message.
    pub(super) fn batch(&self, sql: &str) -> Result<Vec<SimpleQueryMessage>, DatabaseError> {
        self.exchange(async |client| client.simple_query(sql).await)
    }

    /// Executes statements that are written for both engines.
    pub(super) fn batch_translated(&self, sql: &str) -> Result<(), DatabaseError> {
        self.batch(&translated(sql)).map(|_| ())
    }

    /// Sends what was posted and what is asked in one go, and waits for both. The first error is
    /// the one that counts: PostgreSQL refuses everything behind it.
    fn exchange<T>(
        &self,
        ask: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, DatabaseError> {
        let posted = self.posted.take();
        let link = self.link()?;
        let outcome = link.wait(async |client| link::exchange(client, &posted, ask).await);
        drop(link);
        self.last_answer.set(Instant::now());
        let answer = outcome.map_err(|error| self.failed(&error))?;
        if answer.is_err() {
            // What follows from it has been sent: nothing of it may be kept.
            self.fail();
        }
        answer
    }

    /// Begins a transaction and waits for the turn to write.
    pub(super) fn begin(&self) -> Result<(), DatabaseError> {
        self.posted.borrow_mut().clear();
        let begun = match self.batch(BEGIN) {
            // Nothing was done yet: the session that was lost is made anew, once.
            Err(error) if error.kind() == DatabaseErrorKind::Lost => self.batch(BEGIN),
            begun => begun,
        };
        // Whatever comes next, a transaction may have begun.
        self.transaction.set(Transaction::Sound);
        self.kept_point.set(false);
        let is_row = |message: &SimpleQueryMessage| matches!(message, SimpleQueryMessage::Row(_));
        if begun?.iter().any(is_row) {
            Ok(())
        } else {
            Err(DatabaseError::new(
                DatabaseErrorKind::Other,
                "the row of the table write_turn is gone",
            ))
        }
    }

    /// Begins a transaction that sees the database as it is at one moment.
    pub(super) fn begin_look(&self) -> Result<(), DatabaseError> {
        self.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        self.transaction.set(Transaction::Sound);
        Ok(())
    }

    pub(super) fn commit(&self) -> Result<(), DatabaseError> {
        // PostgreSQL would keep what a statement that changes too little calls off.
        if self.posted.borrow().iter().any(Posted::may_call_off) {
            self.settle()?;
        }
        if self.transaction.get() == Transaction::Failed {
            // PostgreSQL would undo it, and call that a success.
            return Err(DatabaseError::new(
                DatabaseErrorKind::Other,
                "a transaction in which a statement failed cannot be kept",
            ));
        }
        let committed = self.batch("COMMIT");
        self.transaction.set(Transaction::None);
        committed.map(|_| ())
    }

    pub(super) fn rollback(&self) -> Result<(), DatabaseError> {
        self.posted.borrow_mut().clear();
        let undone = match self.is_known_lost() {
            // The server has undone it.
            true => Ok(()),
            false => self.batch("ROLLBACK").map(|_| ()),
        };
        self.transaction.set(Transaction::None);
        undone
    }

    pub(super) fn is_in_transaction(&self) -> bool {
        self.transaction.get() != Transaction::None
    }

    /// A point to go back to. The one before goes in the same message.
    pub(super) fn savepoint(&self) {
        let sql = match self.kept_point.replace(false) {
            true => "RELEASE job; SAVEPOINT job",
            false => "SAVEPOINT job",
        };
        self.posted.borrow_mut().push(Posted::Step(sql));
    }

    pub(super) fn release_savepoint(&self) -> Result<(), DatabaseError> {
        if self.transaction.get() == Transaction::Failed {
            return self.commit();
        }
        self.kept_point.set(true);
        Ok(())
    }

    pub(super) fn undo_savepoint(&self) -> Result<(), DatabaseError> {
        // The point itself may not have travelled yet.
        let is_step = |posted: &Posted| matches!(posted, Posted::Step(_));
        self.posted.borrow_mut().retain(is_step);
        self.batch("ROLLBACK TO job; RELEASE job")?;
        self.transaction.set(Transaction::Sound);
        Ok(())
    }

    /// Makes the row that whoever writes holds. Several servers may do so at once.
    pub(super) fn prepare_migrations(&self) -> Result<(), DatabaseError> {
        const MAKE: &str = "CREATE TABLE IF NOT EXISTS write_turn
                 (id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1));
             INSERT INTO write_turn (id) VALUES (1) ON CONFLICT (id) DO NOTHING";
        match self.batch(MAKE) {
            // Another server made the table at the same moment: now it is there.
            Err(error) if error.kind() == DatabaseErrorKind::Constraint => {
                self.batch(MAKE).map(|_| ())
            }
            made => made.map(|_| ()),
        }
    }

    /// The link; a new one if the session was lost and nothing is under way.
    fn link(&self) -> Result<Ref<'_, Link>, DatabaseError> {
        if self.transaction.get() == Transaction::None && self.is_known_lost() {
            self.statements.borrow_mut().clear();
            let fresh = connect(&self.address, self.access)?;
            close(self.link.replace(Some(fresh)));
            self.lost.set(false);
        }
        Ref::filter_map(self.link.borrow(), Option::as_ref)
            .map_err(|_| DatabaseError::new(DatabaseErrorKind::Lost, "the session was lost"))
    }

    /// The transaction under way can only be undone.
    fn fail(&self) {
        if self.is_in_transaction() {
            self.transaction.set(Transaction::Failed);
        }
    }

    fn failed(&self, error: &tokio_postgres::Error) -> DatabaseError {
        self.fail();
        let stale = [
            &SqlState::FEATURE_NOT_SUPPORTED,
            &SqlState::INVALID_SQL_STATEMENT_NAME,
        ];
        if error.code().is_some_and(|code| stale.contains(&code)) {
            // A newer server has changed a table that a prepared statement reads.
            self.statements.borrow_mut().clear();
        }
        let error = DatabaseError::from(error);
        if error.kind() == DatabaseErrorKind::Lost {
            self.lost.set(true);
        }
        error
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        close(self.link.take());
    }
}

/// Ends a session in a thread of its own: it may be within a runtime that it is dropped, where the
/// client could not wait.
fn close(link: Option<Link>) {
    let Some(link) = link else {
        return;
    };
    let closing = thread::Builder::new()
        .name("gridpass-close".to_owned())
        .spawn(move || link.end());
    if let Ok(closing) = closing {
        // What it leaves behind when it fails, the server finds by itself.
        let _ = closing.join();
    }
}

/// What holds for every session. Whoever stands still in a transaction gives back its turn after
/// ten seconds; whoever waits for the turn does so for half a minute.
const SETTINGS: &str = "SET synchronous_commit = on;
     SET idle_in_transaction_session_timeout = '10s';
     SET lock_timeout = '30s';
     SET statement_timeout = '60s';
     SET client_min_messages = warning";

fn connect(address: &PostgresAddress, access: Access) -> Result<Link, DatabaseError> {
    let link = address.connect()?;
    link.wait(async |client| {
        client.batch_execute(SETTINGS).await?;
        if access == Access::Read {
            client
                .batch_execute("SET default_transaction_read_only = on")
                .await?;
        }
        Ok::<_, tokio_postgres::Error>(())
    })?;
    Ok(link)
}

impl From<&tokio_postgres::Error> for DatabaseError {
    fn from(error: &tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(refusal) => {
                // Its detail would quote values.
                let (message, code) = (refusal.message(), refusal.code().code());
                Self::new(kind_of(refusal), format!("{message} ({code})"))
            }
            None => {
                let is_io = error.is_closed() || is_io(error);
                let kind = if is_io {
                    DatabaseErrorKind::Lost
                } else {
                    DatabaseErrorKind::Other
                };
                let cause = std::error::Error::source(error);
                let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
                Self::new(kind, format!("{error}{cause}"))
            }
        }
    }
}

impl From<tokio_postgres::Error> for DatabaseError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::from(&error)
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|cause| cause.is::<std::io::Error>())
}

/// What follows from a refusal, by its code (PostgreSQL, Appendix A).
fn kind_of(refusal: &DbError) -> DatabaseErrorKind {
    let code = refusal.code();
    let stale = *code == SqlState::INVALID_SQL_STATEMENT_NAME
        || (*code == SqlState::FEATURE_NOT_SUPPORTED && refusal.message().contains("cached plan"));
    match code.code() {
        // serialization_failure, deadlock_detected, lock_not_available, query_canceled
        "40001" | "40P01" | "55P03" | "57014" => DatabaseErrorKind::Busy,
        _ if stale => DatabaseErrorKind::Busy,
        // idle_in_transaction_session_timeout, too_many_connections, and a server that has become
        // the copy of another: read_only_sql_transaction
        "25P03" | "53300" | "25006" => DatabaseErrorKind::Lost,
        code if code.starts_with("08") || code.starts_with("57P0") => DatabaseErrorKind::Lost,
        // duplicate_object, duplicate_table: somebody else made it at the same moment
        "42710" | "42P07" => DatabaseErrorKind::Constraint,
        code if code.starts_with("23") => DatabaseErrorKind::Constraint,
        _ => DatabaseErrorKind::Other,
    }
}

#[cfg(test)]
mod tests;
