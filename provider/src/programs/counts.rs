//! How far the devices of an event are.

use super::{Target, table::Kept};
use crate::{
    id::{EnrollmentId, ProviderId},
    mailbox,
    store::{Connection, RowReader, StoreError, params, sql},
};

/// How many devices of an event are how far, by the version that is told now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventCounts {
    /// Were or are told of the event in any version.
    pub recipients: u64,
    /// Have not fetched this version yet.
    pub queued: u64,
    /// Have fetched it.
    pub delivered: u64,
    /// Have understood it.
    pub acknowledged: u64,
    /// Have done what it asks for.
    pub executed: u64,
    /// Tried in vain.
    pub failed: u64,
    /// Will not do it.
    pub refused: u64,
    /// Did not fetch or acknowledge it before it was over.
    pub expired: u64,
    /// Were not told of this version because another one took its place.
    pub withdrawn: u64,
    /// Their customers take part, and said so.
    pub opted_in: u64,
    /// Their customers do not take part.
    pub opted_out: u64,
}

/// Chunk in which devices of several targets are counted.
const AT_ONCE: u32 = 1000;

pub(super) fn of_event(
    connection: &Connection,
    provider: &ProviderId,
    kept: &Kept,
) -> Result<EventCounts, StoreError> {
    let told = mailbox::counts(connection, provider, kept.parcel)?;
    let mut counts = EventCounts {
        queued: told.queued,
        delivered: told.delivered,
        acknowledged: told.acknowledged,
        executed: told.executed,
        failed: told.failed,
        refused: told.refused,
        expired: told.expired,
        withdrawn: told.cancelled,
        ..EventCounts::default()
    };
    let mut statement = connection.prepare_cached(sql!(
        "SELECT COALESCE(choice, ''), COUNT(*) FROM dr_recipients
         WHERE provider_id = $1 AND event_id = $2 GROUP BY choice"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), kept.event.id.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "dr_recipients");
        let choice: String = row.value("choice")?;
        let count = row.parsed("count", |count: i64| u64::try_from(count).ok())?;
        counts.recipients += count;
        match choice.as_str() {
            "in" => counts.opted_in = count,
            "out" => counts.opted_out = count,
            _ => {}
        }
    }
    Ok(counts)
}

/// How many devices these targets name now, each counted once.
pub(super) fn of_targets(
    connection: &Connection,
    provider: &ProviderId,
    targets: &[Target],
) -> Result<u64, StoreError> {
    let mut passed_on = 0;
    for target in targets {
        if let Target::Aggregator { provider } = target {
            passed_on += of_targets(connection, provider, &[Target::All])?;
        }
    }
    if targets.contains(&Target::All) {
        let mut statement = connection.prepare_cached(sql!(
            "SELECT COUNT(*) FROM enrollments WHERE provider_id = $1 AND state = 'active'"
        ))?;
        let count: i64 = statement.query_row(params![provider.as_str()], |row| row.get(0))?;
        return Ok(passed_on + u64::try_from(count).unwrap_or(0));
    }
    let mut found = std::collections::HashSet::new();
    for target in targets {
        let mut after = EnrollmentId::nil();
        loop {
            let devices = target.next(connection, provider, after, AT_ONCE)?;
            let is_last = devices.len() < AT_ONCE as usize;
            after = devices.last().copied().unwrap_or(after);
            found.extend(devices);
            if is_last {
                break;
            }
        }
    }
    Ok(passed_on + found.len() as u64)
}
