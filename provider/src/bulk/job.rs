//! Jobs: handing in a file, looking, going on, stopping.

use gridpass_protocol::UnixTime;
use rusqlite::{Connection, Row, params};

use super::{BulkError, BulkJob, BulkLine, BulkState, file, report};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{BulkJobId, EnrollmentId, ProviderId, StaffId},
    random::Random,
    registration::Channel,
    staff::{Permission, StaffSession},
    store::{RowReader, StoreError, seconds, sql},
    vault::Purpose,
};

/// Lines of a chunk: registered in one transaction, for which everybody else who writes waits.
const CHUNK: usize = 200;
/// Jobs that the list shows.
const SHOWN: u32 = 100;
/// How long lines wait for somebody to say that they are registered, in seconds.
const LINES_KEPT: u64 = 7 * 24 * 60 * 60;
/// How long reports are kept, in seconds.
const REPORTS_KEPT: u64 = 90 * 24 * 60 * 60;
/// Longest name of a file that is kept.
const MAX_NAME: usize = 120;

/// A chunk, ready to be written.
struct NewChunk {
    seq: i64,
    lines: i64,
    sealed: Vec<u8>,
}

impl Gridpass {
    /// Takes a file of registrations in, to be checked in the background. `channel` is the way of
    /// lines that name none. Nothing is registered before [`Gridpass::start_bulk_job`].
    ///
    /// # Errors
    /// The role does not allow it, the file cannot be used, or the database failed.
    pub fn make_bulk_job(
        &self,
        staff: &StaffSession,
        file_name: &str,
        content: &[u8],
        channel: Channel,
        actor: Actor,
    ) -> Result<BulkJobId, BulkError> {
        self.require::<BulkError>(staff, Permission::ImportInBulk, &actor)?;
        let lines = file::read(content, channel, &self.vault)?;
        let (now, random) = (self.clock_now(), Random(&*self.random));
        let id = BulkJobId::make(now, &random);
        let chunks: Vec<_> = (0_i64..)
            .zip(lines.chunks(CHUNK))
            .map(|(seq, lines)| {
                let text = zeroize::Zeroizing::new(
                    serde_json::to_vec(lines).expect("a line is a struct of strings"),
                );
                let row = chunk_row(id, seq);
                NewChunk {
                    seq,
                    lines: number(lines.len()),
                    sealed: self.vault.seal(Purpose::BulkLines, &row, &text, &random),
                }
            })
            .collect();
        let (provider, staff_id, total) = (staff.provider.clone(), staff.staff_id, lines.len());
        let file_name = readable(file_name);
        self.store.write(move |transaction| {
            let job = params![
                id.as_bytes(),
                provider.as_str(),
                staff_id.as_bytes(),
                file_name,
                number(total),
                seconds(now)
            ];
            insert(transaction, job)?;
            for chunk in &chunks {
                insert_chunk(transaction, &provider, id, chunk)?;
            }
            let detail = serde_json::json!({ "job": id, "lines": total });
            note(transaction, &provider, "bulk.make", &actor, now, detail)
        })?;
        Ok(id)
    }

    /// The provider's jobs, newest first.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn bulk_jobs(
        &self,
        staff: &StaffSession,
        actor: &Actor,
    ) -> Result<Vec<BulkJob>, BulkError> {
        self.require::<BulkError>(staff, Permission::ImportInBulk, actor)?;
        self.store.read(|connection| {
            let mut statement = connection
                .prepare_cached(select!(
                    "provider_id = $1 ORDER BY made_at DESC, id DESC LIMIT $2"
                ))
                .map_err(StoreError::from)?;
            let mut rows = statement
                .query(params![staff.provider.as_str(), SHOWN])
                .map_err(StoreError::from)?;
            let mut jobs = Vec::new();
            while let Some(row) = rows.next().map_err(StoreError::from)? {
                jobs.push(read(row)?.0);
            }
            Ok(jobs)
        })
    }

    /// One job, and the first lines of its file that are not registered, at most `most`.
    ///
    /// # Errors
    /// The role does not allow it, there is none with this id, or the database failed.
    pub fn bulk_job(
        &self,
        staff: &StaffSession,
        id: BulkJobId,
        most: usize,
        actor: &Actor,
    ) -> Result<(BulkJob, Vec<BulkLine>), BulkError> {
        self.require::<BulkError>(staff, Permission::ImportInBulk, actor)?;
        self.store.read(|connection| {
            let (job, _) = find(connection, &staff.provider, id)?.ok_or(BulkError::NotFound)?;
            let mut refused = Vec::new();
            each_report(connection, &staff.provider, id, Reports::Refused, |text| {
                let lines = report::read(&text).into_iter();
                refused.extend(
                    lines.filter(|line| matches!(line.outcome, report::BulkOutcome::Refused(_))),
                );
                refused.len() < most
            })?;
            refused.truncate(most);
            Ok((job, refused))
        })
    }

    /// What became of every line of a job so far, as CSV.
    ///
    /// # Errors
    /// The role does not allow it, there is none with this id, or the database failed.
    pub fn bulk_result(
        &self,
        staff: &StaffSession,
        id: BulkJobId,
        actor: &Actor,
    ) -> Result<String, BulkError> {
        self.require::<BulkError>(staff, Permission::ImportInBulk, actor)?;
        self.store.read(|connection| {
            find(connection, &staff.provider, id)?.ok_or(BulkError::NotFound)?;
            let mut result = report::HEAD.to_owned();
            each_report(connection, &staff.provider, id, Reports::All, |text| {
                result.push_str(&text);
                true
            })?;
            Ok(result)
        })
    }

    /// The enrollments that a job has made so far, in the order of its file.
    ///
    /// # Errors
    /// The role does not allow it, there is none with this id, or the database failed.
    pub fn bulk_enrollments(
        &self,
        staff: &StaffSession,
        id: BulkJobId,
        actor: &Actor,
    ) -> Result<Vec<EnrollmentId>, BulkError> {
        self.require::<BulkError>(staff, Permission::ImportInBulk, actor)?;
        self.store.read(|connection| {
            find(connection, &staff.provider, id)?.ok_or(BulkError::NotFound)?;
            let mut made = Vec::new();
            each_report(connection, &staff.provider, id, Reports::All, |text| {
                made.extend(report::read(&text).into_iter().filter_map(
                    |line| match line.outcome {
                        report::BulkOutcome::Registered(id) => Some(id),
                        _ => None,
                    },
                ));
                true
            })?;
            Ok(made)
        })
    }

    /// Says that the lines of a checked job are to be registered.
    ///
    /// # Errors
    /// The role does not allow it, there is none with this id, it is not checked, or the database
    /// failed.
    pub fn start_bulk_job(
        &self,
        staff: &StaffSession,
        id: BulkJobId,
        actor: Actor,
    ) -> Result<(), BulkError> {
        self.step_bulk_job(staff, id, actor, BulkState::Registering, |state| {
            state == BulkState::Checked
        })
    }

    /// Stops a job. What it has registered stays registered; the rest of its lines is erased.
    ///
    /// # Errors
    /// The role does not allow it, there is none with this id, it has ended, or the database
    /// failed.
    pub fn cancel_bulk_job(
        &self,
        staff: &StaffSession,
        id: BulkJobId,
        actor: Actor,
    ) -> Result<(), BulkError> {
        self.step_bulk_job(staff, id, actor, BulkState::Cancelled, |state| {
            !matches!(state, BulkState::Finished | BulkState::Cancelled)
        })
    }

    fn step_bulk_job(
        &self,
        staff: &StaffSession,
        id: BulkJobId,
        actor: Actor,
        to: BulkState,
        allows: impl FnOnce(BulkState) -> bool + Send + 'static,
    ) -> Result<(), BulkError> {
        self.require::<BulkError>(staff, Permission::ImportInBulk, &actor)?;
        let (provider, now) = (staff.provider.clone(), self.clock_now());
        self.store.write(move |transaction| {
            let (job, _) = find(transaction, &provider, id)?.ok_or(BulkError::NotFound)?;
            if !allows(job.state) {
                return Err(BulkError::State(job.state));
            }
            set_state(transaction, &provider, id, job.state, to, now)?;
            let action = match to {
                BulkState::Cancelled => "bulk.cancel",
                _ => "bulk.start",
            };
            let detail = serde_json::json!({ "job": id });
            Ok(note(transaction, &provider, action, &actor, now, detail)?)
        })
    }
}

/// The beginning of every SELECT that [`read`] reads.
macro_rules! select {
    ($condition:literal) => {
        sql!(concat!(
            "SELECT id, provider_id, staff_id, file_name, state, lines, checked, faulty,
                 registered, refused, made_at, changed_at FROM bulk_jobs WHERE ",
            $condition
        ))
    };
}
use select;

/// Whose a job is.
pub(super) struct JobOwner {
    pub(super) provider: ProviderId,
    pub(super) staff: StaffId,
}

fn read(row: &Row<'_>) -> Result<(BulkJob, JobOwner), StoreError> {
    let row = RowReader::new(row, "bulk_jobs");
    let id = BulkJobId::from_bytes(row.bytes("id")?);
    let provider = row.word("provider_id")?;
    let staff = StaffId::from_bytes(row.bytes("staff_id")?);
    let file_name = row.value("file_name")?;
    let state = row.word("state")?;
    let count = |column: &'static str| row.parsed(column, |count: i64| u64::try_from(count).ok());
    let job = BulkJob {
        id,
        file_name,
        state,
        lines: count("lines")?,
        checked: count("checked")?,
        faulty: count("faulty")?,
        registered: count("registered")?,
        refused: count("refused")?,
        made_at: row.time("made_at")?,
        changed_at: row.time("changed_at")?,
    };
    Ok((job, JobOwner { provider, staff }))
}

/// The job of this provider with this id.
pub(super) fn find(
    connection: &Connection,
    provider: &ProviderId,
    id: BulkJobId,
) -> Result<Option<(BulkJob, JobOwner)>, StoreError> {
    let mut statement = connection.prepare_cached(select!("provider_id = $1 AND id = $2"))?;
    let mut rows = statement.query(params![provider.as_str(), id.as_bytes()])?;
    rows.next()?.map(read).transpose()
}

/// The job, of whatever provider, that has waited longest for somebody to work on it.
pub(super) fn next_waiting(
    connection: &Connection,
) -> Result<Option<(BulkJob, JobOwner)>, StoreError> {
    let mut statement = connection.prepare_cached(select!(
        "state IN ('checking', 'registering') ORDER BY made_at LIMIT 1"
    ))?;
    let mut rows = statement.query([])?;
    rows.next()?.map(read).transpose()
}

/// Brings a job from one state into another. One that ends needs its lines no more.
pub(super) fn set_state(
    connection: &Connection,
    provider: &ProviderId,
    id: BulkJobId,
    from: BulkState,
    to: BulkState,
    now: UnixTime,
) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached(sql!(
            "UPDATE bulk_jobs SET state = $4, changed_at = $5, revision = revision + 1
             WHERE provider_id = $1 AND id = $2 AND state = $3"
        ))?
        .execute(params![
            provider.as_str(),
            id.as_bytes(),
            from.as_str(),
            to.as_str(),
            seconds(now)
        ])?;
    if changed == 0 {
        return Err(StoreError::Contended);
    }
    if matches!(to, BulkState::Finished | BulkState::Cancelled) {
        connection
            .prepare_cached(sql!(
                "UPDATE bulk_chunks SET sealed_lines = NULL WHERE provider_id = $1 AND job_id = $2"
            ))?
            .execute(params![provider.as_str(), id.as_bytes()])?;
    }
    Ok(())
}

fn insert(connection: &Connection, job: &[&dyn rusqlite::ToSql]) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO bulk_jobs
                 (id, provider_id, staff_id, file_name, state, lines, checked, faulty, registered,
                  refused, made_at, changed_at, revision)
             VALUES ($1, $2, $3, $4, 'checking', $5, 0, 0, 0, 0, $6, $6, 1)"
        ))?
        .execute(job)?;
    Ok(())
}

fn insert_chunk(
    connection: &Connection,
    provider: &ProviderId,
    job: BulkJobId,
    chunk: &NewChunk,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO bulk_chunks
                 (provider_id, job_id, seq, lines, state, sealed_lines, report, refused)
             VALUES ($1, $2, $3, $4, 'unchecked', $5, '', 0)"
        ))?
        .execute(params![
            provider.as_str(),
            job.as_bytes(),
            chunk.seq,
            chunk.lines,
            chunk.sealed
        ])?;
    Ok(())
}

/// Which chunks' reports are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reports {
    All,
    /// Those with a line that was refused.
    Refused,
}

/// Hands over the reports of a job in the order of its file, for as long as they are wanted.
fn each_report(
    connection: &Connection,
    provider: &ProviderId,
    id: BulkJobId,
    which: Reports,
    mut wants_more: impl FnMut(String) -> bool,
) -> Result<(), StoreError> {
    let least = i64::from(which == Reports::Refused);
    let mut statement = connection.prepare_cached(sql!(
        "SELECT seq, report FROM bulk_chunks
         WHERE provider_id = $1 AND job_id = $2 AND refused >= $3 ORDER BY seq"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), id.as_bytes(), least])?;
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "bulk_chunks");
        let _: i64 = row.value("seq")?;
        if !wants_more(row.value("report")?) {
            return Ok(());
        }
    }
    Ok(())
}

fn note(
    connection: &Connection,
    provider: &ProviderId,
    action: &'static str,
    actor: &Actor,
    at: UnixTime,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    let entry = audit::Entry {
        provider,
        at,
        actor,
        action,
        result: "ok",
        enrollment: None,
        detail,
    };
    audit::append(connection, &entry)
}

/// What a chunk's lines are sealed as: they open in no other place.
pub(super) fn chunk_row(job: BulkJobId, seq: i64) -> Vec<u8> {
    [job.as_bytes().as_slice(), &seq.to_be_bytes()].concat()
}

fn number(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// The name of a file as it may be shown.
fn readable(name: &str) -> String {
    let name: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_NAME)
        .collect();
    if name.trim().is_empty() {
        "registrations.csv".to_owned()
    } else {
        name
    }
}

/// Erases the lines of jobs that nobody went on with, and forgets jobs that are long over.
pub(crate) fn prune(connection: &Connection, now: UnixTime) -> Result<usize, StoreError> {
    let left_over = seconds(now.minus(LINES_KEPT));
    connection
        .prepare_cached(sql!(
            "UPDATE bulk_chunks SET sealed_lines = NULL
             WHERE sealed_lines IS NOT NULL AND (provider_id, job_id) IN (
                 SELECT provider_id, id FROM bulk_jobs
                 WHERE state = 'checked' AND changed_at <= $1)"
        ))?
        .execute([left_over])?;
    connection
        .prepare_cached(sql!(
            "UPDATE bulk_jobs SET state = 'cancelled', changed_at = $2, revision = revision + 1
             WHERE state = 'checked' AND changed_at <= $1"
        ))?
        .execute(params![left_over, seconds(now)])?;
    let over = seconds(now.minus(REPORTS_KEPT));
    let chunks = connection
        .prepare_cached(sql!(
            "DELETE FROM bulk_chunks WHERE (provider_id, job_id) IN (
                 SELECT provider_id, id FROM bulk_jobs
                 WHERE state IN ('finished', 'cancelled') AND changed_at <= $1)"
        ))?
        .execute([over])?;
    let jobs = connection
        .prepare_cached(sql!(
            "DELETE FROM bulk_jobs
             WHERE state IN ('finished', 'cancelled') AND changed_at <= $1"
        ))?
        .execute([over])?;
    Ok(chunks + jobs)
}
