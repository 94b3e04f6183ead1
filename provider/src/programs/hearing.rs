//! What devices say about events, in the transaction of the message that says it.

use gridpass_protocol::{Choice, MAX_DETAIL_LENGTH, UnixTime, openadr};
use serde::Serialize;

use super::{
    report::{self, HearingError, Sound},
    table,
};
use crate::{
    audit::{self, Actor},
    id::{EnrollmentId, EventId, ProviderId, ReportId},
    store::{Connection, RowReader, StoreError, params, seconds, sql},
};

/// Which device says something, and when.
pub(crate) struct Speaking<'a> {
    pub(crate) provider: &'a ProviderId,
    pub(crate) device: EnrollmentId,
    pub(crate) actor: &'a Actor,
    pub(crate) now: UnixTime,
}

/// Writes down whether a customer takes part in an event. After its end it changes nothing: the
/// message was on its way for too long.
///
/// # Errors
/// The device was told of no such event, or the database failed.
pub(crate) fn record_opt(
    transaction: &Connection,
    speaking: &Speaking<'_>,
    event: &str,
    choice: Choice,
    reason: Option<&str>,
) -> Result<(), HearingError> {
    let Speaking {
        provider,
        device,
        actor,
        now,
    } = *speaking;
    let kept = report::event_for(transaction, provider, device, event, now)?;
    if now >= kept.event.ends_at || kept.event.cancelled_at.is_some() {
        return Ok(());
    }
    let choice = match choice {
        Choice::In => "in",
        Choice::Out => "out",
    };
    let reason: Option<String> = reason.map(|text| {
        let shown = text.chars().filter(|c| !c.is_control());
        shown.take(MAX_DETAIL_LENGTH).collect()
    });
    transaction
        .prepare_cached(sql!(
            "UPDATE dr_recipients SET choice = $4, reason = $5, chosen_at = $6
             WHERE provider_id = $1 AND event_id = $2 AND enrollment_id = $3"
        ))
        .and_then(|mut statement| {
            statement.execute(params![
                provider.as_str(),
                kept.event.id.as_bytes(),
                device.as_bytes(),
                choice,
                reason,
                seconds(now)
            ])
        })
        .map_err(StoreError::from)?;
    table::touch(transaction, provider, kept.event.id)?;
    let entry = audit::Entry {
        provider,
        at: now,
        actor,
        action: "event.opt",
        result: choice,
        enrollment: Some(device),
        detail: serde_json::json!({ "event": kept.event.id }),
    };
    Ok(audit::append(transaction, &entry)?)
}

/// What a device chose about an event.
#[derive(Debug, Serialize)]
pub(crate) struct EventChoice {
    event: EventId,
    choice: String,
    reason: Option<String>,
    chosen_at: UnixTime,
}

/// What the people with a device chose, event by event.
pub(crate) fn choices(
    connection: &Connection,
    provider: &ProviderId,
    device: EnrollmentId,
) -> Result<Vec<EventChoice>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT event_id, choice, reason, chosen_at FROM dr_recipients
         WHERE provider_id = $1 AND enrollment_id = $2 AND choice IS NOT NULL
         ORDER BY event_id"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), device.as_bytes()])?;
    let mut choices = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "dr_recipients");
        choices.push(EventChoice {
            event: EventId::from_bytes(row.bytes("event_id")?),
            choice: row.value("choice")?,
            reason: row.value("reason")?,
            chosen_at: row.time("chosen_at")?,
        });
    }
    Ok(choices)
}

/// Keeps a report.
///
/// # Errors
/// See [`HearingError`].
pub(crate) fn record_report(
    transaction: &Connection,
    speaking: &Speaking<'_>,
    id: ReportId,
    report: &openadr::Report,
) -> Result<(), HearingError> {
    let body = serde_json::to_value(report).map_err(|_| HearingError::BadReport)?;
    let sound = Sound::read(&body)?;
    report::insert(
        transaction,
        speaking.provider,
        speaking.device,
        id,
        &sound,
        speaking.now,
    )
}
