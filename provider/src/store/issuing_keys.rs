//! The issuing keys of a provider's CA.

use der::{Decode, Encode, Reader, SliceReader, asn1::AnyRef};
use gridpass_protocol::{PrivateKey, UnixTime};

use super::{Connection, RowReader, StoreError, params, seconds, sql};
use crate::{
    ca::IssuingKeyId,
    id::ProviderId,
    random::Random,
    vault::{Purpose, Vault},
};

/// Where an issuing key is.
pub(crate) enum KeyPlace {
    /// In the database.
    Database(PrivateKey),
    /// In a token, under this CKA_ID.
    Token(Vec<u8>),
}

/// An issuing key, as the store knows it.
pub(crate) struct IssuingKey {
    pub(crate) id: IssuingKeyId,
    pub(crate) generation: u32,
    pub(crate) spki: Vec<u8>,
    pub(crate) place: KeyPlace,
    pub(crate) made_at: UnixTime,
    pub(crate) installed: Option<Installed>,
}

/// The certificate of an issuing key and those above it.
pub(crate) struct Installed {
    /// Its own first, root last, DER.
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) at: UnixTime,
}

/// An issuing key that is ready to be written.
pub(crate) struct NewIssuingKey {
    pub(crate) id: IssuingKeyId,
    pub(crate) generation: u32,
    spki: Vec<u8>,
    sealed_key: Option<Vec<u8>>,
    token_id: Option<Vec<u8>>,
}

impl NewIssuingKey {
    pub(crate) fn new(
        generation: u32,
        spki: &[u8],
        place: &KeyPlace,
        vault: &Vault,
        random: &Random<'_>,
    ) -> Self {
        let id = IssuingKeyId::of(spki);
        let (sealed_key, token_id) = match place {
            KeyPlace::Database(key) => {
                let key = key.to_pkcs8_der();
                let sealed = vault.seal(Purpose::PrivateKey, id.as_bytes(), &key, random);
                (Some(sealed), None)
            }
            KeyPlace::Token(token_id) => (None, Some(token_id.clone())),
        };
        Self {
            id,
            generation,
            spki: spki.to_vec(),
            sealed_key,
            token_id,
        }
    }
}

/// Whether the row was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Written {
    Yes,
    /// Another process was faster.
    Raced,
}

impl Written {
    const fn of(rows: usize) -> Self {
        if rows == 0 { Self::Raced } else { Self::Yes }
    }
}

/// Writes a key, unless there is one of its generation.
pub(crate) fn insert(
    connection: &Connection,
    provider: &ProviderId,
    key: &NewIssuingKey,
    now: UnixTime,
) -> Result<Written, StoreError> {
    let rows = connection
        .prepare_cached(sql!(
            "INSERT INTO issuing_keys
                 (id, provider_id, generation, spki, sealed_key, token_id, made_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (provider_id, generation) DO NOTHING"
        ))?
        .execute(params![
            key.id.as_bytes(),
            provider.as_str(),
            key.generation,
            key.spki,
            key.sealed_key,
            key.token_id,
            seconds(now)
        ])?;
    Ok(Written::of(rows))
}

/// Gives a key its certificates; it issues from now on.
pub(crate) fn install(
    connection: &Connection,
    provider: &ProviderId,
    id: IssuingKeyId,
    chain: &[Vec<u8>],
    now: UnixTime,
) -> Result<Written, StoreError> {
    let rows = connection
        .prepare_cached(sql!(
            "UPDATE issuing_keys SET chain = $3, installed_at = $4
             WHERE provider_id = $1 AND id = $2 AND installed_at IS NULL"
        ))?
        .execute(params![
            provider.as_str(),
            id.as_bytes(),
            chain.concat(),
            seconds(now)
        ])?;
    Ok(Written::of(rows))
}

/// The issuing keys of a provider: those that were never installed first, then the one that
/// issues, then its predecessors.
pub(crate) fn all(
    connection: &Connection,
    provider: &ProviderId,
    vault: &Vault,
) -> Result<Vec<IssuingKey>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, generation, spki, sealed_key, token_id, made_at, chain, installed_at
         FROM issuing_keys WHERE provider_id = $1
         ORDER BY CASE WHEN installed_at IS NULL THEN 0 ELSE 1 END,
             installed_at DESC, generation DESC"
    ))?;
    let mut rows = statement.query(params![provider.as_str()])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(read(&RowReader::new(row, "issuing_keys"), vault)?);
    }
    Ok(keys)
}

/// The number that the next issuing key of a provider gets.
pub(crate) fn next_generation(
    connection: &Connection,
    provider: &ProviderId,
) -> Result<u32, StoreError> {
    let last: i64 = connection
        .prepare_cached(sql!(
            "SELECT COALESCE(MAX(generation), 0) FROM issuing_keys WHERE provider_id = $1"
        ))?
        .query_row([provider.as_str()], |row| row.get(0))?;
    u32::try_from(last + 1).map_err(|_| StoreError::Corrupt {
        table: "issuing_keys",
        column: "generation",
        row: provider.to_string(),
    })
}

/// What changes whenever an issuing key of a provider is installed.
pub(crate) fn installed_count(
    connection: &Connection,
    provider: &ProviderId,
) -> Result<u64, StoreError> {
    let count: i64 = connection
        .prepare_cached(sql!(
            "SELECT COUNT(*) FROM issuing_keys
             WHERE provider_id = $1 AND installed_at IS NOT NULL"
        ))?
        .query_row([provider.as_str()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

fn read(row: &RowReader<'_>, vault: &Vault) -> Result<IssuingKey, StoreError> {
    let id = IssuingKeyId::from_bytes(row.bytes("id")?);
    let generation = row.value("generation")?;
    let spki = row.value("spki")?;
    let sealed: Option<Vec<u8>> = row.value("sealed_key")?;
    let token_id: Option<Vec<u8>> = row.value("token_id")?;
    let place = match (token_id, sealed) {
        (Some(token_id), _) => KeyPlace::Token(token_id),
        (None, sealed) => sealed
            .and_then(|sealed| {
                let der = vault
                    .open(Purpose::PrivateKey, id.as_bytes(), &sealed)
                    .ok()?;
                PrivateKey::from_pkcs8_der(&der).ok()
            })
            .map(KeyPlace::Database)
            .ok_or_else(|| row.corrupt("sealed_key"))?,
    };
    let made_at = row.time("made_at")?;
    let chain: Option<Vec<u8>> = row.value("chain")?;
    let installed_at: Option<i64> = row.value("installed_at")?;
    let installed = match chain.zip(installed_at) {
        None => None,
        Some((chain, at)) => Some(Installed {
            chain: split(&chain).map_err(|_| row.corrupt("chain"))?,
            at: UnixTime(at.unsigned_abs()),
        }),
    };
    Ok(IssuingKey {
        id,
        generation,
        spki,
        place,
        made_at,
        installed,
    })
}

/// The DER values that follow each other in `bytes`.
fn split(bytes: &[u8]) -> der::Result<Vec<Vec<u8>>> {
    let mut reader = SliceReader::new(bytes)?;
    let mut values = Vec::new();
    while !reader.is_finished() {
        values.push(AnyRef::decode(&mut reader)?.to_der()?);
    }
    Ok(values)
}
