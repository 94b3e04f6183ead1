//! What a backup says of itself, readable without any key.

use gridpass_protocol::{UnixTime, b64u};
use serde::{Deserialize, Serialize};

use super::BackupError;
use crate::{
    audit,
    store::{Connection, inspection::Counts},
};

/// What is in a backup. It tells how much there is of what, and nothing of anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The Gridpass that made it.
    pub version: String,
    /// The version of the schema.
    pub schema: u64,
    /// When it was made.
    pub made_at: UnixTime,
    /// The size of the database in it, in bytes.
    pub bytes: u64,
    /// SHA-256 of that database, b64u.
    pub sha256: String,
    /// How many rows each table has.
    pub tables: Counts,
    /// Where the audit of each provider ends.
    pub audits: Vec<AuditEnd>,
}

/// Where the audit of a provider ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditEnd {
    /// Whose it is.
    pub provider: String,
    /// The number of its last entry.
    pub seq: u64,
    /// The hash of that entry, b64u.
    pub hash: String,
}

impl Manifest {
    /// Reads it from a database; size and hash of the file are still to be filled in.
    pub(super) fn of(
        connection: &Connection,
        schema: u64,
        now: UnixTime,
    ) -> Result<Self, BackupError> {
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            schema,
            made_at: now,
            bytes: 0,
            sha256: String::new(),
            tables: connection.counts()?,
            audits: ends(connection)?,
        })
    }
}

pub(super) fn ends(connection: &Connection) -> Result<Vec<AuditEnd>, BackupError> {
    let mut ends: Vec<_> = audit::chain::ends(connection)?
        .into_iter()
        .map(|(provider, head)| AuditEnd {
            provider,
            seq: head.seq.unsigned_abs(),
            hash: b64u(&head.hash),
        })
        .collect();
    ends.sort_by(|one, other| one.provider.cmp(&other.provider));
    Ok(ends)
}
