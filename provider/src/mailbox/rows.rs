//! Putting parcels into mailboxes, taking them back, and counting.

use gridpass_protocol::UnixTime;

use super::{Counts, MailboxError, Parcel, ParcelState, expiry::close_one};
use crate::{
    id::{EnrollmentId, ParcelId, ProviderId},
    push,
    store::{Connection, RowReader, StoreError, params, seconds, sql},
};

/// Writes a parcel down. Nobody has it yet: [`address`] says whom it is for.
pub(crate) fn post(transaction: &Connection, parcel: &Parcel) -> Result<ParcelId, MailboxError> {
    let content = parcel.content.to_json()?;
    transaction
        .prepare_cached(sql!(
            "INSERT INTO parcels
                 (id, provider_id, number, kind, content, originator, originator_id, created_at,
                  expires_at)
             VALUES ($1, $2,
                 (SELECT COALESCE(MAX(number), 0) + 1 FROM parcels WHERE provider_id = $2),
                 $3, $4, $5, $6, $7, $8)"
        ))
        .and_then(|mut statement| {
            statement.execute(params![
                parcel.id.as_bytes(),
                parcel.provider.as_str(),
                parcel.content.subject().as_str(),
                content,
                parcel.originator.kind(),
                parcel.originator.name(),
                seconds(parcel.created_at),
                seconds(parcel.expires_at)
            ])
        })
        .map_err(StoreError::from)?;
    Ok(parcel.id)
}

/// Puts a parcel into the mailboxes of these devices of the provider; where it is already it stays
/// as it is. At most [`super::RECIPIENTS_AT_ONCE`] in one transaction. Afterwards, outside of it,
/// [`super::Wakes::wake`] tells those that wait.
pub(crate) fn address(
    transaction: &Connection,
    provider: &ProviderId,
    parcel: ParcelId,
    enrollments: &[EnrollmentId],
) -> Result<(), StoreError> {
    let mut statement = transaction.prepare_cached(sql!(
        "INSERT INTO parcel_recipients (provider_id, enrollment_id, parcel, state)
         SELECT provider_id, $3, number, 'queued' FROM parcels
         WHERE provider_id = $1 AND id = $2 AND withdrawn_at IS NULL AND closed_at IS NULL
         ON CONFLICT (provider_id, enrollment_id, parcel) DO NOTHING"
    ))?;
    for enrollment in enrollments {
        statement.execute(params![
            provider.as_str(),
            parcel.as_bytes(),
            enrollment.as_bytes()
        ])?;
    }
    push::mark_due(transaction, provider, parcel, enrollments)
}

/// Takes a parcel back: it is in no more answers, and where the device has not said anything about
/// it, it is cancelled: at so many as one transaction takes now, at the others by housekeeping.
pub(crate) fn withdraw(
    transaction: &Connection,
    provider: &ProviderId,
    parcel: ParcelId,
    at: UnixTime,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "UPDATE parcels SET withdrawn_at = $3
             WHERE provider_id = $1 AND id = $2 AND withdrawn_at IS NULL AND closed_at IS NULL"
        ))?
        .post(params![provider.as_str(), parcel.as_bytes(), seconds(at)])?;
    close_one(transaction, provider, parcel, at)
}

/// At how many devices a parcel is in which state.
pub(crate) fn counts(
    connection: &Connection,
    provider: &ProviderId,
    parcel: ParcelId,
) -> Result<Counts, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT state, COUNT(*) FROM parcel_recipients
         WHERE provider_id = $1
             AND parcel = (SELECT number FROM parcels WHERE provider_id = $1 AND id = $2)
         GROUP BY state"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), parcel.as_bytes()])?;
    let mut counts = Counts::default();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "parcel_recipients");
        let state: ParcelState = row.word("state")?;
        *counts.of(state) = row.parsed("count", |count: i64| u64::try_from(count).ok())?;
    }
    Ok(counts)
}
