//! The one thread that writes, and its group commit.
//!
//! A commit waits for the disk, so the jobs that arrive meanwhile share the next one. Within a
//! group each job has a savepoint of its own: one that fails takes nothing of its neighbours
//! with it. If the commit itself fails, every job of the group gets the error.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use super::{Connection, Meters, StoreError};
use crate::audit::chain::Sealing;

pub(super) struct Writer {
    // `None` once dropped: that ends the thread.
    jobs: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    meters: Meters,
}

impl Writer {
    /// Starts the thread. What `sealing` holds once it is there runs around every group.
    pub(super) fn start(
        connection: Connection,
        sealing: Arc<OnceLock<Sealing>>,
        meters: Meters,
    ) -> Result<Self, StoreError> {
        let (jobs, waiting) = channel();
        let of_groups = meters.clone();
        let thread = thread::Builder::new()
            .name("gridpass-writer".to_owned())
            .spawn(move || write_groups(&connection, &waiting, &sealing, &of_groups))
            .map_err(|_| StoreError::WriterStopped)?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
            meters,
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
        let span = tracing::info_span!(target: "gridpass::trace", "database write");
        let _entered = span.enter();
        let job = TypedJob {
            span: span.clone(),
            work: Some(work),
            outcome: None,
            reply,
        };
        let jobs = self.jobs.as_ref().ok_or(StoreError::WriterStopped)?;
        self.meters.job_queued();
        jobs.send(Box::new(job)).map_err(|_| {
            self.meters.jobs_taken(1);
            StoreError::WriterStopped
        })?;
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
    /// What waits for it, for traces.
    fn span(&self) -> &tracing::Span;
    /// Does the work. Called once.
    fn run(&mut self, connection: &Connection) -> Verdict;
    /// Answers whoever waits: with what the work gave, or with why it could not be kept.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct TypedJob<F, T, E> {
    /// What waits for it.
    span: tracing::Span,
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
    fn span(&self) -> &tracing::Span {
        &self.span
    }

    fn run(&mut self, connection: &Connection) -> Verdict {
        let Some(work) = self.work.take() else {
            return Verdict::Undo;
        };
        // A bug in one job must not end the thread that writes for all.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let done = work(connection)?;
            // What was posted fails here, if it does, and not in the job after it.
            connection.settle().map_err(StoreError::from)?;
            Ok(done)
        }))
        .ok();
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

fn write_groups(
    connection: &Connection,
    waiting: &Receiver<Box<dyn Job>>,
    sealing: &OnceLock<Sealing>,
    meters: &Meters,
) {
    let most = connection.most_jobs();
    while let Ok(first) = waiting.recv() {
        let mut group = vec![first];
        group.extend(waiting.try_iter().take(most - 1));
        meters.jobs_taken(group.len());
        let span = tracing::info_span!(
            target: "gridpass::trace",
            "database group",
            gridpass.jobs = group.len(),
        );
        for job in &group {
            span.follows_from(job.span());
        }
        let _entered = span.enter();
        let began = Instant::now();
        let committed = write_group(connection, &mut group, sealing.get());
        meters.group_ended(group.len(), began.elapsed(), &committed);
        if committed.is_err() && connection.is_in_transaction() {
            // If even this fails the next BEGIN will, and will say so.
            let _ = connection.rollback();
        }
        for job in group {
            job.answer(committed.clone());
        }
    }
}

fn write_group(
    connection: &Connection,
    group: &mut [Box<dyn Job>],
    sealing: Option<&Sealing>,
) -> Result<(), StoreError> {
    connection.begin()?;
    let before = sealing
        .map(|sealing| sealing.before(connection))
        .transpose()?;
    let commit = || {
        if let (Some(sealing), Some(before)) = (sealing, &before) {
            sealing.after(connection, before)?;
        }
        Ok(connection.commit()?)
    };
    if let [job] = group {
        return match job.run(connection) {
            Verdict::Keep => commit(),
            Verdict::Undo => Ok(connection.rollback()?),
        };
    }
    for job in group {
        connection.savepoint()?;
        match job.run(connection) {
            Verdict::Keep => connection.release_savepoint()?,
            Verdict::Undo => connection.undo_savepoint()?,
        }
    }
    commit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{TestDatabase, TestStore};

    fn on_every_engine(test: impl Fn(&Writer)) {
        let folder = tempfile::tempdir().unwrap();
        for store in [TestStore::Sqlite, TestStore::Postgres] {
            let database = TestDatabase::make(store, &folder.path().join("db"));
            let connection = database.database().connect().unwrap();
            connection
                .execute_batch(
                    "CREATE TABLE parents (id BIGINT PRIMARY KEY);
                     CREATE TABLE numbers (n BIGINT NOT NULL, parent BIGINT
                         REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)",
                )
                .unwrap();
            let writer = Writer::start(connection, Arc::default(), Meters::new()).unwrap();
            test(&writer);
        }
    }

    type Work = Box<dyn FnOnce(&Connection) -> Result<(), StoreError> + Send>;

    fn insert(number: i64) -> Work {
        Box::new(move |connection| {
            connection.execute("INSERT INTO numbers (n) VALUES (?1)", [number])?;
            Ok(())
        })
    }

    /// Runs jobs that wait together, so that they are one group, and returns their answers.
    fn run_as_group(writer: &Writer, work: Vec<Work>) -> Vec<Result<(), StoreError>> {
        let (runs, running) = channel::<()>();
        let (go, wait) = channel::<()>();
        let jobs = writer.jobs.as_ref().unwrap();
        let mut send = |work: Work| {
            let (reply, answer) = sync_channel(1);
            let job: Box<dyn Job> = Box::new(TypedJob {
                span: tracing::Span::none(),
                work: Some(work),
                outcome: None,
                reply,
            });
            jobs.send(job).unwrap();
            answer
        };
        let first = send(Box::new(move |_| {
            // A group of its own, that holds the writer until everything else is queued.
            let _ = runs.send(());
            let _ = wait.recv();
            Ok(())
        }));
        running.recv().unwrap();
        let answers: Vec<_> = work.into_iter().map(&mut send).collect();
        go.send(()).unwrap();
        first.recv().unwrap().unwrap();
        answers
            .into_iter()
            .map(|answer| answer.recv().unwrap_or(Err(StoreError::WriterStopped)))
            .collect()
    }

    fn numbers(writer: &Writer) -> Vec<i64> {
        writer
            .run(|connection| {
                let mut statement =
                    connection.prepare_cached("SELECT n FROM numbers ORDER BY n")?;
                let numbers = statement.query_map([], |row| row.get(0))?;
                Ok::<_, StoreError>(numbers)
            })
            .unwrap()
    }

    /// A job that writes 99 and fails.
    fn failing(fail: impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static) -> Work {
        Box::new(move |connection| {
            connection.execute("INSERT INTO numbers (n) VALUES (99)", [])?;
            fail(connection)
        })
    }

    /// A job that fails in this way stands between two others: they are kept, and nothing of it.
    fn fails_alone(
        fail: fn(&Connection) -> Result<(), StoreError>,
        is_told: fn(&StoreError) -> bool,
    ) {
        on_every_engine(|writer| {
            let answers = run_as_group(writer, vec![insert(1), failing(fail), insert(2)]);
            assert!(answers[0].is_ok() && answers[2].is_ok());
            assert!(answers[1].as_ref().is_err_and(is_told));
            assert_eq!(numbers(writer), [1, 2]);
        });
    }

    const fn is_unavailable(error: &StoreError) -> bool {
        matches!(error, StoreError::Unavailable(_))
    }

    #[test]
    fn a_job_that_fails_takes_nothing_of_its_neighbours() {
        let fail = |connection: &Connection| {
            connection.execute("INSERT INTO nowhere (n) VALUES (1)", [])?;
            Ok(())
        };
        fails_alone(fail, is_unavailable);
    }

    #[test]
    fn a_job_whose_last_statement_nobody_waited_for_fails_by_itself_too() {
        let fail = |connection: &Connection| {
            let mut statement = connection.prepare_cached("INSERT INTO numbers (n) VALUES (?1)")?;
            Ok(statement.post([None::<i64>])?)
        };
        fails_alone(fail, is_unavailable);
    }

    #[test]
    fn a_job_that_comes_too_late_for_its_row_is_told_so_whatever_it_does_next() {
        let fail = |connection: &Connection| {
            let mut late = connection.prepare_cached("UPDATE numbers SET n = 4 WHERE n = 3")?;
            late.post_one([])?;
            let mut statement = connection.prepare_cached("INSERT INTO numbers (n) VALUES (?1)")?;
            Ok(statement.post([None::<i64>])?)
        };
        fails_alone(fail, |error| matches!(error, StoreError::Contended));
    }

    #[test]
    fn a_job_that_gives_up_before_anything_was_sent_is_undone() {
        on_every_engine(|writer| {
            let gives_up: Work = Box::new(|connection| {
                let mut statement =
                    connection.prepare_cached("INSERT INTO numbers (n) VALUES (?1)")?;
                statement.post([99])?;
                Err(StoreError::Contended)
            });
            // Each is prepared by now: nothing has to travel for that.
            run_as_group(writer, vec![insert(1)]);
            let answers = run_as_group(writer, vec![insert(2), gives_up, insert(3)]);
            assert!(answers[0].is_ok() && answers[2].is_ok());
            assert!(matches!(answers[1], Err(StoreError::Contended)));
            assert_eq!(numbers(writer), [1, 2, 3]);
        });
    }

    #[test]
    fn a_job_that_panics_ends_neither_the_writer_nor_its_neighbours() {
        on_every_engine(|writer| {
            let panics = failing(|_| panic!("on purpose"));
            let answers = run_as_group(writer, vec![insert(1), panics, insert(2)]);
            assert!(answers[0].is_ok() && answers[2].is_ok());
            assert!(matches!(answers[1], Err(StoreError::WriterStopped)));
            assert_eq!(numbers(writer), [1, 2]);
        });
    }

    #[test]
    fn if_the_commit_fails_every_job_of_the_group_is_told_and_nothing_is_written() {
        on_every_engine(|writer| {
            let breaks_commit: Work = Box::new(|connection| {
                connection.execute("INSERT INTO numbers (n, parent) VALUES (99, 7)", [])?;
                Ok(())
            });
            let answers = run_as_group(writer, vec![insert(1), breaks_commit, insert(2)]);
            for answer in answers {
                assert!(
                    matches!(answer, Err(StoreError::Unavailable(_))),
                    "{answer:?}"
                );
            }
            assert_eq!(numbers(writer), [0; 0]);
            writer.run(insert(3)).unwrap();
            assert_eq!(numbers(writer), [3]);
        });
    }
}
