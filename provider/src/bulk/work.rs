//! Working off jobs, a chunk at a time.

use gridpass_protocol::UnixTime;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::{
    BulkJob, BulkKind, BulkState,
    check::refusal,
    file::Line,
    job::{self, JobOwner, chunk_row},
    report::{self, AccountOutcome, BulkLine, BulkOutcome, BulkProblem},
};
use crate::{
    Gridpass,
    audit::Actor,
    id::{BulkJobId, ProviderId},
    registration::{Filed, Prepared, RegistrationError, file},
    store::{Connection, RowReader, StoreError, params, seconds, sql},
    vault::Purpose,
};

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkStep {
    /// It worked on a job; there may be more to do at once.
    Worked,
    /// There is nothing to do.
    Idle,
}

/// The lines that are next, and where they stand.
struct Chunk {
    outcome: Outcome,
    text: Zeroizing<Vec<u8>>,
}

impl Chunk {
    fn lines<T: DeserializeOwned>(&self) -> Result<Vec<T>, StoreError> {
        serde_json::from_slice(&self.text).map_err(|_| corrupt(self.outcome.job, self.outcome.seq))
    }
}

/// What became of a chunk, to be written.
pub(super) struct Outcome {
    job: BulkJobId,
    pub(super) provider: ProviderId,
    seq: i64,
    from: ChunkState,
    to: ChunkState,
    pub(super) now: UnixTime,
}

/// Where a chunk stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ChunkState {
    Unchecked,
    Checked,
    Done,
}

impl ChunkState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Checked => "checked",
            Self::Done => "done",
        }
    }
}

/// A line on its way into the transaction.
enum Ready {
    New(Box<Prepared>),
    Refused(BulkProblem),
}

impl Gridpass {
    /// Works on the job that has waited longest: checks or writes one chunk of its lines, or
    /// verifies a piece of the audit. To be called again and again; several processes may.
    ///
    /// # Errors
    /// The database failed. The chunk is then as it was.
    pub fn run_bulk_step(&self) -> Result<BulkStep, StoreError> {
        let Some((job, owner)) = self.store.read(job::next_waiting)? else {
            return Ok(BulkStep::Idle);
        };
        unless_raced(match job.kind {
            BulkKind::Audit => self.step_verification(&job, owner),
            BulkKind::Registrations | BulkKind::Customers => self.step_lines(&job, owner),
        })?;
        Ok(BulkStep::Worked)
    }

    fn step_lines(&self, job: &BulkJob, owner: JobOwner) -> Result<(), StoreError> {
        let (from, to, finished) = match job.state {
            BulkState::Checking => (
                ChunkState::Unchecked,
                ChunkState::Checked,
                BulkState::Checked,
            ),
            _ => (ChunkState::Checked, ChunkState::Done, BulkState::Finished),
        };
        let Some(chunk) = self.next_chunk(job, &owner, from, to)? else {
            return self.finish(job, owner, finished);
        };
        let actor = Actor::staff_member(&owner.provider, owner.staff);
        match (job.kind, from) {
            (BulkKind::Customers, ChunkState::Unchecked) => {
                let lines = chunk.lines()?;
                self.check_customers(chunk.outcome, lines)
            }
            (BulkKind::Customers, _) => {
                let lines = chunk.lines()?;
                self.write_customers(chunk.outcome, lines)
            }
            (_, ChunkState::Unchecked) => self.check_chunk(chunk, &actor),
            _ => self.register_chunk(chunk, &actor),
        }
    }

    fn next_chunk(
        &self,
        job: &BulkJob,
        owner: &JobOwner,
        from: ChunkState,
        to: ChunkState,
    ) -> Result<Option<Chunk>, StoreError> {
        let found = self
            .store
            .read(|connection| first_chunk(connection, &owner.provider, job.id, from))?;
        let Some((seq, sealed)) = found else {
            return Ok(None);
        };
        let text = self.open_chunk(job.id, seq, &sealed)?;
        let outcome = Outcome {
            job: job.id,
            provider: owner.provider.clone(),
            seq,
            from,
            to,
            now: self.clock_now(),
        };
        Ok(Some(Chunk { outcome, text }))
    }

    pub(super) fn open_chunk(
        &self,
        job: BulkJobId,
        seq: i64,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        self.vault
            .open(Purpose::BulkLines, &chunk_row(job, seq), sealed)
            .map_err(|_| corrupt(job, seq))
    }

    fn check_chunk(&self, chunk: Chunk, actor: &Actor) -> Result<(), StoreError> {
        let (lines, outcome): (Vec<Line>, _) = (chunk.lines()?, chunk.outcome);
        let lines = self.check_lines(&outcome.provider, lines, actor)?;
        self.store
            .write(move |transaction| write(transaction, &outcome, &lines))
    }

    /// Everything slow happens before the transaction: one-time passwords, labels, sealing.
    fn register_chunk(&self, chunk: Chunk, actor: &Actor) -> Result<(), StoreError> {
        let (lines, outcome): (Vec<Line>, _) = (chunk.lines()?, chunk.outcome);
        let mut ready = Vec::with_capacity(lines.len());
        for line in lines {
            let prepared = match self.registration_of(&outcome.provider, &line)? {
                Ok((registration, _)) => match self.prepare(registration, actor.clone()) {
                    Ok(prepared) => Ready::New(Box::new(prepared)),
                    Err(error) => Ready::Refused(refusal(error)?),
                },
                Err(problem) => Ready::Refused(problem),
            };
            ready.push((line.line, line.account, prepared));
        }
        self.store.write(move |transaction| {
            let mut lines = Vec::with_capacity(ready.len());
            for (line, account, ready) in ready {
                let outcome = match ready {
                    Ready::New(prepared) => register(transaction, *prepared)?,
                    Ready::Refused(problem) => BulkOutcome::Refused(problem),
                };
                lines.push(BulkLine {
                    line,
                    account,
                    outcome,
                });
            }
            write(transaction, &outcome, &lines)
        })
    }

    /// No chunk is left: the job is where it was to come.
    fn finish(&self, job: &BulkJob, owner: JobOwner, to: BulkState) -> Result<(), StoreError> {
        let (id, from, now) = (job.id, job.state, self.clock_now());
        let told = (job.kind == BulkKind::Customers && to == BulkState::Finished).then(|| {
            serde_json::json!({
                "job": id,
                "lines": job.lines,
                "made": job.added,
                "changed": job.changed,
                "refused": job.refused,
            })
        });
        self.store.write(move |transaction| {
            job::set_state(transaction, &owner.provider, id, from, to, now)?;
            let Some(detail) = told else { return Ok(()) };
            let actor = Actor::staff_member(&owner.provider, owner.staff);
            let provider = &owner.provider;
            job::note(transaction, provider, "account.import", &actor, now, detail)
        })
    }
}

fn corrupt(job: BulkJobId, seq: i64) -> StoreError {
    StoreError::Corrupt {
        table: "bulk_chunks",
        column: "sealed_lines",
        row: format!("{job} {seq}"),
    }
}

/// Somebody stopped the job, or another process was faster: nothing was written, and the next
/// step finds how things stand.
fn unless_raced(outcome: Result<(), StoreError>) -> Result<(), StoreError> {
    match outcome {
        Err(StoreError::Contended) => Ok(()),
        other => other,
    }
}

fn first_chunk(
    connection: &Connection,
    provider: &ProviderId,
    job: BulkJobId,
    state: ChunkState,
) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT seq, sealed_lines FROM bulk_chunks
         WHERE provider_id = $1 AND job_id = $2 AND state = $3 ORDER BY seq LIMIT 1"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), job.as_bytes(), state.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "bulk_chunks");
    let seq = row.value("seq")?;
    // Gone: the job was stopped a moment ago.
    let sealed: Option<Vec<u8>> = row.value("sealed_lines")?;
    Ok(sealed.map(|sealed| (seq, sealed)))
}

/// Registers one line in a savepoint of its own: one that is refused leaves nothing behind.
fn register(transaction: &Connection, prepared: Prepared) -> Result<BulkOutcome, StoreError> {
    let run = |sql: &str| -> Result<(), StoreError> {
        transaction.prepare_cached(sql)?.post([])?;
        Ok(())
    };
    let id = prepared.enrollment_id();
    run("SAVEPOINT line")?;
    let outcome = match file(transaction, prepared) {
        Ok(Filed::New(_) | Filed::Before(_)) => BulkOutcome::Registered(id),
        Err(RegistrationError::Store(error)) => return Err(error),
        Err(error) => {
            run("ROLLBACK TO line")?;
            BulkOutcome::Refused(refusal(error)?)
        }
    };
    run("RELEASE line")?;
    Ok(outcome)
}

/// Writes what became of a chunk, if it is still to be done; else undoes everything.
pub(super) fn write(
    transaction: &Connection,
    outcome: &Outcome,
    lines: &[BulkLine],
) -> Result<(), StoreError> {
    let count = |wanted: fn(&BulkOutcome) -> bool| {
        let found = lines.iter().filter(|line| wanted(&line.outcome)).count();
        i64::try_from(found).unwrap_or(i64::MAX)
    };
    let added = count(|outcome| matches!(outcome, BulkOutcome::Account(AccountOutcome::Added)));
    let changed = count(|outcome| matches!(outcome, BulkOutcome::Account(AccountOutcome::Changed)));
    let refused = count(BulkOutcome::is_refusal);
    let (provider, job) = (outcome.provider.as_str(), outcome.job);
    let is_done = outcome.to == ChunkState::Done;
    let moved = transaction
        .prepare_cached(sql!(
            "UPDATE bulk_chunks SET state = $5, report = $6, refused = $7,
                 sealed_lines = CASE WHEN $8 = 1 THEN NULL ELSE sealed_lines END
             WHERE provider_id = $1 AND job_id = $2 AND seq = $3 AND state = $4"
        ))?
        .execute(params![
            provider,
            job.as_bytes(),
            outcome.seq,
            outcome.from.as_str(),
            outcome.to.as_str(),
            report::write(lines),
            refused,
            i64::from(is_done),
        ])?;
    let all = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let (state, checked, faulty, registered, refused) = if is_done {
        (BulkState::Registering, 0, 0, all - refused, refused)
    } else {
        (BulkState::Checking, all, refused, 0, 0)
    };
    let counted = transaction
        .prepare_cached(sql!(
            "UPDATE bulk_jobs SET checked = checked + $4, faulty = faulty + $5,
                 registered = registered + $6, refused = refused + $7, changed_at = $8,
                 added = added + $9, changed = changed + $10, revision = revision + 1
             WHERE provider_id = $1 AND id = $2 AND state = $3"
        ))?
        .execute(params![
            provider,
            job.as_bytes(),
            state.as_str(),
            checked,
            faulty,
            registered,
            refused,
            seconds(outcome.now),
            added,
            changed
        ])?;
    // Another process has done it, or somebody stopped the job: what was written here is undone.
    if moved == 1 && counted == 1 {
        Ok(())
    } else {
        Err(StoreError::Contended)
    }
}
