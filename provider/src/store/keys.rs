//! The keys of devices and their certificates.

use gridpass_protocol::{KeyAlgorithm, PublicKey, UnixTime};

use super::{Connection, RowReader, StoreError, params, seconds, sql};
use crate::{
    ca::CrlShard,
    enrollment::Serial,
    id::{EnrollmentId, ProviderId},
};

/// Whether any device has, or had, this key.
pub(crate) fn is_known(connection: &Connection, spki_hash: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(sql!("SELECT 1 FROM device_keys WHERE spki_hash = $1"))?
        .exists(params![spki_hash])?)
}

/// The certificate that a key has got with this very request on the word of another key, if it
/// may still begin to speak.
pub(crate) fn silent_successor(
    connection: &Connection,
    provider: &ProviderId,
    by: &[u8; 32],
    csr_hash: &[u8; 32],
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT c.certificate FROM device_keys k
         JOIN certificates c ON c.provider_id = k.provider_id AND c.spki_hash = k.spki_hash
         WHERE k.provider_id = $1 AND k.vouched_by = $2 AND k.first_spoke_at IS NULL
             AND k.retires_at IS NULL AND c.csr_hash = $3"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), by, csr_hash])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(
        RowReader::new(row, "certificates").value("certificate")?,
    ))
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
    /// SHA-256 of the certificate.
    pub(crate) fingerprint: [u8; 32],
    /// That of the certificate that issued it.
    pub(crate) issuer: [u8; 32],
    pub(crate) crl_shard: CrlShard,
    pub(crate) not_after: UnixTime,
    /// None for the key of the confirmation: the one-time password vouches for it.
    pub(crate) voucher: Option<Voucher>,
}

/// Who vouched for a key, and how.
pub(crate) struct Voucher {
    /// The hash of the vouching key.
    pub(crate) by: [u8; 32],
    /// What shows it: the message in which it did, signed by it; or the code for a connection.
    pub(crate) text: String,
}

/// Records a key and its certificate. If a device has the same key by now, whoever waits for the job is
/// told [`StoreError::Contended`], and nothing is written.
pub(crate) fn record(
    connection: &Connection,
    issue: &Issue,
    now: UnixTime,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO device_keys
                 (spki_hash, provider_id, enrollment_id, spki, made_at, vouched_by, voucher)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (spki_hash) DO NOTHING"
        ))?
        .post_one(params![
            issue.spki_hash,
            issue.provider.as_str(),
            issue.enrollment.as_bytes(),
            issue.spki,
            seconds(now),
            issue.voucher.as_ref().map(|voucher| voucher.by),
            issue.voucher.as_ref().map(|voucher| &voucher.text),
        ])?;
    connection
        .prepare_cached(sql!(
            "INSERT INTO certificates
                 (serial, provider_id, enrollment_id, spki_hash, csr_hash, certificate,
                  fingerprint, ven_fingerprint, issuer, crl_shard, not_after, made_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        ))?
        .post(params![
            issue.serial.as_bytes(),
            issue.provider.as_str(),
            issue.enrollment.as_bytes(),
            issue.spki_hash,
            issue.csr_hash,
            issue.certificate,
            issue.fingerprint,
            &issue.fingerprint[22..],
            issue.issuer,
            issue.crl_shard.0,
            seconds(issue.not_after),
            seconds(now)
        ])?;
    Ok(())
}

/// A key of a series, with its certificate.
pub(crate) struct KeyRow {
    pub(crate) spki_hash: [u8; 32],
    pub(crate) spki: Vec<u8>,
    pub(crate) algorithm: KeyAlgorithm,
    pub(crate) made_at: UnixTime,
    pub(crate) vouched_by: Option<[u8; 32]>,
    pub(crate) voucher: Option<String>,
    pub(crate) first_spoke_at: Option<UnixTime>,
    pub(crate) retires_at: Option<UnixTime>,
    pub(crate) serial: Serial,
    pub(crate) not_after: UnixTime,
}

/// The keys of a device, oldest first.
pub(crate) fn of_enrollment(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
) -> Result<Vec<KeyRow>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT k.spki_hash, k.spki, k.made_at, k.vouched_by, k.voucher, k.first_spoke_at,
             k.retires_at, c.serial, c.not_after
         FROM device_keys k
         JOIN certificates c ON c.provider_id = k.provider_id AND c.spki_hash = k.spki_hash
         WHERE k.provider_id = $1 AND k.enrollment_id = $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), enrollment.as_bytes()])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "device_keys");
        let spki_hash = row.bytes("spki_hash")?;
        let spki: Vec<u8> = row.value("spki")?;
        let key = PublicKey::from_spki_der(&spki).map_err(|_| row.corrupt("spki"))?;
        keys.push(KeyRow {
            spki_hash,
            algorithm: key.algorithm(),
            spki,
            made_at: row.time("made_at")?,
            vouched_by: row.value("vouched_by")?,
            voucher: row.value("voucher")?,
            first_spoke_at: row.optional_time("first_spoke_at")?,
            retires_at: row.optional_time("retires_at")?,
            serial: row.parsed("serial", |bytes: Vec<u8>| Serial::from_bytes(&bytes))?,
            not_after: row.time("not_after")?,
        });
    }
    Ok(in_order(keys))
}

/// Each key behind the one that vouched for it; several within one second have the same time.
fn in_order(mut keys: Vec<KeyRow>) -> Vec<KeyRow> {
    keys.sort_by_key(|key| (key.made_at, key.vouched_by.is_some()));
    let mut ordered: Vec<KeyRow> = Vec::with_capacity(keys.len());
    while !keys.is_empty() {
        let follows = |key: &KeyRow| {
            key.vouched_by
                .is_none_or(|by| ordered.iter().any(|earlier| earlier.spki_hash == by))
        };
        // A key that nobody vouched for comes last: it is shown, and the series does not verify.
        let next = keys.iter().position(follows).unwrap_or(0);
        ordered.push(keys.remove(next));
    }
    ordered
}

/// The key has spoken for the first time.
pub(crate) fn first_speech(
    connection: &Connection,
    provider: &ProviderId,
    spki_hash: &[u8; 32],
    now: UnixTime,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "UPDATE device_keys SET first_spoke_at = $3
             WHERE provider_id = $1 AND spki_hash = $2 AND first_spoke_at IS NULL"
        ))?
        .post(params![provider.as_str(), spki_hash, seconds(now)])?;
    Ok(())
}

/// Every other key of the device may no longer speak.
pub(crate) fn retire_others(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    spki_hash: &[u8; 32],
    now: UnixTime,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "UPDATE device_keys SET retires_at = $4
             WHERE provider_id = $1 AND enrollment_id = $2 AND spki_hash <> $3
                 AND (retires_at IS NULL OR retires_at > $4)"
        ))?
        .post(params![
            provider.as_str(),
            enrollment.as_bytes(),
            spki_hash,
            seconds(now)
        ])?;
    Ok(())
}

/// The successors that have not spoken may no longer begin to.
pub(crate) fn retire_silent(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    now: UnixTime,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "UPDATE device_keys SET retires_at = $3
             WHERE provider_id = $1 AND enrollment_id = $2 AND vouched_by IS NOT NULL
                 AND first_spoke_at IS NULL AND (retires_at IS NULL OR retires_at > $3)"
        ))?
        .post(params![
            provider.as_str(),
            enrollment.as_bytes(),
            seconds(now)
        ])?;
    Ok(())
}

/// The key may speak until then.
pub(crate) fn retire_at(
    connection: &Connection,
    provider: &ProviderId,
    spki_hash: &[u8; 32],
    at: UnixTime,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "UPDATE device_keys SET retires_at = $3
             WHERE provider_id = $1 AND spki_hash = $2"
        ))?
        .post(params![provider.as_str(), spki_hash, seconds(at)])?;
    Ok(())
}
