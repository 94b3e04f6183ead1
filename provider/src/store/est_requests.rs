//! Requests over EST that wait for their approval: rows in and out.

use gridpass_protocol::UnixTime;

use super::{Connection, RowReader, StoreError, params, seconds, sql};
use crate::{
    audit::Actor,
    id::{EnrollmentId, ProviderId},
};

/// A request and where it stands.
pub(crate) struct EstRow {
    pub(crate) csr_hash: [u8; 32],
    pub(crate) spki_hash: [u8; 32],
    pub(crate) asked_at: UnixTime,
    pub(crate) approved_at: Option<UnixTime>,
}

/// The newest request of an enrollment.
pub(crate) fn find(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
) -> Result<Option<EstRow>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT csr_hash, spki_hash, asked_at, approved_at FROM est_requests
         WHERE provider_id = $1 AND enrollment_id = $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), enrollment.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "est_requests");
    Ok(Some(EstRow {
        csr_hash: row.bytes("csr_hash")?,
        spki_hash: row.bytes("spki_hash")?,
        asked_at: row.time("asked_at")?,
        approved_at: row.optional_time("approved_at")?,
    }))
}

/// Writes a request down. One with another CSR takes the place of the one before, and of its
/// approval.
pub(crate) fn ask(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    request: &EstRow,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO est_requests
                 (provider_id, enrollment_id, csr_hash, spki_hash, asked_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (provider_id, enrollment_id) DO UPDATE SET
                 csr_hash = excluded.csr_hash, spki_hash = excluded.spki_hash,
                 asked_at = excluded.asked_at, approved_at = NULL, approved_by = NULL"
        ))?
        .post(params![
            provider.as_str(),
            enrollment.as_bytes(),
            request.csr_hash,
            request.spki_hash,
            seconds(request.asked_at),
        ])?;
    Ok(())
}

/// Approves the request with this key, if it is the one that waits. Returns whether it was.
pub(crate) fn approve(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    spki_hash: &[u8; 32],
    by: &Actor,
    at: UnixTime,
) -> Result<bool, StoreError> {
    let approved = connection
        .prepare_cached(sql!(
            "UPDATE est_requests SET approved_at = $4, approved_by = $5
             WHERE provider_id = $1 AND enrollment_id = $2 AND spki_hash = $3
                 AND approved_at IS NULL"
        ))?
        .execute(params![
            provider.as_str(),
            enrollment.as_bytes(),
            spki_hash,
            seconds(at),
            by.to_string(),
        ])?;
    Ok(approved == 1)
}

/// Lets an open enrollment wait until then, if it would end before.
pub(crate) fn keep_open(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    until: UnixTime,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "UPDATE enrollments SET expires_at = $3
             WHERE provider_id = $1 AND id = $2 AND state = 'open' AND expires_at < $3"
        ))?
        .post(params![
            provider.as_str(),
            enrollment.as_bytes(),
            seconds(until)
        ])?;
    Ok(())
}
