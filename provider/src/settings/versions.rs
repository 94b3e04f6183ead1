//! The versions of settings, as rows.

use gridpass_protocol::UnixTime;

use super::DeviceSettings;
use crate::{
    id::{EnrollmentId, ParcelId, ProviderId, StaffId},
    registration::EnrollmentKind,
    store::{Connection, RowReader, StoreError, params, seconds, sql},
};

/// Versions that are shown.
const SHOWN: i64 = 50;

/// One version.
pub(super) struct Row {
    pub(super) version: u32,
    pub(super) settings: DeviceSettings,
    pub(super) made_at: UnixTime,
    pub(super) made_by: Option<StaffId>,
    pub(super) brought_back: Option<u32>,
    pub(super) parcel: Option<ParcelId>,
    pub(super) is_spread: bool,
}

macro_rules! select {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT s.version, s.poll_interval, s.support_email, s.support_phone, s.made_at,
                 s.made_by, s.brought_back, s.parcel_id, s.addressed_at
             FROM settings_versions s ",
            $rest
        ))
    };
}

fn read(row: crate::store::Row<'_>) -> Result<Row, StoreError> {
    let row = RowReader::new(row, "settings_versions");
    read_columns(&row)
}

fn read_columns(row: &RowReader<'_>) -> Result<Row, StoreError> {
    let version = row.parsed("version", |number: i64| u32::try_from(number).ok())?;
    let settings = DeviceSettings {
        poll_interval: row.parsed("poll_interval", |number: i64| u32::try_from(number).ok())?,
        support_email: row.value("support_email")?,
        support_phone: row.value("support_phone")?,
    };
    let made_at = row.time("made_at")?;
    let made_by: Option<[u8; 16]> = row.value("made_by")?;
    let brought_back = row.parsed("brought_back", |number: Option<i64>| {
        number.map(u32::try_from).transpose().ok()
    })?;
    let parcel: Option<[u8; 16]> = row.value("parcel_id")?;
    let addressed_at = row.optional_time("addressed_at")?;
    Ok(Row {
        version,
        settings,
        made_at,
        made_by: made_by.map(StaffId::from_bytes),
        brought_back,
        parcel: parcel.map(ParcelId::from_bytes),
        is_spread: parcel.is_none() || addressed_at.is_some(),
    })
}

/// The versions for devices of this kind, newest first.
pub(super) fn all(
    connection: &Connection,
    provider: &ProviderId,
    kind: EnrollmentKind,
) -> Result<Vec<Row>, StoreError> {
    let mut statement = connection.prepare_cached(select!(
        "WHERE s.provider_id = $1 AND s.profile = $2 ORDER BY s.version DESC LIMIT $3"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), kind.as_str(), SHOWN])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// The newest one; none while the configuration is in force.
pub(super) fn newest(
    connection: &Connection,
    provider: &ProviderId,
    kind: EnrollmentKind,
) -> Result<Option<Row>, StoreError> {
    let mut statement = connection.prepare_cached(select!(
        "WHERE s.provider_id = $1 AND s.profile = $2 ORDER BY s.version DESC LIMIT 1"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), kind.as_str()])?;
    rows.next()?.map(read).transpose()
}

/// This one.
pub(super) fn one(
    connection: &Connection,
    provider: &ProviderId,
    kind: EnrollmentKind,
    version: u32,
) -> Result<Option<Row>, StoreError> {
    let mut statement = connection.prepare_cached(select!(
        "WHERE s.provider_id = $1 AND s.profile = $2 AND s.version = $3"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), kind.as_str(), version])?;
    rows.next()?.map(read).transpose()
}

/// The kind of this device.
pub(super) fn kind_of(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
) -> Result<EnrollmentKind, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, kind FROM enrollments WHERE id = $1 AND provider_id = $2"
    ))?;
    let mut rows = statement.query(params![enrollment.as_bytes(), provider.as_str()])?;
    let row = rows.next()?.ok_or_else(|| StoreError::Corrupt {
        table: "enrollments",
        column: "id",
        row: enrollment.to_string(),
    })?;
    let row = RowReader::new(row, "enrollments");
    let _: [u8; 16] = row.bytes("id")?;
    row.word("kind")
}

/// What the member of staff is called who made a version.
pub(super) fn maker(
    connection: &Connection,
    provider: &ProviderId,
    staff: Option<StaffId>,
) -> Result<Option<String>, StoreError> {
    let Some(staff) = staff else {
        return Ok(None);
    };
    let mut statement = connection.prepare_cached(sql!(
        "SELECT name FROM staff WHERE provider_id = $1 AND id = $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), staff.as_bytes()])?;
    Ok(match rows.next()? {
        Some(row) => Some(RowReader::new(row, "staff").value("name")?),
        None => None,
    })
}

/// Writes a new version. Two at once: the second one is refused by the database.
pub(super) fn insert(
    connection: &Connection,
    provider: &ProviderId,
    kind: EnrollmentKind,
    row: &Row,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO settings_versions
                 (provider_id, profile, version, poll_interval, support_email, support_phone,
                  made_at, made_by, brought_back, parcel_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ))?
        .post(params![
            provider.as_str(),
            kind.as_str(),
            row.version,
            row.settings.poll_interval,
            row.settings.support_email,
            row.settings.support_phone,
            seconds(row.made_at),
            row.made_by.as_ref().map(StaffId::as_bytes),
            row.brought_back,
            row.parcel.as_ref().map(ParcelId::as_bytes)
        ])?;
    // Whoever was not told of an older one yet is told of this one instead.
    connection
        .prepare_cached(sql!(
            "UPDATE settings_versions SET addressed_at = $4
             WHERE provider_id = $1 AND profile = $2 AND version < $3
                 AND parcel_id IS NOT NULL AND addressed_at IS NULL"
        ))?
        .post(params![
            provider.as_str(),
            kind.as_str(),
            row.version,
            seconds(row.made_at)
        ])?;
    Ok(())
}
