//! Handing in a file.

use serde::Serialize;

use super::{BulkError, BulkKind, customers, file, job};
use crate::{
    Gridpass,
    audit::Actor,
    id::{BulkJobId, ProviderId, StaffId},
    random::Random,
    registration::Channel,
    staff::{Permission, StaffSession},
    store::{Connection, StoreError, params, seconds, sql},
    vault::Purpose,
};

/// Lines of a chunk: written in one transaction, for which everybody else who writes waits.
const CHUNK: usize = 200;
/// Longest name of a file that is kept.
const MAX_NAME: usize = 120;

/// A chunk, ready to be written.
pub(super) struct NewChunk {
    pub(super) seq: i64,
    pub(super) lines: i64,
    pub(super) sealed: Vec<u8>,
}

/// A job, ready to be written.
pub(super) struct NewJob<'a> {
    pub(super) id: BulkJobId,
    pub(super) provider: &'a ProviderId,
    pub(super) staff: StaffId,
    pub(super) kind: BulkKind,
    pub(super) file_name: &'a str,
    pub(super) lines: i64,
    /// Seconds since 1970.
    pub(super) now: i64,
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
        self.make_file_job(staff, BulkKind::Registrations, file_name, &lines, actor)
    }

    /// Takes a table of customers in, to be checked in the background: CSV (RFC 4180) in UTF-8,
    /// with a comma or a semicolon between fields. Nothing is written before
    /// [`Gridpass::start_bulk_job`]; what is known already then changes nothing.
    ///
    /// # Errors
    /// The role does not allow it, the table cannot be used, or the database failed.
    pub fn make_import_job(
        &self,
        staff: &StaffSession,
        file_name: &str,
        table: &[u8],
        actor: Actor,
    ) -> Result<BulkJobId, BulkError> {
        self.require::<BulkError>(staff, Permission::ImportInBulk, &actor)?;
        let lines = customers::read(table)?;
        self.make_file_job(staff, BulkKind::Customers, file_name, &lines, actor)
    }

    fn make_file_job<T: Serialize>(
        &self,
        staff: &StaffSession,
        kind: BulkKind,
        file_name: &str,
        lines: &[T],
        actor: Actor,
    ) -> Result<BulkJobId, BulkError> {
        let (now, random) = (self.clock_now(), Random(&*self.random));
        let id = BulkJobId::make(now, &random);
        let chunks: Vec<_> = (0_i64..)
            .zip(lines.chunks(CHUNK))
            .map(|(seq, lines)| NewChunk {
                seq,
                lines: number(lines.len()),
                sealed: self.seal_chunk(id, seq, &lines),
            })
            .collect();
        let (provider, staff_id, total) = (staff.provider.clone(), staff.staff_id, lines.len());
        let file_name = readable(file_name);
        self.store.write(move |transaction| {
            let job = NewJob {
                id,
                provider: &provider,
                staff: staff_id,
                kind,
                file_name: &file_name,
                lines: number(total),
                now: seconds(now),
            };
            insert(transaction, &job, &chunks)?;
            let detail = serde_json::json!({ "job": id, "kind": kind, "lines": total });
            job::note(transaction, &provider, "bulk.make", &actor, now, detail)
        })?;
        Ok(id)
    }

    /// What is kept in a chunk, sealed for its place.
    pub(super) fn seal_chunk(&self, job: BulkJobId, seq: i64, content: &impl Serialize) -> Vec<u8> {
        let text = zeroize::Zeroizing::new(
            serde_json::to_vec(content).expect("what chunks hold is made of strings and numbers"),
        );
        let row = job::chunk_row(job, seq);
        let random = Random(&*self.random);
        self.vault.seal(Purpose::BulkLines, &row, &text, &random)
    }
}

/// Writes a job and its chunks.
pub(super) fn insert(
    connection: &Connection,
    job: &NewJob<'_>,
    chunks: &[NewChunk],
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO bulk_jobs
                 (id, provider_id, staff_id, kind, file_name, state, lines, checked, faulty,
                  registered, refused, added, changed, made_at, changed_at, revision)
             VALUES ($1, $2, $3, $4, $5, 'checking', $6, 0, 0, 0, 0, 0, 0, $7, $7, 1)"
        ))?
        .post(params![
            job.id.as_bytes(),
            job.provider.as_str(),
            job.staff.as_bytes(),
            job.kind.as_str(),
            job.file_name,
            job.lines,
            job.now
        ])?;
    let mut statement = connection.prepare_cached(sql!(
        "INSERT INTO bulk_chunks
             (provider_id, job_id, seq, lines, state, sealed_lines, report, refused)
         VALUES ($1, $2, $3, $4, 'unchecked', $5, '', 0)"
    ))?;
    for chunk in chunks {
        statement.execute(params![
            job.provider.as_str(),
            job.id.as_bytes(),
            chunk.seq,
            chunk.lines,
            chunk.sealed
        ])?;
    }
    Ok(())
}

pub(super) fn number(length: usize) -> i64 {
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
        "file.csv".to_owned()
    } else {
        name
    }
}
