//! Turns: a bound on the threads that work on keys and on the database, shared by pages, server
//! functions and calls.

use gridpass_provider::Gridpass;
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// How long a request waits for its turn before it is sent away.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// The provider's use cases, so many at a time.
#[derive(Debug)]
pub struct Turns {
    gridpass: Arc<Gridpass>,
    free: Arc<Semaphore>,
}

/// Why a use case gave no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTurn {
    /// No turn came within [`PATIENCE`].
    #[error("too much to do")]
    Busy,
    /// It ended in a panic.
    #[error("a use case ended in a panic")]
    Panicked,
}

impl Turns {
    /// At most `at_once` use cases at a time.
    #[must_use]
    pub fn new(gridpass: Arc<Gridpass>, at_once: usize) -> Self {
        Self {
            gridpass,
            free: Arc::new(Semaphore::new(at_once)),
        }
    }

    /// How many use cases could begin at once now.
    #[must_use]
    pub fn free(&self) -> usize {
        self.free.available_permits()
    }

    /// Runs one use case on a thread that may block.
    ///
    /// # Errors
    /// See [`NoTurn`].
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Gridpass) -> T + Send + 'static,
    ) -> Result<T, NoTurn> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.free).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(NoTurn::Busy);
        };
        let gridpass = Arc::clone(&self.gridpass);
        // The work keeps the turn, not whoever waits for it: work whose client has gone, or was
        // told that it takes too long, goes on, and without its turn there would be no bound on
        // how much of it there is.
        // What the use case does belongs to the request that asked for it.
        let span = tracing::Span::current();
        tokio::task::spawn_blocking(move || {
            let outcome = span.in_scope(|| work(&gridpass));
            drop(turn);
            outcome
        })
        .await
        .map_err(|error| {
            tracing::error!(%error, "a use case ended in a panic");
            NoTurn::Panicked
        })
    }
}
