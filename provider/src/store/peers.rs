//! Who comes with a certificate in TLS: one look into the index of fingerprints.

use gridpass_protocol::UnixTime;

use super::{Connection, RowReader, StoreError, params, sql};
use crate::{
    enrollment::StateName,
    id::{EnrollmentId, ProviderId},
};

/// How a certificate and the enrollment that it is of stand.
pub(crate) struct PeerRow {
    pub(crate) enrollment: EnrollmentId,
    pub(crate) not_after: UnixTime,
    pub(crate) retires_at: Option<UnixTime>,
    /// Whether its key has been used before.
    pub(crate) has_spoken: bool,
    /// CRLReason, if the certificate is withdrawn.
    pub(crate) withdrawn: Option<u8>,
    pub(crate) state: StateName,
}

/// The one with this SHA-256 of its certificate.
pub(crate) fn find(
    connection: &Connection,
    provider: &ProviderId,
    fingerprint: &[u8; 32],
) -> Result<Option<PeerRow>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT e.id, c.not_after, k.retires_at, k.first_spoke_at IS NOT NULL, r.code, e.state
         FROM certificates c
         JOIN device_keys k ON k.spki_hash = c.spki_hash
         JOIN enrollments e ON e.id = c.enrollment_id AND e.provider_id = c.provider_id
         LEFT JOIN revocations r ON r.provider_id = c.provider_id AND r.serial = c.serial
         WHERE c.provider_id = $1 AND c.fingerprint = $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), fingerprint])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "certificates");
    Ok(Some(PeerRow {
        enrollment: EnrollmentId::from_bytes(row.bytes("enrollment_id")?),
        not_after: row.time("not_after")?,
        retires_at: row.optional_time("retires_at")?,
        has_spoken: row.value("first_spoke_at")?,
        withdrawn: row.value("code")?,
        state: row.word("state")?,
    }))
}
