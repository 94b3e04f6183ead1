//! Putting a new version into the mailboxes of the devices that it is for, some at a time.

use gridpass_protocol::UnixTime;
use rusqlite::{Connection, params};

use crate::{
    Gridpass,
    id::{EnrollmentId, ParcelId, ProviderId},
    mailbox::{RECIPIENTS_AT_ONCE, address},
    store::{RowReader, StoreError, seconds, sql},
};

/// A version that not every device has in its mailbox.
struct Unfinished {
    provider: ProviderId,
    profile: String,
    version: i64,
    parcel: ParcelId,
    /// The last enrollment that has it.
    up_to: [u8; 16],
}

impl Gridpass {
    /// Fills the next mailboxes. Returns whether there may be more to fill.
    pub(crate) fn spread_settings(&self) -> Result<bool, StoreError> {
        let now = self.clock_now();
        let filled = self
            .store
            .write(move |transaction| spread(transaction, now))?;
        let Some(filled) = filled else {
            return Ok(false);
        };
        self.wakes.wake(&filled);
        Ok(true)
    }
}

/// Fills as many mailboxes as one transaction takes; `None`: there is nothing to do.
fn spread(
    transaction: &Connection,
    now: UnixTime,
) -> Result<Option<Vec<EnrollmentId>>, StoreError> {
    let Some(unfinished) = next(transaction)? else {
        return Ok(None);
    };
    let devices = devices(transaction, &unfinished)?;
    address(
        transaction,
        &unfinished.provider,
        unfinished.parcel,
        &devices,
    )?;
    let is_done = devices.len() < RECIPIENTS_AT_ONCE;
    transaction
        .prepare_cached(sql!(
            "UPDATE settings_versions SET addressed_up_to = $4, addressed_at = $5
             WHERE provider_id = $1 AND profile = $2 AND version = $3"
        ))?
        .execute(params![
            unfinished.provider.as_str(),
            unfinished.profile,
            unfinished.version,
            devices
                .last()
                .map_or(&unfinished.up_to, EnrollmentId::as_bytes),
            is_done.then(|| seconds(now))
        ])?;
    Ok(Some(devices))
}

fn next(connection: &Connection) -> Result<Option<Unfinished>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT profile, provider_id, version, parcel_id, addressed_up_to FROM settings_versions
         WHERE parcel_id IS NOT NULL AND addressed_at IS NULL LIMIT 1"
    ))?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "settings_versions");
    let profile = row.value("profile")?;
    let provider = row.word("provider_id")?;
    let version = row.value("version")?;
    let parcel = ParcelId::from_bytes(row.bytes("parcel_id")?);
    let up_to: Option<[u8; 16]> = row.value("addressed_up_to")?;
    Ok(Some(Unfinished {
        provider,
        profile,
        version,
        parcel,
        up_to: up_to.unwrap_or_default(),
    }))
}

/// The next devices in service of this kind, by id.
fn devices(
    connection: &Connection,
    unfinished: &Unfinished,
) -> Result<Vec<EnrollmentId>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id FROM enrollments
         WHERE id > $1 AND provider_id = $2 AND kind = $3
             AND state IN ('issued', 'active', 'suspended')
         ORDER BY id LIMIT $4"
    ))?;
    let mut rows = statement.query(params![
        unfinished.up_to,
        unfinished.provider.as_str(),
        unfinished.profile,
        RECIPIENTS_AT_ONCE as i64
    ])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "enrollments");
        found.push(EnrollmentId::from_bytes(row.bytes("id")?));
    }
    Ok(found)
}
