//! Certificates that are withdrawn: rows in and out. Each change is counted, so that whoever
//! publishes lists knows which are no longer the newest.

use gridpass_protocol::{Identifiers, UnixTime};

use super::{Connection, RowReader, StoreError, params, seconds, sql};
use crate::{
    audit::Actor,
    ca::ocsp::Status,
    enrollment::Serial,
    id::{EnrollmentId, ProviderId},
    revocation::{CertificateStanding, CertificateState, Withdrawal},
};

/// What is written against a certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark<'a> {
    pub(crate) withdrawal: Withdrawal,
    pub(crate) note: &'a str,
    pub(crate) by: &'a Actor,
    pub(crate) at: UnixTime,
}

/// Marks every certificate of an enrollment that has not ended. What is revoked already stays as
/// it is; what was on hold is revoked from the day of the hold (ITU-T X.509, hold instruction code).
pub(crate) fn mark_all(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    mark: &Mark<'_>,
) -> Result<(), StoreError> {
    write_marks(connection, provider, enrollment, Which::All, mark)
}

/// Marks one certificate of an enrollment, unless it has ended or is revoked.
pub(crate) fn mark_one(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    serial: &Serial,
    mark: &Mark<'_>,
) -> Result<(), StoreError> {
    write_marks(connection, provider, enrollment, Which::One(serial), mark)
}

/// Marks every certificate of an enrollment but one, as [`mark_all`] does.
pub(crate) fn mark_others(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    serial: &Serial,
    mark: &Mark<'_>,
) -> Result<(), StoreError> {
    write_marks(
        connection,
        provider,
        enrollment,
        Which::AllBut(serial),
        mark,
    )
}

/// Which certificates of an enrollment are marked.
#[derive(Clone, Copy)]
enum Which<'a> {
    All,
    One(&'a Serial),
    AllBut(&'a Serial),
}

fn write_marks(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    which: Which<'_>,
    mark: &Mark<'_>,
) -> Result<(), StoreError> {
    let (serial, is_it) = match which {
        Which::All => (None, true),
        Which::One(serial) => (Some(serial), true),
        Which::AllBut(serial) => (Some(serial), false),
    };
    connection
        .prepare_cached(sql!(
            "INSERT INTO revocations
                 (provider_id, serial, issuer, crl_shard, revoked_at, not_after, reason, code,
                  by_actor, note)
             SELECT c.provider_id, c.serial, c.issuer, c.crl_shard, $4, c.not_after, $5, $6, $7, $8
             FROM certificates c
             WHERE c.provider_id = $1 AND c.enrollment_id = $2
                 AND ((c.serial = $3) = $9 OR $3 IS NULL)
                 AND c.not_after > $4
             ON CONFLICT (provider_id, serial) DO UPDATE SET reason = excluded.reason,
                 code = excluded.code, by_actor = excluded.by_actor, note = excluded.note
                 WHERE revocations.code = 6"
        ))?
        .post(params![
            provider.as_str(),
            enrollment.as_bytes(),
            serial.map(Serial::as_bytes),
            seconds(mark.at),
            mark.withdrawal.as_str(),
            mark.withdrawal.crl_code(),
            mark.by.to_string(),
            mark.note,
            is_it,
        ])?;
    count_change(connection, provider, enrollment)
}

/// Takes the hold off every certificate of an enrollment.
pub(crate) fn end_hold(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "DELETE FROM revocations WHERE provider_id = $1 AND code = 6 AND serial IN (
                 SELECT serial FROM certificates WHERE provider_id = $1 AND enrollment_id = $2)"
        ))?
        .post(params![provider.as_str(), enrollment.as_bytes()])?;
    count_change(connection, provider, enrollment)
}

/// The lists that the certificates of an enrollment are on have changed: the whole one of their
/// issuer, and their part of it.
fn count_change(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO revocation_changes (provider_id, issuer, crl_shard, changes)
             SELECT DISTINCT c.provider_id, c.issuer, s.crl_shard, 1
             FROM certificates c
             JOIN (SELECT 0 AS crl_shard UNION SELECT crl_shard FROM certificates
                     WHERE provider_id = $1 AND enrollment_id = $2) s
                 ON s.crl_shard = 0 OR s.crl_shard = c.crl_shard
             WHERE c.provider_id = $1 AND c.enrollment_id = $2
             ON CONFLICT (provider_id, issuer, crl_shard)
             DO UPDATE SET changes = revocation_changes.changes + 1"
        ))?
        .post(params![provider.as_str(), enrollment.as_bytes()])?;
    Ok(())
}

/// The certificates of an enrollment, oldest first, with what stands against them at `now`.
pub(crate) fn of_enrollment(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    now: UnixTime,
) -> Result<Vec<CertificateStanding>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT c.serial, c.certificate, c.made_at, c.not_after, r.revoked_at, r.reason
         FROM certificates c
         LEFT JOIN revocations r ON r.provider_id = c.provider_id AND r.serial = c.serial
         WHERE c.provider_id = $1 AND c.enrollment_id = $2 ORDER BY c.made_at, c.serial"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), enrollment.as_bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "certificates");
        let serial = row.parsed("serial", |bytes: Vec<u8>| Serial::from_bytes(&bytes))?;
        let certificate: Vec<u8> = row.value("certificate")?;
        let issued_at = row.time("made_at")?;
        let not_after = row.time("not_after")?;
        let state = match read_withdrawal(&row)? {
            Some((since, Withdrawal::Revoked(reason))) => {
                CertificateState::Revoked { since, reason }
            }
            _ if not_after <= now => CertificateState::Ended,
            Some((since, Withdrawal::Hold)) => CertificateState::OnHold { since },
            None => CertificateState::Good,
        };
        found.push(CertificateStanding {
            serial,
            issued_at,
            not_after,
            identifiers: Identifiers::of(&certificate),
            state,
        });
    }
    Ok(found)
}

/// How a certificate of this issuer stands; `None` if there is none with this number.
pub(crate) fn status(
    connection: &Connection,
    provider: &ProviderId,
    issuer: &[u8; 32],
    serial: &Serial,
) -> Result<Option<Status>, StoreError> {
    let mut statement = connection.prepare_cached(STATUS)?;
    let mut rows = statement.query(params![provider.as_str(), serial.as_bytes(), issuer])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "revocations");
    let code: Option<u8> = row.value("code")?;
    Ok(Some(match code {
        None => Status::Good,
        Some(code) => Status::Revoked {
            at: row.time("revoked_at")?,
            code,
        },
    }))
}

const STATUS: &str = sql!(
    "SELECT r.code, r.revoked_at FROM certificates c
     LEFT JOIN revocations r ON r.provider_id = c.provider_id AND r.serial = c.serial
     WHERE c.provider_id = $1 AND c.serial = $2 AND c.issuer = $3"
);

/// Reads `revoked_at, reason` of a revocation that may not be there.
fn read_withdrawal(row: &RowReader<'_>) -> Result<Option<(UnixTime, Withdrawal)>, StoreError> {
    let since = row.parsed("revoked_at", |at: Option<i64>| match at {
        None => Some(None),
        Some(at) => u64::try_from(at).ok().map(|at| Some(UnixTime(at))),
    })?;
    let withdrawal = row.parsed("reason", |word: Option<String>| match word {
        None => Some(None),
        Some(word) => word.parse().ok().map(Some),
    })?;
    Ok(since.zip(withdrawal))
}
