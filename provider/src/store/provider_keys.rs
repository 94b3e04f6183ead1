//! The provider's own keys: the root that an installation keeps itself, and provider keys, sealed.

use gridpass_protocol::{PrivateKey, UnixTime};

use super::{Connection, RowReader, StoreError, params, seconds, sql};
use crate::{
    ca::AuthorityKey,
    id::ProviderId,
    random::Random,
    vault::{Purpose, Vault},
};

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Root,
    Provider,
}

impl Role {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Provider => "provider",
        }
    }
}

/// A key, sealed and ready to be written.
pub(crate) struct SealedKey {
    role: Role,
    fingerprint: [u8; 32],
    certificate: Vec<u8>,
    sealed_key: Vec<u8>,
}

impl SealedKey {
    pub(crate) fn new(role: Role, key: &AuthorityKey, vault: &Vault, random: &Random<'_>) -> Self {
        let fingerprint = *key.id().as_bytes();
        let private = key.private().to_pkcs8_der();
        Self {
            role,
            fingerprint,
            certificate: key.certificate().to_vec(),
            sealed_key: vault.seal(Purpose::PrivateKey, &fingerprint, &private, random),
        }
    }
}

pub(crate) fn insert(
    connection: &Connection,
    provider: &ProviderId,
    key: &SealedKey,
    now: UnixTime,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO provider_keys
                 (fingerprint, provider_id, role, certificate, sealed_key, made_at)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ))?
        .post(params![
            key.fingerprint,
            provider.as_str(),
            key.role.as_str(),
            key.certificate,
            key.sealed_key,
            seconds(now)
        ])?;
    Ok(())
}

/// How many keys a provider has in a role: what changes whenever one is made.
pub(crate) fn count(
    connection: &Connection,
    provider: &ProviderId,
    role: Role,
) -> Result<u64, StoreError> {
    let count: i64 = connection
        .prepare_cached(sql!(
            "SELECT COUNT(*) FROM provider_keys WHERE provider_id = $1 AND role = $2"
        ))?
        .query_row(params![provider.as_str(), role.as_str()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// The keys of a provider in a role, youngest first, each with when it was made.
pub(crate) fn find(
    connection: &Connection,
    provider: &ProviderId,
    role: Role,
    vault: &Vault,
) -> Result<Vec<(AuthorityKey, UnixTime)>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT fingerprint, certificate, sealed_key, made_at FROM provider_keys
         WHERE provider_id = $1 AND role = $2 ORDER BY made_at DESC, fingerprint"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), role.as_str()])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "provider_keys");
        let fingerprint: [u8; 32] = row.bytes("fingerprint")?;
        let certificate = row.value("certificate")?;
        let private = row.parsed("sealed_key", |sealed: Vec<u8>| {
            let der = vault
                .open(Purpose::PrivateKey, &fingerprint, &sealed)
                .ok()?;
            PrivateKey::from_pkcs8_der(&der).ok()
        })?;
        let key =
            AuthorityKey::new(certificate, private).map_err(|_| row.corrupt("certificate"))?;
        keys.push((key, row.time("made_at")?));
    }
    Ok(keys)
}
