//! Conversations with devices: who speaks, and where the conversation stands.

use gridpass_protocol::{CsrContent, KeyId, PublicKey, TemporaryId, UnixTime};

use super::{Connection, RowReader, StoreError, enrollments::read_state, params, seconds, sql};
use crate::{
    enrollment::{Serial, State},
    id::{EnrollmentId, ProviderId},
};

/// Whoever signed a message: a key with a certificate, the device that has it, and what was said
/// last.
pub(crate) struct Speaker {
    pub(crate) enrollment: EnrollmentId,
    pub(crate) temporary_id: TemporaryId,
    pub(crate) csr_content: CsrContent,
    pub(crate) sealed_device_id: Vec<u8>,
    pub(crate) certificate: Vec<u8>,
    pub(crate) serial: Serial,
    pub(crate) not_after: UnixTime,
    pub(crate) key: SpeakingKey,
    /// Whether this certificate, maybe alone of several, is revoked or on hold.
    pub(crate) is_withdrawn: bool,
    pub(crate) kept: Option<Kept>,
    pub(crate) state: State,
}

/// The key that signed.
pub(crate) struct SpeakingKey {
    pub(crate) spki_hash: [u8; 32],
    pub(crate) vouched_by: Option<[u8; 32]>,
    pub(crate) first_spoke_at: Option<UnixTime>,
    pub(crate) retires_at: Option<UnixTime>,
}

impl Speaker {
    /// The key of its certificate.
    pub(crate) fn public_key(&self) -> Result<PublicKey, StoreError> {
        PublicKey::from_certificate_der(&self.certificate).map_err(|_| StoreError::Corrupt {
            table: "certificates",
            column: "certificate",
            row: self.serial.to_string(),
        })
    }
}

impl SpeakingKey {
    pub(crate) fn has_retired(&self, now: UnixTime) -> bool {
        self.retires_at.is_some_and(|at| at <= now)
    }
}

/// The last message of a device and its answer.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) seq: u64,
    pub(crate) message_hash: [u8; 32],
    pub(crate) answer: String,
    pub(crate) token_hash: [u8; 32],
}

/// Whoever has the certificate with this fingerprint.
pub(crate) fn speaker(
    connection: &Connection,
    provider: &ProviderId,
    signer: &KeyId,
) -> Result<Option<Speaker>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT e.id, e.temporary_id, e.csr_content, e.sealed_device_id, c.certificate, c.serial,
             c.not_after, k.spki_hash, k.vouched_by, k.first_spoke_at, k.retires_at,
             r.serial IS NOT NULL, s.seq, s.message_hash, s.answer, s.token_hash,
             e.issued_at, e.expires_at, e.state, e.state_at, e.superseded_by, e.serial, e.reason,
             e.previous_state
         FROM certificates c
         JOIN device_keys k ON k.spki_hash = c.spki_hash
         JOIN enrollments e ON e.id = c.enrollment_id AND e.provider_id = c.provider_id
         LEFT JOIN revocations r ON r.provider_id = c.provider_id AND r.serial = c.serial
         LEFT JOIN conversations s
             ON s.provider_id = c.provider_id AND s.enrollment_id = c.enrollment_id
         WHERE c.provider_id = $1 AND c.fingerprint = $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), signer.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "certificates");
    Ok(Some(Speaker {
        enrollment: EnrollmentId::from_bytes(row.bytes("enrollment_id")?),
        temporary_id: TemporaryId::from_bytes(row.bytes("temporary_id")?),
        csr_content: row.parsed("csr_content", |text: String| {
            serde_json::from_str(&text).ok()
        })?,
        sealed_device_id: row.value("sealed_device_id")?,
        certificate: row.value("certificate")?,
        serial: row.parsed("serial", |bytes: Vec<u8>| Serial::from_bytes(&bytes))?,
        not_after: row.time("not_after")?,
        key: SpeakingKey {
            spki_hash: row.bytes("spki_hash")?,
            vouched_by: row.value("vouched_by")?,
            first_spoke_at: row.optional_time("first_spoke_at")?,
            retires_at: row.optional_time("retires_at")?,
        },
        is_withdrawn: row.value("revocation")?,
        kept: read_kept(&row)?,
        state: read_state(&row)?.1,
    }))
}

fn read_kept(row: &RowReader<'_>) -> Result<Option<Kept>, StoreError> {
    let seq: Option<i64> = row.value("seq")?;
    let message_hash: Option<[u8; 32]> = row.value("message_hash")?;
    let answer: Option<String> = row.value("answer")?;
    let token_hash: Option<[u8; 32]> = row.value("token_hash")?;
    let Some((((seq, message_hash), answer), token_hash)) =
        seq.zip(message_hash).zip(answer).zip(token_hash)
    else {
        return Ok(None);
    };
    Ok(Some(Kept {
        seq: u64::try_from(seq).map_err(|_| row.corrupt("seq"))?,
        message_hash,
        answer,
        token_hash,
    }))
}

/// The count of the last message of a device that was answered; none before the first.
pub(crate) fn count(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
) -> Result<Option<u64>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT seq FROM conversations WHERE provider_id = $1 AND enrollment_id = $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), enrollment.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "conversations");
    Ok(Some(row.parsed("seq", |seq: i64| u64::try_from(seq).ok())?))
}

/// The hash of the key that wakes a page of this device until the next answer.
pub(crate) fn wake_hash(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
) -> Result<Option<[u8; 32]>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT enrollment_id, wake_hash FROM conversations
         WHERE provider_id = $1 AND enrollment_id = $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), enrollment.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "conversations");
    let _: [u8; 16] = row.bytes("enrollment_id")?;
    row.value("wake_hash")
}

/// Goes one turn on. If the conversation is no longer where it was, whoever waits for the job is told
/// [`StoreError::Contended`], and nothing is written.
pub(crate) fn keep(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    before: Option<&Kept>,
    next: &Kept,
    wake_hash: &[u8; 32],
    now: UnixTime,
) -> Result<(), StoreError> {
    // A device that counts beyond that would have spoken every nanosecond for 292 years.
    let seq = |kept: &Kept| i64::try_from(kept.seq).unwrap_or(i64::MAX);
    match before {
        None => connection
            .prepare_cached(sql!(
                "INSERT INTO conversations
                     (provider_id, enrollment_id, seq, message_hash, answer, token_hash, at,
                      wake_hash)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                 ON CONFLICT (provider_id, enrollment_id) DO NOTHING"
            ))?
            .post_one(params![
                provider.as_str(),
                enrollment.as_bytes(),
                seq(next),
                next.message_hash,
                next.answer,
                next.token_hash,
                seconds(now),
                wake_hash
            ])?,
        Some(before) => connection
            .prepare_cached(sql!(
                "UPDATE conversations
                 SET seq = $3, message_hash = $4, answer = $5, token_hash = $6, at = $7,
                     wake_hash = $10
                 WHERE provider_id = $1 AND enrollment_id = $2 AND seq = $8 AND token_hash = $9"
            ))?
            .post_one(params![
                provider.as_str(),
                enrollment.as_bytes(),
                seq(next),
                next.message_hash,
                next.answer,
                next.token_hash,
                seconds(now),
                seq(before),
                before.token_hash,
                wake_hash
            ])?,
    }
    Ok(())
}
