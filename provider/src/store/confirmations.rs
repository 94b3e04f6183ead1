//! What a confirmation reads and writes.

use gridpass_protocol::{CsrContent, KeyAlgorithm, OtpHash, TemporaryId, UnixTime};
use rusqlite::{Connection, params};

use super::{RowReader, StoreError, enrollments::read_state, seconds, sql};
use crate::{
    enrollment::{Serial, State},
    id::{EnrollmentId, ProviderId},
};

/// The enrollment that a confirmation speaks of.
pub(crate) struct Candidate {
    pub(crate) id: EnrollmentId,
    pub(crate) otp_hash: OtpHash,
    pub(crate) key_algorithm: KeyAlgorithm,
    pub(crate) csr_content: CsrContent,
    pub(crate) issued: Option<IssuedBefore>,
    pub(crate) state: State,
}

/// The certificate that it has got before.
pub(crate) struct IssuedBefore {
    pub(crate) certificate: Vec<u8>,
    pub(crate) csr_hash: [u8; 32],
}

/// Finds the enrollment with this temporary id.
pub(crate) fn candidate(
    connection: &Connection,
    provider: &ProviderId,
    temporary_id: &TemporaryId,
) -> Result<Option<Candidate>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT e.id, e.otp_hash, e.key_algorithm, e.csr_content, c.certificate, c.csr_hash,
             e.issued_at, e.expires_at, e.state, e.state_at, e.superseded_by, e.serial, e.reason
         FROM enrollments e
         LEFT JOIN certificates c ON c.provider_id = e.provider_id AND c.serial = e.serial
         WHERE e.temporary_id = $1 AND e.provider_id = $2"
    ))?;
    let mut rows = statement.query(params![temporary_id.as_bytes(), provider.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "enrollments");
    let id = EnrollmentId::from_bytes(row.bytes("id")?);
    let otp_hash = OtpHash::from_bytes(row.bytes("otp_hash")?);
    let key_algorithm = row.word("key_algorithm")?;
    let csr_content = row.parsed("csr_content", |text: String| {
        serde_json::from_str(&text).ok()
    })?;
    let certificate: Option<Vec<u8>> = row.value("certificate")?;
    let csr_hash: Option<[u8; 32]> = row.value("csr_hash")?;
    let issued = certificate
        .zip(csr_hash)
        .map(|(certificate, csr_hash)| IssuedBefore {
            certificate,
            csr_hash,
        });
    let (_, state) = read_state(&row)?;
    Ok(Some(Candidate {
        id,
        otp_hash,
        key_algorithm,
        csr_content,
        issued,
        state,
    }))
}

/// Whether the device of another enrollment has this key. That of the same one may have got it
/// a moment ago, by the same confirmation.
pub(crate) fn key_is_taken(
    connection: &Connection,
    spki_hash: &[u8; 32],
    enrollment: EnrollmentId,
) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(sql!(
            "SELECT 1 FROM device_keys WHERE spki_hash = $1 AND enrollment_id <> $2"
        ))?
        .exists(params![spki_hash, enrollment.as_bytes()])?)
}

/// A key and its certificate, to be recorded.
pub(crate) struct Issue {
    pub(crate) provider: ProviderId,
    pub(crate) enrollment: EnrollmentId,
    pub(crate) spki: Vec<u8>,
    pub(crate) spki_hash: [u8; 32],
    pub(crate) csr_hash: [u8; 32],
    pub(crate) serial: Serial,
    pub(crate) certificate: Vec<u8>,
    pub(crate) not_after: UnixTime,
}

/// Whether a key was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Recorded {
    Yes,
    /// Another device has the same key.
    KeyTaken,
}

/// Records a key and its certificate.
pub(crate) fn record(
    connection: &Connection,
    issue: &Issue,
    now: UnixTime,
) -> Result<Recorded, StoreError> {
    let recorded = connection
        .prepare_cached(sql!(
            "INSERT INTO device_keys (spki_hash, provider_id, enrollment_id, spki, made_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (spki_hash) DO NOTHING"
        ))?
        .execute(params![
            issue.spki_hash,
            issue.provider.as_str(),
            issue.enrollment.as_bytes(),
            issue.spki,
            seconds(now)
        ])?;
    if recorded == 0 {
        return Ok(Recorded::KeyTaken);
    }
    connection
        .prepare_cached(sql!(
            "INSERT INTO certificates
                 (serial, provider_id, enrollment_id, spki_hash, csr_hash, certificate,
                  not_after, made_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        ))?
        .execute(params![
            issue.serial.as_bytes(),
            issue.provider.as_str(),
            issue.enrollment.as_bytes(),
            issue.spki_hash,
            issue.csr_hash,
            issue.certificate,
            seconds(issue.not_after),
            seconds(now)
        ])?;
    Ok(Recorded::Yes)
}
