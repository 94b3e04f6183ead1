//! Revocation lists: what goes onto them, and the newest of each.

use gridpass_protocol::UnixTime;

use super::{Connection, RowReader, StoreError, params, seconds, sql};
use crate::{
    ca::{CrlEntry, CrlShard},
    enrollment::Serial,
    id::ProviderId,
    revocation::RevocationList,
};

/// What is known of the newest list without reading it.
pub(crate) struct Head {
    pub(crate) number: u64,
    pub(crate) this_update: UnixTime,
    /// How often its revocations had changed when it was made.
    pub(crate) changes: u64,
}

/// The newest list, if there is one, and how often its revocations have changed until now.
pub(crate) fn head(
    connection: &Connection,
    provider: &ProviderId,
    issuer: &[u8; 32],
    shard: CrlShard,
) -> Result<(Option<Head>, u64), StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT number, this_update, changes FROM revocation_lists
         WHERE provider_id = $1 AND issuer = $2 AND crl_shard = $3"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), issuer, shard.0])?;
    let head = match rows.next()? {
        None => None,
        Some(row) => {
            let row = RowReader::new(row, "revocation_lists");
            Some(Head {
                number: row.parsed("number", whole)?,
                this_update: row.time("this_update")?,
                changes: row.parsed("changes", whole)?,
            })
        }
    };
    let mut statement = connection.prepare_cached(sql!(
        "SELECT changes FROM revocation_changes
         WHERE provider_id = $1 AND issuer = $2 AND crl_shard = $3"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), issuer, shard.0])?;
    let changes = match rows.next()? {
        None => 0,
        Some(row) => RowReader::new(row, "revocation_changes").parsed("changes", whole)?,
    };
    Ok((head, changes))
}

/// The parts of an issuer's list of which something was ever revoked or published.
pub(crate) fn shards(
    connection: &Connection,
    provider: &ProviderId,
    issuer: &[u8; 32],
) -> Result<Vec<CrlShard>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT crl_shard FROM revocation_changes WHERE provider_id = $1 AND issuer = $2
         UNION SELECT crl_shard FROM revocation_lists WHERE provider_id = $1 AND issuer = $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), issuer])?;
    let mut shards = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "revocation_changes");
        shards.push(CrlShard(row.value("crl_shard")?));
    }
    Ok(shards)
}

/// What is to be on a list: the revoked certificates that end later than `ended_before`.
pub(crate) fn entries(
    connection: &Connection,
    provider: &ProviderId,
    issuer: &[u8; 32],
    shard: CrlShard,
    ended_before: UnixTime,
) -> Result<Vec<CrlEntry>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT serial, revoked_at, code FROM revocations
         WHERE provider_id = $1 AND issuer = $2 AND not_after > $4
             AND ($3 = 0 OR crl_shard = $3)
         ORDER BY not_after"
    ))?;
    let values = params![provider.as_str(), issuer, shard.0, seconds(ended_before)];
    let mut rows = statement.query(values)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "revocations");
        entries.push(CrlEntry {
            serial: row.parsed("serial", |bytes: Vec<u8>| Serial::from_bytes(&bytes))?,
            revoked_at: row.time("revoked_at")?,
            code: row.value("code")?,
        });
    }
    Ok(entries)
}

/// A list that was just signed.
pub(crate) struct NewList {
    pub(crate) provider: ProviderId,
    pub(crate) issuer: [u8; 32],
    pub(crate) shard: CrlShard,
    pub(crate) changes: u64,
    pub(crate) entries: usize,
    pub(crate) list: RevocationList,
}

/// Keeps a list, unless another process has kept one with its number meanwhile.
pub(crate) fn keep(connection: &Connection, new: &NewList) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO revocation_lists
                 (provider_id, issuer, crl_shard, number, this_update, next_update, changes,
                  entries, list)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (provider_id, issuer, crl_shard) DO UPDATE SET
                 number = excluded.number, this_update = excluded.this_update,
                 next_update = excluded.next_update, changes = excluded.changes,
                 entries = excluded.entries, list = excluded.list
                 WHERE revocation_lists.number < excluded.number"
        ))?
        .post(params![
            new.provider.as_str(),
            new.issuer,
            new.shard.0,
            signed(new.list.number),
            seconds(new.list.this_update),
            seconds(new.list.next_update),
            signed(new.changes),
            i64::try_from(new.entries).unwrap_or(i64::MAX),
            new.list.der,
        ])?;
    Ok(())
}

/// The newest list.
pub(crate) fn find(
    connection: &Connection,
    provider: &ProviderId,
    issuer: &[u8; 32],
    shard: CrlShard,
) -> Result<Option<RevocationList>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT number, this_update, next_update, list FROM revocation_lists
         WHERE provider_id = $1 AND issuer = $2 AND crl_shard = $3"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), issuer, shard.0])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "revocation_lists");
    Ok(Some(RevocationList {
        number: row.parsed("number", whole)?,
        this_update: row.time("this_update")?,
        next_update: row.time("next_update")?,
        der: row.value("list")?,
    }))
}

fn whole(number: i64) -> Option<u64> {
    u64::try_from(number).ok()
}

/// Numbers that grow by one a time never come near the bound.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
