//! The chain: what ties each entry to the one before, and its end to the key file.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Entry, read::AuditEntry};
use crate::{
    id::{EnrollmentId, ProviderId, RequestId},
    store::{Connection, DatabaseError, RowReader, StoreError, params, seconds, sql},
    vault::{Vault, sha256},
};

/// The hash before the first entry.
pub(super) const NOTHING: [u8; 32] = [0; 32];

/// The end of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// The last entry; 0 before the first.
    pub(crate) seq: i64,
    pub(crate) hash: [u8; 32],
}

/// A head with its code, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SealedHead {
    pub(super) head: Head,
    pub(super) mac: [u8; 32],
}

/// Writes an entry as the next of its provider. Within a transaction the head follows when it is kept
/// ([`write_ends`]), once for all its entries.
pub(super) fn append(connection: &Connection, entry: &Entry<'_>) -> Result<(), StoreError> {
    let last = match connection.audit_end(entry.provider) {
        Some(end) => end,
        None => match find_head(connection, entry.provider)? {
            Some(found) => found.head,
            // Somebody has removed it. That is for the verification to tell; the work goes on.
            None => last_entry(connection, entry.provider)?,
        },
    };
    let written = AuditEntry {
        seq: u64::try_from(last.seq).unwrap_or(0) + 1,
        at: entry.at,
        actor: entry.actor.to_string(),
        action: entry.action.to_owned(),
        result: entry.result.to_owned(),
        enrollment: entry.enrollment,
        request_id: entry
            .actor
            .request_id
            .as_ref()
            .map(|id| RequestId::as_str(id).to_owned()),
        client: entry.actor.client.map(|client| client.to_string()),
        detail: entry.detail.to_string(),
        hash: NOTHING,
    };
    let head = Head {
        seq: last.seq + 1,
        hash: hash(entry.provider, &last.hash, &written),
    };
    connection
        .prepare_cached(sql!(
            "INSERT INTO audit_entries
                 (provider_id, seq, at, actor, action, result, enrollment_id, request_id, client,
                  detail, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ))?
        .post(params![
            entry.provider.as_str(),
            head.seq,
            seconds(entry.at),
            written.actor,
            written.action,
            written.result,
            written.enrollment.as_ref().map(EnrollmentId::as_bytes),
            written.request_id,
            written.client,
            written.detail,
            head.hash,
        ])?;
    if connection.is_in_transaction() {
        connection.note_audit_end(entry.provider, head);
        Ok(())
    } else {
        Ok(write_end(connection, entry.provider, &head)?)
    }
}

/// Writes where the transaction under way has brought the chains.
pub(crate) fn write_ends(connection: &Connection) -> Result<(), DatabaseError> {
    connection
        .take_audit_ends()
        .into_iter()
        .try_for_each(|(provider, end)| write_end(connection, &provider, &end))
}

fn write_end(
    connection: &Connection,
    provider: &ProviderId,
    end: &Head,
) -> Result<(), DatabaseError> {
    connection
        .prepare_cached(sql!(
            "UPDATE audit_heads SET seq = $2, hash = $3 WHERE provider_id = $1"
        ))?
        .post(params![provider.as_str(), end.seq, end.hash])
}

/// The hash of an entry: over the one before it and everything that it says, unambiguously.
pub(super) fn hash(provider: &ProviderId, before: &[u8; 32], entry: &AuditEntry) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(512);
    bytes.extend_from_slice(b"gridpass/1 audit entry\0");
    bytes.extend_from_slice(before);
    let mut put = |part: Option<&[u8]>| match part {
        None => bytes.push(0),
        Some(part) => {
            bytes.push(1);
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
    };
    put(Some(provider.as_str().as_bytes()));
    put(Some(&entry.seq.to_be_bytes()));
    put(Some(&entry.at.0.to_be_bytes()));
    put(Some(entry.actor.as_bytes()));
    put(Some(entry.action.as_bytes()));
    put(Some(entry.result.as_bytes()));
    put(entry
        .enrollment
        .as_ref()
        .map(|id| EnrollmentId::as_bytes(id).as_slice()));
    put(entry.request_id.as_deref().map(str::as_bytes));
    put(entry.client.as_deref().map(str::as_bytes));
    put(Some(entry.detail.as_bytes()));
    sha256(&bytes)
}

/// The end of a provider's chain.
pub(super) fn find_head(
    connection: &Connection,
    provider: &ProviderId,
) -> Result<Option<SealedHead>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT provider_id, seq, hash, mac FROM audit_heads WHERE provider_id = $1"
    ))?;
    let mut rows = statement.query(params![provider.as_str()])?;
    Ok(match rows.next()? {
        Some(row) => Some(read_head(&RowReader::new(row, "audit_heads"))?.1),
        None => None,
    })
}

fn read_head(row: &RowReader<'_>) -> Result<(String, SealedHead), StoreError> {
    let provider = row.value("provider_id")?;
    let head = Head {
        seq: row.value("seq")?,
        hash: row.bytes("hash")?,
    };
    let mac = row.bytes("mac")?;
    Ok((provider, SealedHead { head, mac }))
}

fn last_entry(connection: &Connection, provider: &ProviderId) -> Result<Head, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT seq, hash FROM audit_entries WHERE provider_id = $1 ORDER BY seq DESC LIMIT 1"
    ))?;
    let mut rows = statement.query(params![provider.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(Head {
            seq: 0,
            hash: NOTHING,
        });
    };
    let row = RowReader::new(row, "audit_entries");
    Ok(Head {
        seq: row.value("seq")?,
        hash: row.bytes("hash")?,
    })
}

/// The code of a head: nobody makes it without the key file.
pub(super) fn mac(vault: &Vault, provider: &str, head: &Head) -> [u8; 32] {
    let text = [
        provider.as_bytes(),
        &[0],
        &head.seq.to_be_bytes(),
        &head.hash,
    ]
    .concat();
    vault.lookup_of(b"audit head", &text)
}

/// Begins the chain of a provider that has none and no entry yet.
pub(crate) fn begin(
    connection: &Connection,
    provider: &ProviderId,
    vault: &Vault,
) -> Result<(), StoreError> {
    let head = Head {
        seq: 0,
        hash: NOTHING,
    };
    connection.execute(
        sql!(
            "INSERT INTO audit_heads (provider_id, seq, hash, mac)
             SELECT $1, $2, $3, $4
             WHERE NOT EXISTS (SELECT 1 FROM audit_entries WHERE provider_id = $1)
                 AND NOT EXISTS (SELECT 1 FROM audit_checkpoints WHERE provider_id = $1)
             ON CONFLICT (provider_id) DO NOTHING"
        ),
        params![
            provider.as_str(),
            head.seq,
            head.hash,
            mac(vault, provider.as_str(), &head)
        ],
    )?;
    Ok(())
}

/// Seals the heads that a group of jobs has moved, once for the whole group. A head that was not
/// sealed before is left as it is: somebody else has moved it.
pub(crate) struct Sealing {
    vault: Arc<Vault>,
    /// The heads that this process has sealed or found sealed, to judge each but once.
    known: Mutex<HashMap<String, SealedHead>>,
}

impl Sealing {
    pub(crate) fn new(vault: &Arc<Vault>) -> Self {
        Self {
            vault: Arc::clone(vault),
            known: Mutex::new(HashMap::new()),
        }
    }

    fn is_sealed(&self, provider: &str, found: &SealedHead) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.get(provider) == Some(found) {
            return true;
        }
        let sealed = mac(&self.vault, provider, &found.head) == found.mac;
        if sealed {
            known.insert(provider.to_owned(), *found);
        }
        sealed
    }
}

/// The heads that were sealed when a group began.
pub(crate) struct SealedBefore(HashMap<String, SealedHead>);

impl Sealing {
    /// To be called when a group begins.
    pub(crate) fn before(&self, connection: &Connection) -> Result<SealedBefore, StoreError> {
        let mut sealed = HashMap::new();
        for (provider, found) in heads(connection)? {
            if self.is_sealed(&provider, &found) {
                sealed.insert(provider, found);
            }
        }
        Ok(SealedBefore(sealed))
    }

    /// To be called before a group is committed.
    pub(crate) fn after(
        &self,
        connection: &Connection,
        SealedBefore(before): &SealedBefore,
    ) -> Result<(), StoreError> {
        for (provider, end) in connection.take_audit_ends() {
            let provider_id = provider.as_str();
            if before
                .get(provider_id)
                .is_none_or(|was| was.head.seq >= end.seq)
            {
                write_end(connection, &provider, &end)?;
                continue;
            }
            connection
                .prepare_cached(sql!(
                    "UPDATE audit_heads SET seq = $2, hash = $3, mac = $4 WHERE provider_id = $1"
                ))?
                .post(params![
                    provider_id,
                    end.seq,
                    end.hash,
                    mac(&self.vault, provider_id, &end)
                ])?;
        }
        Ok(())
    }
}

/// Where the chain of each provider ends.
pub(crate) fn ends(connection: &Connection) -> Result<Vec<(String, Head)>, StoreError> {
    let ends = heads(connection)?.into_iter();
    Ok(ends
        .map(|(provider, found)| (provider, found.head))
        .collect())
}

/// Every head: one row a provider of this installation.
fn heads(connection: &Connection) -> Result<Vec<(String, SealedHead)>, StoreError> {
    let mut statement =
        connection.prepare_cached(sql!("SELECT provider_id, seq, hash, mac FROM audit_heads"))?;
    let mut rows = statement.query([])?;
    let mut heads = Vec::new();
    while let Some(row) = rows.next()? {
        heads.push(read_head(&RowReader::new(row, "audit_heads"))?);
    }
    Ok(heads)
}
