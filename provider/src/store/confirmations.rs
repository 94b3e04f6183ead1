//! What a confirmation reads and writes.

use gridpass_protocol::{CsrContent, KeyAlgorithm, OtpHash, TemporaryId};

use super::{Connection, RowReader, StoreError, enrollments::read_state, params, sql};
use crate::{
    enrollment::State,
    id::{EnrollmentId, ProviderId},
    registration::EnrollmentKind,
};

/// The enrollment that a confirmation speaks of.
pub(crate) struct Candidate {
    pub(crate) id: EnrollmentId,
    pub(crate) kind: EnrollmentKind,
    pub(crate) otp_hash: OtpHash,
    pub(crate) key_algorithm: KeyAlgorithm,
    pub(crate) csr_content: CsrContent,
    pub(crate) sealed_device_id: Vec<u8>,
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
        "SELECT e.id, e.kind, e.otp_hash, e.key_algorithm, e.csr_content, c.certificate, c.csr_hash,
             e.sealed_device_id,
             e.issued_at, e.expires_at, e.state, e.state_at, e.superseded_by, e.serial, e.reason,
             e.previous_state
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
    let kind = row.word("kind")?;
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
    let sealed_device_id = row.value("sealed_device_id")?;
    let (_, state) = read_state(&row)?;
    Ok(Some(Candidate {
        id,
        kind,
        otp_hash,
        key_algorithm,
        csr_content,
        sealed_device_id,
        issued,
        state,
    }))
}
