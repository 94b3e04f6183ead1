//! Members of staff as the database knows them.

use gridpass_protocol::UnixTime;

use super::role::Role;
use crate::{
    id::{ProviderId, StaffId},
    store::{Connection, Row, RowReader, StoreError, params, seconds, sql},
};

/// One member of staff.
pub(crate) struct Person {
    pub(crate) id: StaffId,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) password_hash: Option<String>,
    pub(crate) sealed_totp: Option<Vec<u8>>,
    /// Whether there is any way to sign in of this portal's own.
    pub(crate) can_sign_in: bool,
    /// Whether the provider's own issuer has vouched for this person.
    pub(crate) is_vouched_for: bool,
    pub(crate) made_at: UnixTime,
    pub(crate) disabled_at: Option<UnixTime>,
}

macro_rules! select {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT id, name, email, role, password_hash, sealed_totp,
                 password_hash IS NOT NULL OR EXISTS (SELECT 1 FROM staff_passkeys
                     WHERE staff_passkeys.provider_id = staff.provider_id
                         AND staff_passkeys.staff_id = staff.id),
                 vouched_at IS NOT NULL, made_at, disabled_at
             FROM staff WHERE provider_id = $1 ",
            $rest
        ))
    };
}

impl Person {
    fn read(row: Row<'_>) -> Result<Self, StoreError> {
        let row = RowReader::new(row, "staff");
        let unsigned = |value: Option<i64>| value.map(i64::unsigned_abs);
        Ok(Self {
            id: StaffId::from_bytes(row.bytes("id")?),
            name: row.value("name")?,
            email: row.value("email")?,
            role: row.word("role")?,
            password_hash: row.value("password_hash")?,
            sealed_totp: row.value("sealed_totp")?,
            can_sign_in: row.value("can_sign_in")?,
            is_vouched_for: row.value("vouched_at")?,
            made_at: row.time("made_at")?,
            disabled_at: unsigned(row.value("disabled_at")?).map(UnixTime),
        })
    }
}

/// The person with this id.
pub(crate) fn find(
    connection: &Connection,
    provider: &ProviderId,
    id: StaffId,
) -> Result<Option<Person>, StoreError> {
    let mut statement = connection.prepare_cached(select!("AND id = $2"))?;
    let mut rows = statement.query(params![provider.as_str(), id.as_bytes()])?;
    rows.next()?.map(Person::read).transpose()
}

/// The person with this address, in any case.
pub(crate) fn find_by_email(
    connection: &Connection,
    provider: &ProviderId,
    email: &str,
) -> Result<Option<Person>, StoreError> {
    let mut statement = connection.prepare_cached(select!("AND email_lookup = $2"))?;
    let mut rows = statement.query(params![provider.as_str(), email.trim().to_lowercase()])?;
    rows.next()?.map(Person::read).transpose()
}

/// Everybody, by name.
pub(crate) fn all(
    connection: &Connection,
    provider: &ProviderId,
) -> Result<Vec<Person>, StoreError> {
    let mut statement = connection.prepare_cached(select!("ORDER BY name, id LIMIT 1000"))?;
    let mut rows = statement.query(params![provider.as_str()])?;
    let mut people = Vec::new();
    while let Some(row) = rows.next()? {
        people.push(Person::read(row)?);
    }
    Ok(people)
}

/// Writes a new person who cannot sign in yet. Whether the address was free.
pub(crate) fn insert(
    transaction: &Connection,
    provider: &ProviderId,
    person: &Person,
) -> Result<bool, StoreError> {
    let inserted = transaction
        .prepare_cached(sql!(
            "INSERT INTO staff (id, provider_id, name, email, email_lookup, role, made_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (provider_id, email_lookup) DO NOTHING"
        ))?
        .execute(params![
            person.id.as_bytes(),
            provider.as_str(),
            person.name,
            person.email,
            person.email.to_lowercase(),
            person.role.as_str(),
            seconds(person.made_at)
        ])?;
    Ok(inserted == 1)
}

/// Marks the code of a time step as used. Whether it was not before.
pub(crate) fn use_totp_step(
    transaction: &Connection,
    provider: &ProviderId,
    id: StaffId,
    step: u64,
) -> Result<bool, StoreError> {
    let used = transaction
        .prepare_cached(sql!(
            "UPDATE staff SET totp_step = $3 WHERE provider_id = $1 AND id = $2
                 AND (totp_step IS NULL OR totp_step < $3)"
        ))?
        .execute(params![
            provider.as_str(),
            id.as_bytes(),
            seconds(UnixTime(step))
        ])?;
    Ok(used == 1)
}
