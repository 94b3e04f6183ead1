//! What devices report about events.

use gridpass_protocol::{UnixTime, openadr::Report as Wire};
use serde::Serialize;
use serde_json::Value;

use super::{
    load::Shares,
    table::{self, Kept},
};
use crate::{
    id::{EnrollmentId, EventId, ProviderId, ReportId},
    store::{Connection, Row, RowReader, StoreError, params, seconds, sql},
};

/// Most reports of one device about one event.
const MOST: i64 = 500;
/// How long after an event reports about it are taken, in seconds.
const TAKEN: u64 = 30 * 24 * 60 * 60;
/// Most of what a report holds.
const MOST_RESOURCES: usize = 16;
const MOST_INTERVALS: usize = 300;
const MOST_PAYLOADS: usize = 16;
const LONGEST_NAME: usize = 128;
/// The longest report, as JSON, in bytes.
pub(crate) const MAX_REPORT: usize = 64 * 1024;

/// Why a report, or a customer's choice, was not taken.
#[derive(Debug, thiserror::Error)]
pub enum HearingError {
    /// The device was told of no such event, or it has long been over.
    #[error("this device was told of no such event, or it has long been over")]
    UnknownEvent,
    /// There is no such report of this device.
    #[error("this device has made no such report")]
    UnknownReport,
    /// It is too long, or not what a report is.
    #[error(
        "a report has at most 16 resources of 300 intervals with 16 payloads each, and names of 1 \
         to 128 characters"
    )]
    BadReport,
    /// The device has reported too often about this event.
    #[error("there are 500 reports about this event already; change one of them")]
    TooManyReports,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A report as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// About which event.
    pub event: EventId,
    /// As the device sent it: an OpenADR report object.
    pub body: Value,
    /// When it came.
    pub made_at: UnixTime,
    /// When it was last changed.
    pub changed_at: UnixTime,
}

/// A report that was read and found sound.
pub(super) struct Sound {
    wire: Wire,
    text: String,
}

impl Sound {
    pub(super) fn read(body: &Value) -> Result<Self, HearingError> {
        let wire: Wire =
            serde_json::from_value(body.clone()).map_err(|_| HearingError::BadReport)?;
        let text = body.to_string();
        let is_name = |name: &String| (1..=LONGEST_NAME).contains(&name.chars().count());
        let is_sound = text.len() <= MAX_REPORT
            && wire.resources.len() <= MOST_RESOURCES
            && wire.client_name.iter().all(is_name)
            && wire.report_name.iter().all(is_name)
            && wire.resources.iter().all(|resource| {
                is_name(&resource.resource_name)
                    && resource.intervals.len() <= MOST_INTERVALS
                    && (resource.intervals.iter())
                        .all(|interval| interval.payloads.len() <= MOST_PAYLOADS)
            });
        if is_sound {
            Ok(Self { wire, text })
        } else {
            Err(HearingError::BadReport)
        }
    }
}

/// The event that a device was told of and that may still be reported on.
pub(super) fn event_for(
    connection: &Connection,
    provider: &ProviderId,
    device: EnrollmentId,
    event: &str,
    now: UnixTime,
) -> Result<Kept, HearingError> {
    let id: EventId = event.parse().map_err(|_| HearingError::UnknownEvent)?;
    if !is_recipient(connection, provider, device, id)? {
        return Err(HearingError::UnknownEvent);
    }
    table::find(connection, provider, id)?
        .filter(|kept| now < kept.event.ends_at.plus(TAKEN))
        .ok_or(HearingError::UnknownEvent)
}

pub(super) fn is_recipient(
    connection: &Connection,
    provider: &ProviderId,
    device: EnrollmentId,
    event: EventId,
) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(sql!(
            "SELECT 1 FROM dr_recipients
             WHERE provider_id = $1 AND event_id = $2 AND enrollment_id = $3"
        ))?
        .exists(params![
            provider.as_str(),
            event.as_bytes(),
            device.as_bytes()
        ])?)
}

/// Keeps a new report of a device.
pub(super) fn insert(
    transaction: &Connection,
    provider: &ProviderId,
    device: EnrollmentId,
    id: ReportId,
    report: &Sound,
    now: UnixTime,
) -> Result<(), HearingError> {
    let kept = event_for(transaction, provider, device, &report.wire.event_id, now)?;
    if count(transaction, provider, device, kept.event.id)? >= MOST {
        return Err(HearingError::TooManyReports);
    }
    write_new(transaction, provider, device, id, (&kept, report), now)?;
    Shares::of(&report.wire, &kept.event).add(transaction, provider, kept.event.id)?;
    Ok(table::touch(transaction, provider, kept.event.id)?)
}

/// Puts another report of a device in the place of one that it made about the same event.
pub(super) fn replace(
    transaction: &Connection,
    provider: &ProviderId,
    device: EnrollmentId,
    id: ReportId,
    report: &Sound,
    now: UnixTime,
) -> Result<(), HearingError> {
    let before = find(transaction, provider, device, id)?.ok_or(HearingError::UnknownReport)?;
    let kept = event_for(transaction, provider, device, &report.wire.event_id, now)?;
    if before.event != kept.event.id {
        return Err(HearingError::BadReport);
    }
    // It was sound when it was kept.
    if let Ok(wire) = serde_json::from_value(before.body) {
        Shares::of(&wire, &kept.event).take_off(transaction, provider, kept.event.id)?;
    }
    Shares::of(&report.wire, &kept.event).add(transaction, provider, kept.event.id)?;
    update(transaction, provider, id, report, now)?;
    Ok(table::touch(transaction, provider, kept.event.id)?)
}

fn write_new(
    transaction: &Connection,
    provider: &ProviderId,
    device: EnrollmentId,
    id: ReportId,
    (kept, report): (&Kept, &Sound),
    now: UnixTime,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "INSERT INTO dr_reports
                 (id, provider_id, event_id, enrollment_id, client_name, body, made_at, changed_at)
             VALUES ($1, $2, $3, $4, $7, $5, $6, $6)"
        ))?
        .post(params![
            id.as_bytes(),
            provider.as_str(),
            kept.event.id.as_bytes(),
            device.as_bytes(),
            report.text,
            seconds(now),
            report.wire.client_name.as_deref().unwrap_or_default()
        ])?;
    Ok(())
}

fn update(
    transaction: &Connection,
    provider: &ProviderId,
    id: ReportId,
    report: &Sound,
    now: UnixTime,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "UPDATE dr_reports SET body = $3, changed_at = $4, client_name = $5
             WHERE provider_id = $1 AND id = $2"
        ))?
        .post(params![
            provider.as_str(),
            id.as_bytes(),
            report.text,
            seconds(now),
            report.wire.client_name.as_deref().unwrap_or_default()
        ])?;
    Ok(())
}

fn count(
    connection: &Connection,
    provider: &ProviderId,
    device: EnrollmentId,
    event: EventId,
) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT COUNT(*) FROM dr_reports
         WHERE provider_id = $1 AND enrollment_id = $2 AND event_id = $3"
    ))?;
    Ok(statement.query_row(
        params![provider.as_str(), device.as_bytes(), event.as_bytes()],
        |row| row.get(0),
    )?)
}

fn read(row: Row<'_>) -> Result<Report, StoreError> {
    let row = RowReader::new(row, "dr_reports");
    Ok(Report {
        id: ReportId::from_bytes(row.bytes("id")?),
        event: EventId::from_bytes(row.bytes("event_id")?),
        body: row.parsed("body", |text: String| serde_json::from_str(&text).ok())?,
        made_at: row.time("made_at")?,
        changed_at: row.time("changed_at")?,
    })
}

/// The report of this device with this id.
pub(super) fn find(
    connection: &Connection,
    provider: &ProviderId,
    device: EnrollmentId,
    id: ReportId,
) -> Result<Option<Report>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, event_id, body, made_at, changed_at FROM dr_reports
         WHERE provider_id = $1 AND id = $2 AND enrollment_id = $3"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), id.as_bytes(), device.as_bytes()])?;
    rows.next()?.map(read).transpose()
}

/// Which reports a VEN asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportQuery {
    /// About this event only.
    pub event: Option<EventId>,
    /// Those alone in which the device calls itself this.
    pub client_name: Option<String>,
    /// How many to pass over.
    pub skip: u32,
    /// At most so many.
    pub limit: u32,
}

/// The reports of a device, oldest first.
pub(crate) fn of_device(
    connection: &Connection,
    provider: &ProviderId,
    device: EnrollmentId,
    query: &ReportQuery,
) -> Result<Vec<Report>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, event_id, body, made_at, changed_at FROM dr_reports
         WHERE provider_id = $1 AND enrollment_id = $2 AND (event_id = $5 OR $5 IS NULL)
             AND (client_name = $6 OR $6 IS NULL)
         ORDER BY id LIMIT $4 OFFSET $3"
    ))?;
    let mut rows = statement.query(params![
        provider.as_str(),
        device.as_bytes(),
        query.skip,
        query.limit,
        query.event.as_ref().map(EventId::as_bytes),
        query.client_name
    ])?;
    let mut reports = Vec::new();
    while let Some(row) = rows.next()? {
        reports.push(read(row)?);
    }
    Ok(reports)
}
