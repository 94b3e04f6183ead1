//! Keys and subscriptions in the database.

use gridpass_protocol::UnixTime;

use super::PushKey;
use crate::{
    id::{EnrollmentId, ParcelId, ProviderId},
    mailbox,
    store::{Connection, OptionalExtension, RowReader, StoreError, params, seconds, sql},
    vault::Vault,
};

/// Seconds until a knock: an open page, which hears of it at once, is quicker, and then nobody is
/// knocked at.
const GRACE: i64 = 3;

/// How long a knock may be under way before it is taken for abandoned, in seconds.
const LEASE: u64 = 120;

/// A knock that this process may try now.
pub(super) struct Due {
    pub(super) provider: ProviderId,
    pub(super) enrollment: EnrollmentId,
    pub(super) sealed_endpoint: Vec<u8>,
    /// How often it was tried, this time included.
    pub(super) attempts: u32,
}

/// What became of a knock.
#[derive(Clone, Copy)]
pub(super) enum Settled {
    /// The push service has it.
    Done,
    /// There is no such subscription any more.
    Gone,
    /// It is tried once more then.
    Again { at: UnixTime },
    /// It is not.
    GivenUp,
}

pub(super) fn key(
    connection: &Connection,
    provider: &ProviderId,
    vault: &Vault,
) -> Result<Option<PushKey>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT provider_id, sealed_key FROM push_keys WHERE provider_id = $1"
    ))?;
    let mut rows = statement.query(params![provider.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "push_keys");
    let _: String = row.value("provider_id")?;
    row.parsed("sealed_key", |sealed: Vec<u8>| {
        PushKey::open(provider, sealed, vault).ok()
    })
    .map(Some)
}

pub(super) fn insert_key(
    transaction: &Connection,
    provider: &ProviderId,
    key: &PushKey,
    now: UnixTime,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "INSERT INTO push_keys (provider_id, public_key, sealed_key, made_at)
             VALUES ($1, $2, $3, $4) ON CONFLICT (provider_id) DO NOTHING"
        ))?
        .post(params![
            provider.as_str(),
            key.public(),
            key.sealed(),
            seconds(now)
        ])?;
    Ok(())
}

/// Knocks at a device there from now on, and nowhere else.
pub(super) fn subscribe(
    transaction: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    sealed_endpoint: &[u8],
    now: UnixTime,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "INSERT INTO push_subscriptions
                 (provider_id, enrollment_id, sealed_endpoint, made_at, attempts)
             VALUES ($1, $2, $3, $4, 0)
             ON CONFLICT (provider_id, enrollment_id)
             DO UPDATE SET sealed_endpoint = $3, made_at = $4, due_at = NULL, attempts = 0"
        ))?
        .post(params![
            provider.as_str(),
            enrollment.as_bytes(),
            sealed_endpoint,
            seconds(now)
        ])?;
    Ok(())
}

/// Knocks at a device no more.
pub(super) fn unsubscribe(
    transaction: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "DELETE FROM push_subscriptions WHERE provider_id = $1 AND enrollment_id = $2"
        ))?
        .post(params![provider.as_str(), enrollment.as_bytes()])?;
    Ok(())
}

/// Has those of these devices knocked at that want it: a parcel lies in their mailboxes.
pub(crate) fn mark_due(
    transaction: &Connection,
    provider: &ProviderId,
    parcel: ParcelId,
    enrollments: &[EnrollmentId],
) -> Result<(), StoreError> {
    let made_at: Option<i64> = transaction
        .prepare_cached(sql!(
            "SELECT p.created_at FROM parcels p
             WHERE p.provider_id = $1 AND p.id = $2 AND EXISTS
                 (SELECT 1 FROM push_subscriptions s WHERE s.provider_id = p.provider_id)"
        ))?
        .query_row(params![provider.as_str(), parcel.as_bytes()], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(made_at) = made_at else {
        return Ok(());
    };
    let mut statement = transaction.prepare_cached(sql!(
        "UPDATE push_subscriptions SET due_at = $3, attempts = 0
         WHERE provider_id = $1 AND enrollment_id = $2 AND due_at IS NULL"
    ))?;
    for enrollment in enrollments {
        statement.execute(params![
            provider.as_str(),
            enrollment.as_bytes(),
            made_at.saturating_add(GRACE)
        ])?;
    }
    Ok(())
}

/// Whether there is any knock to try at `now`.
pub(super) fn is_any_due(connection: &Connection, now: UnixTime) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(sql!(
            "SELECT 1 FROM push_subscriptions WHERE due_at <= $1 LIMIT 1"
        ))?
        .exists(params![seconds(now)])?)
}

/// Takes at most `most` knocks that are due. Where nothing waits any more nobody is knocked at, and a
/// device that is out of service is forgotten.
pub(super) fn lease(
    transaction: &Connection,
    now: UnixTime,
    most: u32,
) -> Result<Vec<Due>, StoreError> {
    let mut leased = Vec::new();
    for (mut due, is_in_service) in due(transaction, now, most)? {
        let Due {
            provider,
            enrollment,
            ..
        } = &due;
        if !is_in_service {
            unsubscribe(transaction, provider, *enrollment)?;
        } else if mailbox::is_anything_pending(transaction, provider, *enrollment, now)? {
            due.attempts += 1;
            set_due(transaction, &due, Some(now.plus(LEASE)))?;
            leased.push(due);
        } else {
            set_due(transaction, &due, None)?;
        }
    }
    Ok(leased)
}

fn due(connection: &Connection, now: UnixTime, most: u32) -> Result<Vec<(Due, bool)>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT s.enrollment_id, s.provider_id, s.sealed_endpoint, s.attempts,
             e.state IN ('issued', 'active')
         FROM push_subscriptions s
         JOIN enrollments e ON e.id = s.enrollment_id AND e.provider_id = s.provider_id
         WHERE s.due_at <= $1 ORDER BY s.due_at LIMIT $2"
    ))?;
    let mut rows = statement.query(params![seconds(now), most])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "push_subscriptions");
        let enrollment = EnrollmentId::from_bytes(row.bytes("enrollment_id")?);
        let due = Due {
            enrollment,
            provider: row.word("provider_id")?,
            sealed_endpoint: row.value("sealed_endpoint")?,
            attempts: row.parsed("attempts", |count: i64| u32::try_from(count).ok())?,
        };
        found.push((due, row.value("state")?));
    }
    Ok(found)
}

fn set_due(transaction: &Connection, due: &Due, at: Option<UnixTime>) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "UPDATE push_subscriptions SET due_at = $3, attempts = $4
             WHERE provider_id = $1 AND enrollment_id = $2"
        ))?
        .post(params![
            due.provider.as_str(),
            due.enrollment.as_bytes(),
            at.map(seconds),
            due.attempts
        ])?;
    Ok(())
}

/// Writes down what became of a knock. A device that has another address by now keeps that.
pub(super) fn settle(
    transaction: &Connection,
    due: &Due,
    settled: Settled,
) -> Result<(), StoreError> {
    let (provider, device) = (due.provider.as_str(), due.enrollment.as_bytes());
    let at = match settled {
        Settled::Gone => {
            transaction
                .prepare_cached(sql!(
                    "DELETE FROM push_subscriptions
                     WHERE provider_id = $1 AND enrollment_id = $2 AND sealed_endpoint = $3"
                ))?
                .post(params![provider, device, due.sealed_endpoint])?;
            return Ok(());
        }
        Settled::Again { at } => Some(seconds(at)),
        Settled::Done | Settled::GivenUp => None,
    };
    transaction
        .prepare_cached(sql!(
            "UPDATE push_subscriptions SET due_at = $4
             WHERE provider_id = $1 AND enrollment_id = $2 AND sealed_endpoint = $3"
        ))?
        .post(params![provider, device, due.sealed_endpoint, at])?;
    Ok(())
}
