//! Jobs: looking, going on, stopping.

use gridpass_protocol::UnixTime;

use super::{BulkError, BulkJob, BulkKind, BulkLine, BulkState, report};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{BulkJobId, EnrollmentId, ProviderId, StaffId},
    staff::{Permission, StaffSession},
    store::{Connection, Row, RowReader, StoreError, params, seconds, sql},
};

/// Jobs that the list shows.
const SHOWN: u32 = 100;
/// How long lines wait for somebody to say that they are registered, in seconds.
const LINES_KEPT: u64 = 7 * 24 * 60 * 60;
/// How long reports are kept, in seconds.
const REPORTS_KEPT: u64 = 90 * 24 * 60 * 60;

impl Gridpass {
    /// The files that were handed in at the provider, newest first.
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
                    "provider_id = $1 AND kind <> 'audit' ORDER BY made_at DESC, id DESC LIMIT $2"
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
            let job = file_job(connection, &staff.provider, id)?;
            let mut refused = Vec::new();
            each_report(connection, &staff.provider, id, Reports::Refused, |text| {
                let lines = report::read(&text).into_iter();
                refused.extend(lines.filter(|line| line.outcome.is_refusal()));
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
            file_job(connection, &staff.provider, id)?;
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
            file_job(connection, &staff.provider, id)?;
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
            let job = file_job(transaction, &provider, id)?;
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
            "SELECT id, provider_id, staff_id, file_name, state, kind, lines, checked, faulty,
                 registered, refused, added, changed, made_at, changed_at
             FROM bulk_jobs WHERE ",
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

fn read(row: Row<'_>) -> Result<(BulkJob, JobOwner), StoreError> {
    let row = RowReader::new(row, "bulk_jobs");
    let id = BulkJobId::from_bytes(row.bytes("id")?);
    let provider = row.word("provider_id")?;
    let staff = StaffId::from_bytes(row.bytes("staff_id")?);
    let file_name = row.value("file_name")?;
    let state = row.word("state")?;
    let kind = row.word("kind")?;
    let count = |column: &'static str| row.parsed(column, |count: i64| u64::try_from(count).ok());
    let job = BulkJob {
        id,
        kind,
        file_name,
        state,
        lines: count("lines")?,
        checked: count("checked")?,
        faulty: count("faulty")?,
        registered: count("registered")?,
        refused: count("refused")?,
        added: count("added")?,
        changed: count("changed")?,
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

/// The file of this provider with this id.
fn file_job(
    connection: &Connection,
    provider: &ProviderId,
    id: BulkJobId,
) -> Result<BulkJob, BulkError> {
    find(connection, provider, id)?
        .map(|(job, _)| job)
        .filter(|job| job.kind != BulkKind::Audit)
        .ok_or(BulkError::NotFound)
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

/// Brings a job from one state into another. One that ends needs its lines no more; what was
/// foretold of customers is counted anew while they are written.
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
            "UPDATE bulk_jobs SET state = $4, changed_at = $5, revision = revision + 1,
                 added = CASE WHEN $4 = 'registering' THEN 0 ELSE added END,
                 changed = CASE WHEN $4 = 'registering' THEN 0 ELSE changed END
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
            .post(params![provider.as_str(), id.as_bytes()])?;
    }
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

pub(super) fn note(
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
        .post([left_over])?;
    connection
        .prepare_cached(sql!(
            "UPDATE bulk_jobs SET state = 'cancelled', changed_at = $2, revision = revision + 1
             WHERE state = 'checked' AND changed_at <= $1"
        ))?
        .post(params![left_over, seconds(now)])?;
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
