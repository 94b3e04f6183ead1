//! Repeated registrations of a provider's own systems (`Idempotency-Key`).
//!
//! The second call gets the answer of the first, label included, although no label is kept: for
//! as long as the key is remembered, the manual code that opens the label is kept sealed under
//! the key file. Of a label that went to the customer nothing is kept: neither answer holds it.

use gridpass_protocol::{ManualCode, UnixTime};
use zeroize::Zeroizing;

use crate::{
    id::{EnrollmentId, IdempotencyKey, ProviderId},
    random::Random,
    registration::{AccountRef, Registration},
    store::{Connection, RowReader, StoreError, enrollments::NewEnrollment, params, seconds, sql},
    tenant::Language,
    vault::{Purpose, Vault, sha256},
};

/// How long a key is remembered, in seconds; less if the label expires before.
const REMEMBERED: u64 = 24 * 60 * 60;

/// A registration with an idempotency key.
pub(crate) struct IdempotentCall {
    key_hash: [u8; 32],
    request_hash: [u8; 32],
    sealed_manual_code: Vec<u8>,
}

impl IdempotentCall {
    pub(crate) fn new(key: &IdempotencyKey, registration: &Registration, vault: &Vault) -> Self {
        Self {
            key_hash: sha256(key.as_str().as_bytes()),
            // Keyed, because the request holds a device ID.
            request_hash: vault.lookup_of(b"registration", &canonical(registration)),
            sealed_manual_code: Vec::new(),
        }
    }

    pub(crate) fn with_label(
        self,
        manual_code: &ManualCode,
        vault: &Vault,
        random: &Random<'_>,
    ) -> Self {
        let text = Zeroizing::new(manual_code.grouped());
        let sealed_manual_code =
            vault.seal(Purpose::ManualCode, &self.key_hash, text.as_bytes(), random);
        Self {
            sealed_manual_code,
            ..self
        }
    }
}

/// What makes two registrations the same, unambiguously.
fn canonical(registration: &Registration) -> Zeroizing<Vec<u8>> {
    let account = match &registration.account {
        AccountRef::Id(id) => format!("id:{id}"),
        AccountRef::Number(number) => format!("number:{number}"),
    };
    let parts = [
        registration.provider.as_str(),
        &account,
        registration.device_id.as_str(),
        registration.kind.as_str(),
        registration.channel.as_str(),
        registration
            .key_algorithm
            .map_or("", |algorithm| algorithm.as_str()),
        registration.nickname.as_deref().unwrap_or(""),
        registration.language.map_or("", Language::as_str),
    ];
    let mut bytes = Zeroizing::new(Vec::new());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

/// What came with the same key before.
pub(crate) struct Before {
    enrollment: EnrollmentId,
    key_hash: [u8; 32],
    request_hash: [u8; 32],
    sealed_manual_code: Vec<u8>,
}

impl Before {
    /// The enrollment that was made then.
    pub(crate) const fn enrollment(&self) -> EnrollmentId {
        self.enrollment
    }

    pub(crate) fn is_the_same_as(&self, call: &IdempotentCall) -> bool {
        self.request_hash == call.request_hash
    }

    pub(crate) fn manual_code(&self, vault: &Vault) -> Option<ManualCode> {
        let text = vault
            .open(
                Purpose::ManualCode,
                &self.key_hash,
                &self.sealed_manual_code,
            )
            .ok()?;
        ManualCode::parse(std::str::from_utf8(&text).ok()?).ok()
    }
}

pub(crate) fn find(
    connection: &Connection,
    provider: &ProviderId,
    call: &IdempotentCall,
    now: UnixTime,
) -> Result<Option<Before>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT key_hash, request_hash, sealed_manual_code, enrollment_id FROM idempotency_keys
         WHERE provider_id = $1 AND key_hash = $2 AND expires_at > $3"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), call.key_hash, seconds(now)])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "idempotency_keys");
    Ok(Some(Before {
        key_hash: row.bytes("key_hash")?,
        request_hash: row.bytes("request_hash")?,
        sealed_manual_code: row.value("sealed_manual_code")?,
        enrollment: EnrollmentId::from_bytes(row.bytes("enrollment_id")?),
    }))
}

pub(crate) fn insert(
    connection: &Connection,
    new: &NewEnrollment,
    call: &IdempotentCall,
) -> Result<(), StoreError> {
    let expires_at = new.issued_at.plus(REMEMBERED).min(new.expires_at);
    connection
        .prepare_cached(sql!(
            "INSERT INTO idempotency_keys
                 (key_hash, provider_id, request_hash, enrollment_id, sealed_manual_code,
                  expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (provider_id, key_hash) DO UPDATE SET
                 request_hash = excluded.request_hash, enrollment_id = excluded.enrollment_id,
                 sealed_manual_code = excluded.sealed_manual_code,
                 expires_at = excluded.expires_at"
        ))?
        .post(params![
            call.key_hash,
            new.provider.as_str(),
            call.request_hash,
            new.id.as_bytes(),
            call.sealed_manual_code,
            seconds(expires_at),
        ])?;
    Ok(())
}

/// Forgets the keys whose time is over.
pub(crate) fn prune(connection: &Connection, now: UnixTime) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached(sql!("DELETE FROM idempotency_keys WHERE expires_at <= $1"))?
        .execute(params![seconds(now)])?)
}
