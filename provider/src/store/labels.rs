//! Sealed label payloads.

use gridpass_protocol::{ManualLookup, SealedPayload, UnixTime};

use super::{Connection, RowReader, StoreError, params, seconds, sql};
use crate::id::{EnrollmentId, ProviderId};

/// Keeps the sealed payload of a new label.
pub(crate) fn insert(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    lookup: &ManualLookup,
    sealed: &SealedPayload,
    expires_at: UnixTime,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO labels (lookup, provider_id, enrollment_id, nonce, payload, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ))?
        .post(params![
            lookup.as_bytes(),
            provider.as_str(),
            enrollment.as_bytes(),
            sealed.nonce,
            sealed.payload,
            seconds(expires_at)
        ])?;
    Ok(())
}

/// The sealed payload of a label that is still open at `now`.
pub(crate) fn find(
    connection: &Connection,
    lookup: &ManualLookup,
    now: UnixTime,
) -> Result<Option<(EnrollmentId, SealedPayload)>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT labels.enrollment_id, labels.nonce, labels.payload
         FROM labels JOIN enrollments
             ON enrollments.provider_id = labels.provider_id
             AND enrollments.id = labels.enrollment_id
         WHERE labels.lookup = $1 AND labels.expires_at > $2 AND enrollments.state = 'open'"
    ))?;
    let mut rows = statement.query(params![lookup.as_bytes(), seconds(now)])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "labels");
    let enrollment = EnrollmentId::from_bytes(row.bytes("enrollment_id")?);
    let sealed = SealedPayload {
        nonce: row.bytes("nonce")?,
        payload: row.value("payload")?,
    };
    Ok(Some((enrollment, sealed)))
}
