//! What waits for one device.

use gridpass_protocol::{Item, UnixTime};
use uuid::Uuid;

use super::Content;
use crate::{
    audit::{self, Actor},
    id::{EnrollmentId, ParcelId, ProviderId},
    programs::touch_parcel,
    store::{Connection, RowReader, StoreError, params, seconds, sql},
};

/// The most parcels in one answer; the next ones are in the next answer.
const MOST: usize = 64;

/// The most bytes of contents in one answer, as JSON. An answer may be 64 KiB long, signed and
/// sealed, each of which adds a third: some 36 KiB of JSON, of which certificates take up to 8.
const MOST_BYTES: usize = 24 * 1024;

/// What waits for one device, oldest first, as much as one answer carries.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    number: i64,
    is_new: bool,
    item: Item,
}

/// What waits for this device now.
pub(crate) fn inbox(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    now: UnixTime,
) -> Result<Inbox, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT p.id, r.parcel, r.state, p.originator, p.expires_at, p.content
         FROM parcel_recipients r
         JOIN parcels p ON p.provider_id = r.provider_id AND p.number = r.parcel
         WHERE r.provider_id = $1 AND r.enrollment_id = $2 AND r.state IN ('queued', 'delivered')
             AND p.expires_at > $3 AND p.withdrawn_at IS NULL
         ORDER BY r.parcel"
    ))?;
    let mut rows = statement.query(params![
        provider.as_str(),
        enrollment.as_bytes(),
        seconds(now)
    ])?;
    let mut inbox = Inbox::default();
    let mut room = MOST_BYTES;
    while let Some(row) = rows.next()?
        && inbox.waiting.len() < MOST
    {
        let row = RowReader::new(row, "parcels");
        let id = ParcelId::from_bytes(row.bytes("id")?);
        let number = row.value("number")?;
        let state: String = row.value("state")?;
        let from: String = row.value("originator")?;
        let expires_at = row.time("expires_at")?;
        let content: String = row.value("content")?;
        let Some(left) = room.checked_sub(content.len()) else {
            break;
        };
        room = left;
        let content: Content =
            serde_json::from_str(&content).map_err(|_| row.corrupt("content"))?;
        inbox.waiting.push(Waiting {
            number,
            is_new: state == "queued",
            item: content.into_item(id, &from, expires_at),
        });
    }
    Ok(inbox)
}

/// Whether anything waits for this device.
pub(crate) fn is_anything_pending(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    now: UnixTime,
) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT EXISTS (
             SELECT 1 FROM parcel_recipients r
             JOIN parcels p ON p.provider_id = r.provider_id AND p.number = r.parcel
             WHERE r.provider_id = $1 AND r.enrollment_id = $2
                 AND r.state IN ('queued', 'delivered') AND p.expires_at > $3
                 AND p.withdrawn_at IS NULL)"
    ))?;
    Ok(statement.query_row(
        params![provider.as_str(), enrollment.as_bytes(), seconds(now)],
        |row| row.get(0),
    )?)
}

/// What waits in a mailbox, in short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pending {
    /// How many parcels.
    pub(crate) count: u64,
    /// The number of the newest of them; 0 if there is none.
    pub(crate) newest: u64,
}

/// What waits in a mailbox now.
pub(crate) fn pending(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    now: UnixTime,
) -> Result<Pending, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT COUNT(*), MAX(r.parcel) FROM parcel_recipients r
         JOIN parcels p ON p.provider_id = r.provider_id AND p.number = r.parcel
         WHERE r.provider_id = $1 AND r.enrollment_id = $2
             AND r.state IN ('queued', 'delivered') AND p.expires_at > $3
             AND p.withdrawn_at IS NULL"
    ))?;
    let (count, newest): (i64, Option<i64>) = statement.query_row(
        params![provider.as_str(), enrollment.as_bytes(), seconds(now)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(Pending {
        count: count.unsigned_abs(),
        newest: newest.map_or(0, i64::unsigned_abs),
    })
}

impl Inbox {
    /// Without the item that the device has just said something about.
    pub(crate) fn without(mut self, item: Uuid) -> Self {
        self.waiting
            .retain(|waiting| waiting.item.id() != Some(item));
        self
    }

    /// Whether settings are among it.
    pub(crate) fn has_settings(&self) -> bool {
        let is_settings = |waiting: &Waiting| matches!(waiting.item, Item::Settings(_));
        self.waiting.iter().any(is_settings)
    }

    /// The items, and what is to be written once they are on their way.
    pub(crate) fn hand_over(self) -> (Vec<Item>, Handed) {
        let new = self.waiting.iter().filter(|waiting| waiting.is_new);
        let first = |waiting: &Waiting| First {
            number: waiting.number,
            instruction: match &waiting.item {
                Item::Instruction { id, .. } => Some(ParcelId::from_uuid(*id)),
                _ => None,
            },
        };
        let handed = Handed(new.map(first).collect());
        let items = self.waiting.into_iter().map(|waiting| waiting.item);
        (items.collect(), handed)
    }
}

/// Parcels that are in an answer for the first time.
#[derive(Debug)]
pub(crate) struct Handed(Vec<First>);

#[derive(Debug)]
struct First {
    number: i64,
    /// Which instruction it is, if it is one.
    instruction: Option<ParcelId>,
}

impl Handed {
    /// Writes down that these are in the answer, in the transaction that keeps the answer. One
    /// that was withdrawn or expired a moment ago has been handed over all the same.
    pub(crate) fn record(
        &self,
        transaction: &Connection,
        provider: &ProviderId,
        enrollment: EnrollmentId,
        actor: &Actor,
        now: UnixTime,
    ) -> Result<(), StoreError> {
        for First {
            number,
            instruction,
        } in &self.0
        {
            transaction
                .prepare_cached(sql!(
                    "UPDATE parcel_recipients SET delivered_at = $4,
                         state = CASE WHEN state = 'queued' THEN 'delivered' ELSE state END
                     WHERE provider_id = $1 AND enrollment_id = $2 AND parcel = $3
                         AND delivered_at IS NULL"
                ))?
                .post(params![
                    provider.as_str(),
                    enrollment.as_bytes(),
                    number,
                    seconds(now)
                ])?;
            touch_parcel(transaction, provider, *number)?;
            if let Some(id) = instruction {
                let entry = audit::Entry {
                    provider,
                    at: now,
                    actor,
                    action: "instruction.deliver",
                    result: "ok",
                    enrollment: Some(enrollment),
                    detail: serde_json::json!({ "instruction": id }),
                };
                audit::append(transaction, &entry)?;
            }
        }
        Ok(())
    }
}
