//! Verifying the audit in the background, a piece at a time.
//!
//! How far it is, and what it found, is sealed: whoever may write to the database alone makes no
//! verification say what it has not found.

use super::{
    BulkJob, BulkKind, BulkState,
    job::{self, JobOwner},
    make::{self, NewChunk, NewJob, number},
};
use crate::{
    Gridpass,
    audit::{Actor, AuditReport, AuditVerifyError, AuditWalk},
    id::{BulkJobId, ProviderId},
    random::Random,
    staff::{Permission, StaffSession},
    store::{Connection, RowReader, StoreError, params, seconds, sql},
};

/// Entries of a step: a fraction of a second, after which somebody who stops the server is heard.
const STEP: u64 = 1000;
/// The only chunk of such a job.
const ONLY: i64 = 0;

/// A verification that was asked for at the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditVerification {
    /// Entries that were read so far.
    pub read: u64,
    /// How many there were when it began.
    pub of: u64,
    /// What was found; `None` while it goes on.
    pub report: Option<AuditReport>,
}

impl Gridpass {
    /// Has the whole audit verified in the background, unless that goes on already.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn start_audit_verification(
        &self,
        staff: &StaffSession,
        actor: Actor,
    ) -> Result<(), AuditVerifyError> {
        self.require::<AuditVerifyError>(staff, Permission::ReadAudit, &actor)?;
        let now = self.clock_now();
        let id = BulkJobId::make(now, &Random(&*self.random));
        let walk = AuditWalk::new(now);
        let chunk = NewChunk {
            seq: ONLY,
            lines: 1,
            sealed: self.seal_chunk(id, ONLY, &walk),
        };
        let (provider, staff_id) = (staff.provider.clone(), staff.staff_id);
        let entries = self.audit_length(&provider)?;
        self.store.write(move |transaction| {
            let youngest = youngest(transaction, &provider)?;
            if youngest.is_some_and(|kept| kept.state == BulkState::Checking) {
                return Ok(());
            }
            let job = NewJob {
                id,
                provider: &provider,
                staff: staff_id,
                kind: BulkKind::Audit,
                file_name: "",
                lines: number(usize::try_from(entries).unwrap_or(usize::MAX)),
                now: seconds(now),
            };
            make::insert(transaction, &job, &[chunk])?;
            let detail = serde_json::json!({ "job": id, "kind": BulkKind::Audit });
            Ok(job::note(
                transaction,
                &provider,
                "audit.verify-start",
                &actor,
                now,
                detail,
            )?)
        })
    }

    /// The verification that was asked for last, if any is remembered.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn audit_verification(
        &self,
        staff: &StaffSession,
        actor: &Actor,
    ) -> Result<Option<AuditVerification>, AuditVerifyError> {
        self.require::<AuditVerifyError>(staff, Permission::ReadAudit, actor)?;
        let found = self
            .store
            .read(|connection| youngest(connection, &staff.provider))?;
        let Some(kept) = found else {
            return Ok(None);
        };
        let walk = self.walk_of(kept.id, kept.sealed)?;
        Ok(Some(AuditVerification {
            read: walk.report.entries,
            of: kept.of,
            report: (kept.state == BulkState::Finished).then_some(walk.report),
        }))
    }

    /// Verifies a piece.
    pub(super) fn step_verification(
        &self,
        job: &BulkJob,
        owner: JobOwner,
    ) -> Result<(), StoreError> {
        let (id, from) = (
            job.id,
            make::number(usize::try_from(job.checked).unwrap_or(0)),
        );
        let sealed = self
            .store
            .read(|connection| walk_in(connection, &owner.provider, id))?;
        let walk = self.walk_of(id, sealed)?;
        let (walk, is_done) = self.walk_audit(&owner.provider, walk, STEP)?;
        let sealed = self.seal_chunk(id, ONLY, &walk);
        let now = self.clock_now();
        self.store.write(move |transaction| {
            let provider = &owner.provider;
            let state = if is_done {
                BulkState::Finished
            } else {
                BulkState::Checking
            };
            write(transaction, provider, id, from, state, &walk, &sealed)?;
            if !is_done {
                return Ok(());
            }
            let actor = Actor::staff_member(provider, owner.staff);
            walk.report.note(transaction, provider, &actor, now)
        })
    }

    fn walk_of(&self, id: BulkJobId, sealed: Vec<u8>) -> Result<AuditWalk, StoreError> {
        let text = self.open_chunk(id, ONLY, &sealed)?;
        serde_json::from_slice(&text).map_err(|_| StoreError::Corrupt {
            table: "bulk_chunks",
            column: "sealed_lines",
            row: id.to_string(),
        })
    }
}

/// A verification, as the database keeps it.
struct Kept {
    id: BulkJobId,
    state: BulkState,
    /// How many entries there were when it began.
    of: u64,
    /// How far it is.
    sealed: Vec<u8>,
}

/// The verification of a provider that was asked for last.
fn youngest(connection: &Connection, provider: &ProviderId) -> Result<Option<Kept>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, state, lines FROM bulk_jobs
         WHERE provider_id = $1 AND kind = 'audit' ORDER BY made_at DESC, id DESC LIMIT 1"
    ))?;
    let mut rows = statement.query(params![provider.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "bulk_jobs");
    let id = BulkJobId::from_bytes(row.bytes("id")?);
    let state = row.word("state")?;
    let of = row.parsed("lines", |lines: i64| u64::try_from(lines).ok())?;
    let sealed = walk_in(connection, provider, id)?;
    Ok(Some(Kept {
        id,
        state,
        of,
        sealed,
    }))
}

fn walk_in(
    connection: &Connection,
    provider: &ProviderId,
    id: BulkJobId,
) -> Result<Vec<u8>, StoreError> {
    Ok(connection
        .prepare_cached(sql!(
            "SELECT sealed_lines FROM bulk_chunks
             WHERE provider_id = $1 AND job_id = $2 AND seq = $3"
        ))?
        .query_row(params![provider.as_str(), id.as_bytes(), ONLY], |row| {
            row.get(0)
        })?)
}

/// Writes how far it is, if it still was at `from`.
fn write(
    transaction: &Connection,
    provider: &ProviderId,
    id: BulkJobId,
    from: i64,
    state: BulkState,
    walk: &AuditWalk,
    sealed: &[u8],
) -> Result<(), StoreError> {
    let moved = transaction
        .prepare_cached(sql!(
            "UPDATE bulk_jobs SET state = $4, checked = $5, faulty = $6, changed_at = $7,
                 revision = revision + 1
             WHERE provider_id = $1 AND id = $2 AND state = 'checking' AND checked = $3"
        ))?
        .execute(params![
            provider.as_str(),
            id.as_bytes(),
            from,
            state.as_str(),
            number(usize::try_from(walk.report.entries).unwrap_or(usize::MAX)),
            number(walk.report.findings.len()),
            seconds(walk.report.at)
        ])?;
    if moved != 1 {
        return Err(StoreError::Contended);
    }
    transaction
        .prepare_cached(sql!(
            "UPDATE bulk_chunks SET sealed_lines = $4
             WHERE provider_id = $1 AND job_id = $2 AND seq = $3"
        ))?
        .post(params![provider.as_str(), id.as_bytes(), ONLY, sealed])?;
    Ok(())
}
