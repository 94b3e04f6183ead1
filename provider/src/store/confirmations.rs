//! What a confirmation reads and writes.

use gridpass_protocol::{CsrContent, KeyAlgorithm, OtpHash, TemporaryId, UnixTime};

use super::{Connection, Row, RowReader, StoreError, enrollments::read_state, params, sql};
use crate::{
    enrollment::State,
    id::{EnrollmentId, ProviderId},
    limits::{RetryAfter, Window, blocking_event},
    registration::EnrollmentKind,
};

/// What is asked about a confirmation that has arrived.
pub(crate) struct Arrived<'a> {
    pub(crate) provider: &'a ProviderId,
    pub(crate) temporary_id: &'a TemporaryId,
    /// Of the key that it brings.
    pub(crate) spki_hash: &'a [u8; 32],
    /// Where it comes from, as limits see it.
    pub(crate) network: &'a str,
    /// How often may be tried from there.
    pub(crate) window: Window,
    pub(crate) now: UnixTime,
}

/// Everything that is known about it, read in one look.
pub(crate) struct Prospect {
    /// Wrong one-time passwords so far for the temporary id, known or not.
    pub(crate) failures: u32,
    /// When the client may come back, if it has used up its tries.
    pub(crate) blocked: Option<RetryAfter>,
    pub(crate) candidate: Option<Candidate>,
    /// The enrollment whose device has the key.
    pub(crate) key_holder: Option<EnrollmentId>,
}

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

/// Reads what is known about a confirmation. There is one row, whether there is such an enrollment or not.
pub(crate) fn prospect(
    connection: &Connection,
    arrived: &Arrived<'_>,
) -> Result<Prospect, StoreError> {
    let mut statement = connection.prepare_cached(sql!(concat!(
        "SELECT e.id, f.failures, ",
        blocking_event!("$4", "$5", "$6", "$7"),
        ", k.enrollment_id,
             e.kind, e.otp_hash, e.key_algorithm, e.csr_content, c.certificate, c.csr_hash,
             e.sealed_device_id,
             e.issued_at, e.expires_at, e.state, e.state_at, e.superseded_by, e.serial, e.reason,
             e.previous_state
         FROM (SELECT 1 AS one) AS arrived
         LEFT JOIN mapping_failures f ON f.provider_id = $2 AND f.temporary_id = $1
         LEFT JOIN device_keys k ON k.spki_hash = $3
         LEFT JOIN enrollments e ON e.temporary_id = $1 AND e.provider_id = $2
         LEFT JOIN certificates c ON c.provider_id = e.provider_id AND c.serial = e.serial"
    )))?;
    let Arrived {
        provider,
        temporary_id,
        spki_hash,
        network,
        window,
        now,
    } = arrived;
    let asked = params![
        temporary_id.as_bytes(),
        provider.as_str(),
        spki_hash,
        window.limited.as_str(),
        network,
        window.since(*now),
        window.younger(),
    ];
    statement.query_row(asked, |row| Ok(read(row, arrived)))?
}

fn read(row: Row<'_>, arrived: &Arrived<'_>) -> Result<Prospect, StoreError> {
    let row = RowReader::new(row, "enrollments");
    let id: Option<[u8; 16]> = row.value("id")?;
    let failures: Option<u32> = row.value("failures")?;
    let blocking: Option<i64> = row.value("at")?;
    let key_holder: Option<[u8; 16]> = row.value("enrollment_id")?;
    let candidate = id
        .map(|id| read_candidate(&row, EnrollmentId::from_bytes(id)))
        .transpose()?;
    Ok(Prospect {
        failures: failures.unwrap_or(0),
        blocked: blocking.map(|at| arrived.window.room_after(at, arrived.now)),
        candidate,
        key_holder: key_holder.map(EnrollmentId::from_bytes),
    })
}

fn read_candidate(row: &RowReader<'_>, id: EnrollmentId) -> Result<Candidate, StoreError> {
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
    let (_, state) = read_state(row)?;
    Ok(Candidate {
        id,
        kind,
        otp_hash,
        key_algorithm,
        csr_content,
        sealed_device_id,
        issued,
        state,
    })
}
