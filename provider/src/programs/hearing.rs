//! What devices say about events, in the transaction of the message that says it.

use gridpass_protocol::{Choice, MAX_DETAIL_LENGTH, UnixTime, openadr};

use super::{
    report::{self, HearingError, Sound},
    table,
};
use crate::{
    audit::{self, Actor},
    id::{EnrollmentId, ProviderId, ReportId},
    store::{Connection, StoreError, params, seconds, sql},
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
