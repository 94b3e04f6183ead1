//! Events in the database.

use gridpass_protocol::UnixTime;

use super::{Amount, Event, EventDraft, Signal};
use crate::{
    id::{EnrollmentId, EventId, ParcelId, ProgramId, ProviderId},
    store::{Connection, Row, RowReader, StoreError, params, seconds, sql},
};

/// The beginning of every SELECT that [`read`] reads.
macro_rules! select {
    ($($rest:expr),+) => {
        sql!(concat!(
            "SELECT e.id, e.provider_id, e.program_id, e.name, e.signal, e.amounts, e.starts_at,
                 e.length, e.randomize_start, e.ends_at, e.priority, e.incentive, e.targets,
                 e.version, e.cancelled_at, e.made_at, e.changed_at, e.addressing, e.parcel_id,
                 e.step, e.after
             FROM dr_events e ",
            $($rest),+
        ))
    };
}
pub(super) use select;

/// An event with what only the work in the background needs.
pub(super) struct Kept {
    pub(super) event: Event,
    pub(super) provider: ProviderId,
    /// What devices are told in this version.
    pub(super) parcel: ParcelId,
    /// Which step of the addressing is next, and behind whom it goes on.
    pub(super) step: u64,
    pub(super) after: EnrollmentId,
}

pub(super) fn read(row: Row<'_>) -> Result<Kept, StoreError> {
    let row = RowReader::new(row, "dr_events");
    let count = |column| row.parsed(column, |count: i64| u64::try_from(count).ok());
    let id = EventId::from_bytes(row.bytes("id")?);
    let provider = row.word("provider_id")?;
    let program = ProgramId::from_bytes(row.bytes("program_id")?);
    let name = row.value("name")?;
    let signal = Signal {
        kind: row.word("signal")?,
        amounts: row.parsed("amounts", |text: String| {
            serde_json::from_str::<Vec<Amount>>(&text).ok()
        })?,
    };
    let starts_at = row.time("starts_at")?;
    let length = count("length")?;
    let randomize_start = count("randomize_start")?;
    let ends_at = row.time("ends_at")?;
    let priority = row.parsed("priority", |priority: Option<i64>| {
        priority.map(u32::try_from).transpose().ok()
    })?;
    let incentive = row.value("incentive")?;
    let targets = row.parsed("targets", |text: String| serde_json::from_str(&text).ok())?;
    let version = count("version")?;
    let cancelled_at = row.optional_time("cancelled_at")?;
    let made_at = row.time("made_at")?;
    let changed_at = row.time("changed_at")?;
    let addressing = row.word("addressing")?;
    Ok(Kept {
        event: Event {
            id,
            draft: EventDraft {
                program,
                name,
                starts_at,
                length,
                randomize_start,
                signal,
                priority,
                incentive,
                targets,
            },
            ends_at,
            version,
            cancelled_at,
            made_at,
            changed_at,
            addressing,
        },
        provider,
        parcel: ParcelId::from_bytes(row.bytes("parcel_id")?),
        step: count("step")?,
        after: EnrollmentId::from_bytes(row.bytes("after")?),
    })
}

/// The event of this provider with this id.
pub(super) fn find(
    connection: &Connection,
    provider: &ProviderId,
    id: EventId,
) -> Result<Option<Kept>, StoreError> {
    let mut statement =
        connection.prepare_cached(select!("WHERE e.provider_id = $1 AND e.id = $2"))?;
    let mut rows = statement.query(params![provider.as_str(), id.as_bytes()])?;
    rows.next()?.map(read).transpose()
}

/// The events of this provider, those that begin last first.
pub(super) fn newest(
    connection: &Connection,
    provider: &ProviderId,
    most: u32,
) -> Result<Vec<Event>, StoreError> {
    let mut statement = connection.prepare_cached(select!(
        "WHERE e.provider_id = $1 ORDER BY e.starts_at DESC, e.id DESC LIMIT $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), most])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(read(row)?.event);
    }
    Ok(events)
}

/// The events of this provider that go on or are to come.
pub(super) fn to_come(
    connection: &Connection,
    provider: &ProviderId,
    now: UnixTime,
) -> Result<Vec<Kept>, StoreError> {
    let mut statement = connection.prepare_cached(select!(
        "WHERE e.provider_id = $1 AND e.ends_at > $2 AND e.cancelled_at IS NULL"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), seconds(now)])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(read(row)?);
    }
    Ok(events)
}

/// The event, of whatever provider, whose addresses have waited longest.
pub(super) fn next_waiting(connection: &Connection) -> Result<Option<Kept>, StoreError> {
    let mut statement = connection.prepare_cached(select!(
        "WHERE e.addressing = 'waiting' ORDER BY e.changed_at LIMIT 1"
    ))?;
    let mut rows = statement.query([])?;
    rows.next()?.map(read).transpose()
}

/// An event of one provider that is passed on to the devices of another.
#[derive(Clone, Copy)]
pub(super) struct Principal<'a> {
    pub(super) provider: &'a ProviderId,
    pub(super) event: EventId,
}

/// The events of aggregators that pass this one on.
pub(super) fn passed_on(
    connection: &Connection,
    principal: Principal<'_>,
) -> Result<Vec<Kept>, StoreError> {
    let mut statement = connection.prepare_cached(select!(
        "WHERE e.principal_id = $1 AND e.principal_event = $2 ORDER BY e.provider_id"
    ))?;
    let mut rows = statement.query(params![
        principal.provider.as_str(),
        principal.event.as_bytes()
    ])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(read(row)?);
    }
    Ok(events)
}

/// Writes a new event.
pub(super) fn insert(
    connection: &Connection,
    provider: &ProviderId,
    event: &Event,
    parcel: ParcelId,
    principal: Option<Principal<'_>>,
) -> Result<(), StoreError> {
    let draft = &event.draft;
    connection
        .prepare_cached(sql!(
            "INSERT INTO dr_events (id, provider_id, program_id, name, signal, amounts, starts_at,
                 length, randomize_start, ends_at, priority, incentive, targets, version,
                 parcel_id, addressing, step, after, made_at, changed_at, revision, principal_id,
                 principal_event)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
                 'waiting', 0, $16, $17, $17, 1, $18, $19)"
        ))?
        .post(params![
            event.id.as_bytes(),
            provider.as_str(),
            draft.program.as_bytes(),
            draft.name,
            draft.signal.kind.as_str(),
            json(&draft.signal.amounts),
            seconds(draft.starts_at),
            number(draft.length),
            number(draft.randomize_start),
            seconds(event.ends_at),
            draft.priority,
            draft.incentive,
            json(&draft.targets),
            number(event.version),
            parcel.as_bytes(),
            EnrollmentId::nil().as_bytes(),
            seconds(event.made_at),
            principal.map(|principal| principal.provider.as_str()),
            principal
                .as_ref()
                .map(|principal| principal.event.as_bytes()),
        ])?;
    Ok(())
}

/// Writes what an event says now, unless somebody changed it since `before`. Its addresses are
/// written anew.
pub(super) fn update(
    connection: &Connection,
    provider: &ProviderId,
    event: &Event,
    parcel: ParcelId,
    before: u64,
) -> Result<bool, StoreError> {
    let draft = &event.draft;
    let changed = connection
        .prepare_cached(sql!(
            "UPDATE dr_events SET program_id = $3, name = $4, signal = $5, amounts = $6,
                 starts_at = $7, length = $8, randomize_start = $9, ends_at = $10, priority = $11,
                 incentive = $12, version = $13, cancelled_at = $14, parcel_id = $15,
                 addressing = 'waiting', step = 0, after = $16, changed_at = $17,
                 revision = revision + 1
             WHERE provider_id = $1 AND id = $2 AND version = $18"
        ))?
        .execute(params![
            provider.as_str(),
            event.id.as_bytes(),
            draft.program.as_bytes(),
            draft.name,
            draft.signal.kind.as_str(),
            json(&draft.signal.amounts),
            seconds(draft.starts_at),
            number(draft.length),
            number(draft.randomize_start),
            seconds(event.ends_at),
            draft.priority,
            draft.incentive,
            number(event.version),
            event.cancelled_at.map(seconds),
            parcel.as_bytes(),
            EnrollmentId::nil().as_bytes(),
            seconds(event.changed_at),
            number(before),
        ])?;
    Ok(changed == 1)
}

/// Says that something which the desk shows of an event is different now.
pub(super) fn touch(
    connection: &Connection,
    provider: &ProviderId,
    id: EventId,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "UPDATE dr_events SET revision = revision + 1 WHERE provider_id = $1 AND id = $2"
        ))?
        .post(params![provider.as_str(), id.as_bytes()])?;
    Ok(())
}

/// Says the same of the event that a parcel of the mailbox tells, if it tells one.
pub(crate) fn touch_parcel(
    connection: &Connection,
    provider: &ProviderId,
    number: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "UPDATE dr_events SET revision = revision + 1
             WHERE provider_id = $1 AND parcel_id =
                 (SELECT id FROM parcels WHERE provider_id = $1 AND number = $2)"
        ))?
        .post(params![provider.as_str(), number])?;
    Ok(())
}

/// Numbers that were checked when they were entered are far below the largest.
pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("amounts and targets have no keys but texts")
}
