//! Parcels whose time is over, or that were taken back.

use gridpass_protocol::UnixTime;

use super::{Originator, ParcelState, RECIPIENTS_AT_ONCE, Subject};
use crate::{
    id::{EnrollmentId, ParcelId, ProviderId},
    store::{Connection, Row, RowReader, StoreError, params, seconds, sql},
    webhooks::{self, Change, Happening},
};

/// A parcel that is in no more answers.
struct Over {
    id: ParcelId,
    provider: ProviderId,
    number: i64,
    subject: Subject,
    originator: Originator,
    /// What becomes of it where the device has not said anything about it.
    state: ParcelState,
}

macro_rules! select {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT id, provider_id, number, kind, originator, originator_id, withdrawn_at
             FROM parcels ",
            $rest
        ))
    };
}

/// Closes one parcel that is over, or so many mailboxes of it as one transaction takes. Returns how
/// many mailboxes that were; `None` once there is nothing more to do.
pub(crate) fn expire(transaction: &Connection, now: UnixTime) -> Result<Option<usize>, StoreError> {
    let over = {
        let mut statement = transaction.prepare_cached(select!(
            "WHERE closed_at IS NULL AND (expires_at <= $1 OR withdrawn_at IS NOT NULL)
             ORDER BY expires_at LIMIT 1"
        ))?;
        let mut rows = statement.query(params![seconds(now)])?;
        rows.next()?.map(read).transpose()?
    };
    over.map(|over| close(transaction, &over, now)).transpose()
}

/// Begins to close this parcel, if it is not closed yet.
pub(super) fn close_one(
    transaction: &Connection,
    provider: &ProviderId,
    parcel: ParcelId,
    now: UnixTime,
) -> Result<(), StoreError> {
    let over = {
        let mut statement = transaction.prepare_cached(select!(
            "WHERE provider_id = $1 AND id = $2 AND closed_at IS NULL"
        ))?;
        let mut rows = statement.query(params![provider.as_str(), parcel.as_bytes()])?;
        rows.next()?.map(read).transpose()?
    };
    if let Some(over) = over {
        close(transaction, &over, now)?;
    }
    Ok(())
}

/// Cancels what waits for a device that will never speak again.
pub(crate) fn empty(
    transaction: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    now: UnixTime,
) -> Result<(), StoreError> {
    let mut waiting = Vec::new();
    {
        let mut statement = transaction.prepare_cached(select!(
            "WHERE provider_id = $1 AND number IN (
                 SELECT parcel FROM parcel_recipients
                 WHERE provider_id = $1 AND enrollment_id = $2
                     AND state IN ('queued', 'delivered'))
             ORDER BY number"
        ))?;
        let mut rows = statement.query(params![provider.as_str(), enrollment.as_bytes()])?;
        while let Some(row) = rows.next()? {
            waiting.push(read(row)?);
        }
    }
    for over in waiting {
        let over = Over {
            state: ParcelState::Cancelled,
            ..over
        };
        close_at(transaction, &over, enrollment, now)?;
    }
    Ok(())
}

fn read(row: Row<'_>) -> Result<Over, StoreError> {
    let row = RowReader::new(row, "parcels");
    let id = ParcelId::from_bytes(row.bytes("id")?);
    let provider = row.word("provider_id")?;
    let number = row.value("number")?;
    let subject = row.parsed("kind", |kind: String| Subject::parse(&kind))?;
    let originator: String = row.value("originator")?;
    let originator = row.parsed("originator_id", |name: String| {
        Originator::parse(&originator, &name)
    })?;
    let state = match row.optional_time("withdrawn_at")? {
        Some(_) => ParcelState::Cancelled,
        None => ParcelState::Expired,
    };
    Ok(Over {
        id,
        provider,
        number,
        subject,
        originator,
        state,
    })
}

fn close(transaction: &Connection, over: &Over, now: UnixTime) -> Result<usize, StoreError> {
    let unheard = unheard_of(transaction, over)?;
    for enrollment in &unheard {
        close_at(transaction, over, *enrollment, now)?;
    }
    if unheard.len() < RECIPIENTS_AT_ONCE {
        transaction
            .prepare_cached(sql!(
                "UPDATE parcels SET closed_at = $3 WHERE provider_id = $1 AND id = $2"
            ))?
            .post(params![
                over.provider.as_str(),
                over.id.as_bytes(),
                seconds(now)
            ])?;
    }
    Ok(unheard.len())
}

/// Closes it in one mailbox, and tells whoever wants to know.
fn close_at(
    transaction: &Connection,
    over: &Over,
    enrollment: EnrollmentId,
    now: UnixTime,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "UPDATE parcel_recipients SET state = $4, closed_at = $5
             WHERE provider_id = $1 AND enrollment_id = $2 AND parcel = $3"
        ))?
        .post(params![
            over.provider.as_str(),
            enrollment.as_bytes(),
            over.number,
            over.state.as_str(),
            seconds(now)
        ])?;
    if let (Subject::Instruction, Originator::Api(_)) = (over.subject, &over.originator) {
        let change = Change {
            provider: &over.provider,
            enrollment,
            what: Happening::Instruction {
                id: over.id,
                state: over.state,
                device_at: None,
            },
            at: now,
        };
        webhooks::announce(transaction, &change)?;
    }
    Ok(())
}

/// The devices that have not said anything about it.
fn unheard_of(connection: &Connection, over: &Over) -> Result<Vec<EnrollmentId>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT enrollment_id FROM parcel_recipients
         WHERE provider_id = $1 AND parcel = $2 AND state IN ('queued', 'delivered') LIMIT $3"
    ))?;
    let mut rows = statement.query(params![
        over.provider.as_str(),
        over.number,
        RECIPIENTS_AT_ONCE as i64
    ])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "parcel_recipients");
        found.push(EnrollmentId::from_bytes(row.bytes("enrollment_id")?));
    }
    Ok(found)
}
