//! Whether anything changed at a provider's desk, for pages that follow what happens.

use crate::{
    Gridpass,
    id::ProviderId,
    store::{Connection, RowReader, StoreError, params, sql},
};

/// A provider's enrollments, jobs and events at one moment: another value, and something changed. It is
/// read from the database, so that it tells of changes by every process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeskVersion {
    /// The last audit entry about an enrollment.
    audit: u64,
    /// The sum of the revisions of bulk jobs, which only grow.
    jobs: u64,
    /// The sum of the revisions of demand-response events, which only grow.
    events: u64,
}

impl Gridpass {
    /// What the desk of a provider shows now, as a version. Quick enough to be asked for every
    /// second.
    ///
    /// # Errors
    /// The database failed.
    pub fn desk_version(&self, provider: &ProviderId) -> Result<DeskVersion, StoreError> {
        self.store.read(|connection| {
            Ok(DeskVersion {
                // Walks back from the last entry to the first that is about an enrollment.
                audit: number(
                    connection,
                    sql!(
                        "SELECT COALESCE((SELECT seq FROM audit_entries
                             WHERE provider_id = $1 AND enrollment_id IS NOT NULL
                             ORDER BY seq DESC LIMIT 1), 0)"
                    ),
                    provider,
                )?,
                jobs: number(
                    connection,
                    sql!("SELECT COALESCE(SUM(revision), 0) FROM bulk_jobs WHERE provider_id = $1"),
                    provider,
                )?,
                events: number(
                    connection,
                    sql!(
                        "SELECT COALESCE(SUM(revision), 0) FROM dr_events
                         WHERE provider_id = $1 OR principal_id = $1"
                    ),
                    provider,
                )?,
            })
        })
    }
}

fn number(connection: &Connection, sql: &str, provider: &ProviderId) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![provider.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(0);
    };
    RowReader::new(row, "audit_entries").parsed("seq", |number: i64| u64::try_from(number).ok())
}
