//! The one thread that writes, and its group commit.
//!
//! A commit waits for the disk, so the jobs that arrive meanwhile share the next one. Within a
//! group each job has a savepoint of its own: one that fails takes nothing of its neighbours
//! with it. If the commit itself fails, every job of the group gets the error.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread::{self, JoinHandle},
};

use rusqlite::Connection;

use super::StoreError;

/// Jobs in one transaction. It bounds how long one group holds the database.
const GROUP: usize = 128;

pub(super) struct Writer {
    // `None` once dropped: that ends the thread.
    jobs: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (jobs, waiting) = channel();
        let thread = thread::Builder::new()
            .name("gridpass-writer".to_owned())
            .spawn(move || write_groups(&connection, &waiting))
            .map_err(|_| StoreError::WriterStopped)?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    pub(super) fn run<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        let job = TypedJob {
            work: Some(work),
            outcome: None,
            reply,
        };
        let jobs = self.jobs.as_ref().ok_or(StoreError::WriterStopped)?;
        jobs.send(Box::new(job))
            .map_err(|_| StoreError::WriterStopped)?;
        // The sender is gone without an answer only if the job panicked.
        answer
            .recv()
            .unwrap_or_else(|_| Err(StoreError::WriterStopped.into()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the database writer panicked");
        }
    }
}

/// What a job left behind for the transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Keep,
    Undo,
}

trait Job: Send {
    /// Does the work. Called once.
    fn run(&mut self, connection: &Connection) -> Verdict;
    /// Answers whoever waits: with what the work gave, or with why it could not be kept.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct TypedJob<F, T, E> {
    work: Option<F>,
    outcome: Option<Result<T, E>>,
    reply: SyncSender<Result<T, E>>,
}

impl<F, T, E> Job for TypedJob<F, T, E>
where
    F: FnOnce(&Connection) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, connection: &Connection) -> Verdict {
        let Some(work) = self.work.take() else {
            return Verdict::Undo;
        };
        // A bug in one job must not end the thread that writes for all.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(connection))).ok();
        let verdict = if matches!(outcome, Some(Ok(_))) {
            Verdict::Keep
        } else {
            Verdict::Undo
        };
        self.outcome = outcome;
        verdict
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (committed, self.outcome) {
            (Err(error), None | Some(Ok(_))) => Err(error.into()),
            (_, Some(outcome)) => outcome,
            (Ok(()), None) => Err(StoreError::WriterStopped.into()),
        };
        // Whoever waited may have gone; then nobody needs the answer.
        let _ = self.reply.send(answer);
    }
}

fn write_groups(connection: &Connection, waiting: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = waiting.recv() {
        let mut group = vec![first];
        group.extend(waiting.try_iter().take(GROUP - 1));
        let committed = write_group(connection, &mut group);
        if committed.is_err() && !connection.is_autocommit() {
            // If even this fails the next BEGIN will, and will say so.
            let _ = connection.execute_batch("ROLLBACK");
        }
        for job in group {
            job.answer(committed.clone());
        }
    }
}

fn write_group(connection: &Connection, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    execute(connection, "BEGIN IMMEDIATE")?;
    if let [job] = group {
        return match job.run(connection) {
            Verdict::Keep => execute(connection, "COMMIT"),
            Verdict::Undo => execute(connection, "ROLLBACK"),
        };
    }
    for job in group {
        execute(connection, "SAVEPOINT job")?;
        if job.run(connection) == Verdict::Undo {
            execute(connection, "ROLLBACK TO job")?;
        }
        execute(connection, "RELEASE job")?;
    }
    execute(connection, "COMMIT")
}

fn execute(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
