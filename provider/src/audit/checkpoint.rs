//! Checkpoints: where a chain was, signed, to be kept elsewhere.
//!
//! A checkpoint is a JWS (RFC 7515) by the provider's audit key (Ed25519, RFC 8037), which is
//! derived from the key file: an older state of the whole database, which is whole in itself, does
//! not hold what a younger checkpoint says.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use gridpass_protocol::{UnixTime, b64u, encoding::from_b64u};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::chain::{self, Head};
use crate::{
    Gridpass,
    id::ProviderId,
    store::{Connection, RowReader, StoreError, params, seconds, sql},
    vault::Vault,
};

/// After so many entries there is a checkpoint.
const EVERY_ENTRIES: i64 = 1000;
/// After so long there is one, if there is an entry, in seconds.
const EVERY: u64 = 60 * 60;
const TYPE: &str = "gridpass-audit-checkpoint+jws";

/// Where a chain was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Checkpoint {
    pub(crate) provider: ProviderId,
    pub(crate) seq: i64,
    /// The hash of that entry, b64u.
    pub(crate) hash: String,
    pub(crate) at: UnixTime,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    jwk: Jwk,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
}

/// The audit key of a provider.
pub(super) struct AuditKey(Ed25519KeyPair);

impl AuditKey {
    pub(super) fn derive(vault: &Vault, provider: &ProviderId) -> Self {
        let seed = Zeroizing::new(vault.lookup_of(b"audit key", provider.as_str().as_bytes()));
        Self(Ed25519KeyPair::from_seed_unchecked(&*seed).expect("32 bytes are an Ed25519 seed"))
    }

    fn sign(&self, checkpoint: &Checkpoint) -> String {
        let header = Header {
            alg: "EdDSA".to_owned(),
            typ: TYPE.to_owned(),
            jwk: Jwk {
                kty: "OKP".to_owned(),
                crv: "Ed25519".to_owned(),
                x: b64u(self.0.public_key().as_ref()),
            },
        };
        let part = |value: &[u8]| b64u(value);
        let header = serde_json::to_vec(&header).expect("a header is made of strings");
        let payload = serde_json::to_vec(checkpoint).expect("strings and numbers");
        let signed = format!("{}.{}", part(&header), part(&payload));
        let signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", part(signature.as_ref()))
    }

    /// What a checkpoint says, if this key has signed it.
    pub(super) fn verify(&self, jws: &str) -> Option<Checkpoint> {
        let (signed, signature) = jws.trim().rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let signature = from_b64u(signature).ok()?;
        UnparsedPublicKey::new(&ED25519, self.0.public_key().as_ref())
            .verify(signed.as_bytes(), &signature)
            .ok()?;
        let header: Header = serde_json::from_slice(&from_b64u(header).ok()?).ok()?;
        if header.alg != "EdDSA" || header.typ != TYPE {
            return None;
        }
        serde_json::from_slice(&from_b64u(payload).ok()?).ok()
    }
}

impl Gridpass {
    /// Signs where the chain of a provider is now, and keeps that. To be kept elsewhere as well:
    /// with it [`Gridpass::verify_audit`] finds an older state of the database.
    ///
    /// # Errors
    /// The database failed.
    pub fn audit_checkpoint(&self, provider: &ProviderId) -> Result<String, StoreError> {
        let at = self.clock_now();
        let head = self
            .store
            .read(|connection| chain::find_head(connection, provider))?
            .map(|found| found.head)
            .ok_or_else(|| StoreError::Corrupt {
                table: "audit_heads",
                column: "provider_id",
                row: provider.to_string(),
            })?;
        let jws = AuditKey::derive(&self.vault, provider).sign(&Checkpoint {
            provider: provider.clone(),
            seq: head.seq,
            hash: b64u(&head.hash),
            at,
        });
        let (provider, kept) = (provider.clone(), jws.clone());
        self.store
            .write(move |transaction| keep(transaction, &provider, &head, &kept, at))?;
        Ok(jws)
    }

    /// Makes the checkpoints that are due. Each is logged, so that whoever collects the logs has
    /// it outside of the database.
    pub(crate) fn make_due_checkpoints(&self) -> Result<(), StoreError> {
        let now = self.clock_now();
        for provider in &self.providers {
            let id = &provider.config.id;
            let is_due = self.store.read(|connection| is_due(connection, id, now))?;
            if is_due {
                let checkpoint = self.audit_checkpoint(id)?;
                tracing::info!(provider = %id, checkpoint, "audit checkpoint");
            }
        }
        Ok(())
    }
}

fn is_due(
    connection: &Connection,
    provider: &ProviderId,
    now: UnixTime,
) -> Result<bool, StoreError> {
    let Some(found) = chain::find_head(connection, provider)? else {
        return Ok(false);
    };
    let (seq, at) = last(connection, provider)?.unwrap_or((0, UnixTime(0)));
    let entries = found.head.seq - seq;
    Ok(entries >= EVERY_ENTRIES || (entries > 0 && now.since(at) >= EVERY))
}

fn last(
    connection: &Connection,
    provider: &ProviderId,
) -> Result<Option<(i64, UnixTime)>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT seq, at FROM audit_checkpoints WHERE provider_id = $1 ORDER BY seq DESC LIMIT 1"
    ))?;
    let mut rows = statement.query(params![provider.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "audit_checkpoints");
    Ok(Some((row.value("seq")?, row.time("at")?)))
}

fn keep(
    transaction: &Connection,
    provider: &ProviderId,
    head: &Head,
    jws: &str,
    at: UnixTime,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "INSERT INTO audit_checkpoints (provider_id, seq, at, jws) VALUES ($1, $2, $3, $4)
             ON CONFLICT (provider_id, seq) DO NOTHING"
        ))?
        .post(params![provider.as_str(), head.seq, seconds(at), jws])?;
    Ok(())
}

/// Every checkpoint of a provider, oldest first: the place it stands at, and what it says.
pub(super) fn all(
    connection: &Connection,
    provider: &ProviderId,
) -> Result<Vec<(i64, String)>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT seq, jws FROM audit_checkpoints WHERE provider_id = $1 ORDER BY seq"
    ))?;
    let mut rows = statement.query(params![provider.as_str()])?;
    let mut checkpoints = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "audit_checkpoints");
        checkpoints.push((row.value("seq")?, row.value("jws")?));
    }
    Ok(checkpoints)
}
