//! A client and the runtime that carries it.

use std::{pin::pin, time::Duration};

use futures_util::{
    TryStreamExt,
    future::{join, join_all},
};
use tokio::{
    runtime::{self, Runtime},
    task::JoinHandle,
    time::timeout,
};
use tokio_postgres::{
    Client, Config, Error, Row, Socket, Statement,
    tls::{MakeTlsConnect, TlsConnect},
};

use super::values::Bound;
use crate::store::{
    DatabaseError, DatabaseErrorKind, database_error::has_changed_one, value::Value,
};

/// How long taking leave of the server may take.
const LEAVE: Duration = Duration::from_secs(1);

/// A connection to the server. Used by one thread at a time.
pub(super) struct Link {
    client: Client,
    connection: JoinHandle<()>,
    runtime: Runtime,
}

/// What is sent without anybody waiting for its outcome.
pub(super) enum Posted {
    Statement {
        statement: Statement,
        values: Vec<Value>,
        rows: Rows,
    },
    /// A step of the transaction itself.
    Step(&'static str),
}

impl Posted {
    /// Whether it may succeed, and the transaction must not be kept nevertheless.
    pub(super) const fn may_call_off(&self) -> bool {
        matches!(
            self,
            Self::Statement {
                rows: Rows::One,
                ..
            }
        )
    }
}

/// How many rows a statement has to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    Any,
    One,
}

impl Rows {
    pub(super) fn judge(self, changed: u64) -> Result<(), DatabaseError> {
        match self {
            Self::Any => Ok(()),
            Self::One => has_changed_one(changed == 1),
        }
    }
}

impl Link {
    pub(super) fn open<T>(config: &Config, tls: T) -> Result<Self, DatabaseError>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| DatabaseError::new(DatabaseErrorKind::Other, error.to_string()))?;
        let (client, connection) = runtime.block_on(config.connect(tls))?;
        let connection = runtime.spawn(async {
            // Whoever waits for an answer is told of it by the client.
            let _ = connection.await;
        });
        Ok(Self {
            client,
            connection,
            runtime,
        })
    }

    /// What comes of `ask`. Nothing moves on the connection but in here.
    pub(super) fn wait<T>(&self, ask: impl AsyncFnOnce(&Client) -> T) -> T {
        self.runtime.block_on(ask(&self.client))
    }

    /// Takes leave of the server, so that it does not log a connection that broke.
    pub(super) fn end(self) {
        // The connection ends when nobody is left who could ask.
        drop(self.client);
        let connection = self.connection;
        self.runtime.block_on(async {
            // Whoever cannot be reached is not waited for.
            let _ = timeout(LEAVE, connection).await;
        });
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

/// The rows that a statement finds, and how many it changed.
pub(super) async fn run<'p>(
    client: &Client,
    statement: &Statement,
    params: impl ExactSizeIterator<Item = Bound<'p>>,
) -> Result<(Vec<Row>, u64), Error> {
    let mut rows = pin!(client.query_raw(statement, params).await?);
    let mut found = Vec::new();
    while let Some(row) = rows.try_next().await? {
        found.push(row);
    }
    Ok((found, rows.rows_affected().unwrap_or(0)))
}

/// What is asked, behind everything that was posted, without waiting in between: a request is sent
/// when its future is polled for the first time, and these are polled in their order. The first
/// error is the one that counts; the inner one says that a statement did not change what it had to.
pub(super) async fn exchange<T>(
    client: &Client,
    posted: &[Posted],
    ask: impl AsyncFnOnce(&Client) -> Result<T, Error>,
) -> Result<Result<T, DatabaseError>, Error> {
    if posted.is_empty() {
        return ask(client).await.map(Ok);
    }
    let sent = join_all(posted.iter().map(|posted| execute(client, posted)));
    let (executed, answer) = join(sent, ask(client)).await;
    for executed in executed {
        if let Err(contended) = executed? {
            return Ok(Err(contended));
        }
    }
    answer.map(Ok)
}

async fn execute(client: &Client, posted: &Posted) -> Result<Result<(), DatabaseError>, Error> {
    match posted {
        Posted::Statement {
            statement,
            values,
            rows,
        } => {
            let params = values.iter().map(|value| Bound(value.borrowed()));
            let (_, changed) = run(client, statement, params).await?;
            Ok(rows.judge(changed))
        }
        Posted::Step(sql) => client.batch_execute(sql).await.map(Ok),
    }
}
