//! Telling everybody who is meant, in the background.
//!
//! The addresses of an event's version are written in steps. Step 0 goes through those who were
//! told of a version before; step `n` through the devices of the `n`th target that were not told
//! yet. Each turn writes at most [`AT_ONCE`] addresses and how far it came, in one transaction: it
//! is done or not done, whenever the power fails, and several processes may try it.

use gridpass_protocol::UnixTime;

use super::{
    Event, Target,
    table::{self, Kept},
};
use crate::{
    Gridpass,
    id::{EnrollmentId, EventId, ProviderId},
    mailbox,
    store::{Connection, RowReader, StoreError, params, seconds, sql},
};

/// Addresses in one transaction: it bounds how long others wait for the writer.
const AT_ONCE: u32 = 1000;

/// What a turn of the addressing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressingStep {
    /// It wrote addresses; there may be more to do at once.
    Worked,
    /// There is nothing to do.
    Idle,
}

impl Gridpass {
    /// Writes the next addresses of the event that has waited longest. To be called again and
    /// again; several processes may.
    ///
    /// # Errors
    /// The database failed. The event is then as it was.
    pub fn run_addressing_step(&self) -> Result<AddressingStep, StoreError> {
        let Some(kept) = self.store.read(table::next_waiting)? else {
            return Ok(AddressingStep::Idle);
        };
        let found = self.store.read(|connection| next(connection, &kept))?;
        let now = self.clock_now();
        match self
            .store
            .write(move |transaction| write(transaction, &kept, &found, now))
        {
            // Somebody changed the event, or another process was faster: nothing was written, and
            // the next turn finds how things stand.
            Err(StoreError::Contended) => Ok(AddressingStep::Worked),
            Err(error) => Err(error),
            Ok(told) => {
                self.wakes().wake(&told);
                Ok(AddressingStep::Worked)
            }
        }
    }
}

/// Who is next, and where the addressing stands afterwards.
struct Turn {
    devices: Vec<EnrollmentId>,
    then: Then,
}

/// Where the addressing goes on.
enum Then {
    Behind(u64, EnrollmentId),
    Done,
}

fn next(connection: &Connection, kept: &Kept) -> Result<Turn, StoreError> {
    let (provider, event) = (&kept.provider, &kept.event);
    let devices = if kept.step == 0 {
        told(connection, provider, event.id, kept.after)?
    } else {
        match target(event, kept.step) {
            Some(target) => target.next(connection, provider, kept.after, AT_ONCE)?,
            None => Vec::new(),
        }
    };
    let then = match devices.last() {
        Some(last) if devices.len() == AT_ONCE as usize => Then::Behind(kept.step, *last),
        _ if has_step(event, kept.step + 1) => Then::Behind(kept.step + 1, EnrollmentId::nil()),
        _ => Then::Done,
    };
    Ok(Turn { devices, then })
}

/// A cancelled event is told to those who heard of it, and to nobody else.
fn has_step(event: &Event, step: u64) -> bool {
    event.cancelled_at.is_none() && target(event, step).is_some()
}

fn target(event: &Event, step: u64) -> Option<&Target> {
    let index = usize::try_from(step.checked_sub(1)?).ok()?;
    event.draft.targets.get(index)
}

fn told(
    connection: &Connection,
    provider: &ProviderId,
    event: EventId,
    after: EnrollmentId,
) -> Result<Vec<EnrollmentId>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT enrollment_id FROM dr_recipients
         WHERE provider_id = $1 AND event_id = $2 AND enrollment_id > $3
         ORDER BY enrollment_id LIMIT $4"
    ))?;
    let mut rows = statement.query(params![
        provider.as_str(),
        event.as_bytes(),
        after.as_bytes(),
        AT_ONCE
    ])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "dr_recipients");
        found.push(EnrollmentId::from_bytes(row.bytes("enrollment_id")?));
    }
    Ok(found)
}

fn write(
    transaction: &Connection,
    kept: &Kept,
    turn: &Turn,
    now: UnixTime,
) -> Result<Vec<EnrollmentId>, StoreError> {
    let (addressing, step, after) = match turn.then {
        Then::Behind(step, after) => ("waiting", step, after),
        Then::Done => ("done", kept.step, kept.after),
    };
    let (provider, event) = (kept.provider.as_str(), kept.event.id);
    let moved = transaction
        .prepare_cached(sql!(
            "UPDATE dr_events SET addressing = $3, step = $4, after = $5, revision = revision + 1
             WHERE provider_id = $1 AND id = $2 AND addressing = 'waiting' AND version = $6
                 AND step = $7 AND after = $8"
        ))?
        .execute(params![
            provider,
            event.as_bytes(),
            addressing,
            table::number(step),
            after.as_bytes(),
            table::number(kept.event.version),
            table::number(kept.step),
            kept.after.as_bytes()
        ])?;
    if moved == 0 {
        return Err(StoreError::Contended);
    }
    let fresh = if kept.step == 0 {
        turn.devices.clone()
    } else {
        admit(transaction, &kept.provider, event, &turn.devices, now)?
    };
    mailbox::address(transaction, &kept.provider, kept.parcel, &fresh)?;
    Ok(fresh)
}

/// Makes devices recipients of an event; returns those that were none.
fn admit(
    transaction: &Connection,
    provider: &ProviderId,
    event: EventId,
    devices: &[EnrollmentId],
    now: UnixTime,
) -> Result<Vec<EnrollmentId>, StoreError> {
    let mut statement = transaction.prepare_cached(sql!(
        "INSERT INTO dr_recipients (provider_id, event_id, enrollment_id, added_at)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
    ))?;
    let mut fresh = Vec::with_capacity(devices.len());
    for device in devices {
        let row = params![
            provider.as_str(),
            event.as_bytes(),
            device.as_bytes(),
            seconds(now)
        ];
        if statement.execute(row)? == 1 {
            fresh.push(*device);
        }
    }
    Ok(fresh)
}

/// Tells a device, which became active or came into a group, of every event that goes on or is to
/// come and that it is meant for.
pub(crate) fn greet(
    transaction: &Connection,
    provider: &ProviderId,
    device: EnrollmentId,
    now: UnixTime,
) -> Result<(), StoreError> {
    for kept in table::to_come(transaction, provider, now)? {
        let mut is_meant = false;
        for target in &kept.event.draft.targets {
            is_meant = is_meant || target.names(transaction, provider, device)?;
        }
        if is_meant {
            let fresh = admit(transaction, provider, kept.event.id, &[device], now)?;
            mailbox::address(transaction, provider, kept.parcel, &fresh)?;
            if !fresh.is_empty() {
                table::touch(transaction, provider, kept.event.id)?;
            }
        }
    }
    Ok(())
}
