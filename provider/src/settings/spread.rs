//! Putting a new version into the mailboxes of the devices that it is for, some at a time.

use gridpass_protocol::UnixTime;

use crate::{
    Gridpass,
    id::{EnrollmentId, ParcelId, ProviderId},
    mailbox::{RECIPIENTS_AT_ONCE, address},
    store::{Connection, RowReader, StoreError, params, seconds, sql},
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
        .post(params![
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
    // One walk along the index for each state: all at once would sort every device each time.
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id FROM (
             SELECT id FROM (SELECT id FROM enrollments
                 WHERE provider_id = $2 AND state = 'issued' AND id > $1 AND kind = $3
                 ORDER BY id LIMIT $4) AS issued
             UNION ALL
             SELECT id FROM (SELECT id FROM enrollments
                 WHERE provider_id = $2 AND state = 'active' AND id > $1 AND kind = $3
                 ORDER BY id LIMIT $4) AS active
             UNION ALL
             SELECT id FROM (SELECT id FROM enrollments
                 WHERE provider_id = $2 AND state = 'suspended' AND id > $1 AND kind = $3
                 ORDER BY id LIMIT $4) AS suspended) AS devices
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        mailbox::{self, counts},
        store::in_memory,
    };

    const AT: UnixTime = UnixTime(1_798_761_600);
    const DEVICES: u32 = 2500;

    fn provider() -> ProviderId {
        "demo".parse().unwrap()
    }

    fn parcel() -> ParcelId {
        ParcelId::from_bytes([7; 16])
    }

    /// Devices in every state in service, a gateway, and one that is not connected yet.
    fn with_devices() -> Connection {
        let connection = in_memory();
        connection
            .execute_batch("PRAGMA foreign_keys = OFF")
            .unwrap();
        let states = ["issued", "active", "suspended"];
        for number in 0..DEVICES {
            enrollment(&connection, number, "device", states[number as usize % 3]);
        }
        enrollment(&connection, DEVICES, "gateway", "active");
        enrollment(&connection, DEVICES + 1, "device", "open");
        connection
            .execute(
                "INSERT INTO parcels (id, provider_id, number, kind, content, originator,
                     originator_id, created_at, expires_at)
                 VALUES (?1, 'demo', 1, 'settings', '{}', 'staff',
                     '00000000-0000-0000-0000-000000000001', ?2, ?2 + 1000)",
                params![parcel().as_bytes(), seconds(AT)],
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO settings_versions (provider_id, profile, version, poll_interval,
                     made_at, parcel_id)
                 VALUES ('demo', 'device', 2, 60, ?2, ?1)",
                params![parcel().as_bytes(), seconds(AT)],
            )
            .unwrap();
        connection
    }

    fn enrollment(connection: &Connection, number: u32, kind: &str, state: &str) {
        let mut id = [1; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let serial = (state != "open").then_some([1_u8]);
        let mut statement = connection
            .prepare_cached(
                "INSERT INTO enrollments (id, provider_id, account_id, temporary_id, otp_hash,
                     device_lookup, sealed_device_id, device_id_hint, device_id_kind, kind,
                     channel, key_algorithm, csr_content, issued_at, expires_at, previous_state,
                     state, state_at, serial)
                 VALUES (?1, 'demo', x'00', ?1, x'00', ?1, x'00', '', '', ?2, 'api', 'ES256', '{}',
                     1, 2, 'none', ?3, 1, ?4)",
            )
            .unwrap();
        statement.execute(params![id, kind, state, serial]).unwrap();
    }

    #[test]
    fn a_fleet_is_told_a_thousand_at_a_time_each_device_once() {
        let connection = with_devices();
        let mut told = Vec::new();
        for expected in [1000, 1000, 500] {
            let filled = spread(&connection, AT).unwrap().unwrap();
            assert_eq!(filled.len(), expected);
            told.extend(filled);
        }
        assert!(spread(&connection, AT).unwrap().is_none());
        told.dedup();
        assert_eq!(told.len(), DEVICES as usize);
        assert!(told.is_sorted());
        let counted = counts(&connection, &provider(), parcel()).unwrap();
        assert_eq!((counted.queued, counted.total()), (2500, 2500));
    }

    #[test]
    fn what_a_fleet_was_told_is_taken_back_a_thousand_at_a_time() {
        let connection = with_devices();
        while spread(&connection, AT).unwrap().is_some() {}
        mailbox::withdraw(&connection, &provider(), parcel(), AT).unwrap();
        let cancelled = || {
            let counted = counts(&connection, &provider(), parcel()).unwrap();
            counted.cancelled
        };
        assert_eq!(cancelled(), 1000);
        // It is in no more answers although housekeeping has not been there.
        let last = told_last(&connection);
        let waits = mailbox::is_anything_pending(&connection, &provider(), last, AT).unwrap();
        assert!(!waits);
        while mailbox::expire(&connection, AT).unwrap().is_some() {}
        assert_eq!(cancelled(), u64::from(DEVICES));
        // Nobody gets it any more.
        mailbox::address(
            &connection,
            &provider(),
            parcel(),
            &[EnrollmentId::from_bytes([9; 16])],
        )
        .unwrap();
        let counted = counts(&connection, &provider(), parcel()).unwrap();
        assert_eq!(counted.total(), u64::from(DEVICES));
    }

    /// The device whose mailbox is emptied last.
    fn told_last(connection: &Connection) -> EnrollmentId {
        let id = connection.query_row(
            "SELECT enrollment_id FROM parcel_recipients WHERE state = 'queued' LIMIT 1",
            [],
            |row| row.get(0),
        );
        EnrollmentId::from_bytes(id.unwrap())
    }
}
