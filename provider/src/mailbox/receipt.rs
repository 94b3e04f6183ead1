//! What a device says has become of a parcel, and who hears of it.

use gridpass_protocol::{MAX_DETAIL_LENGTH, Outcome, UnixTime};
use uuid::Uuid;

use super::{Originator, ParcelState, Subject};
use crate::{
    audit::{self, Actor},
    id::{EnrollmentId, ParcelId, ProviderId},
    programs::touch_parcel,
    store::{Connection, RowReader, StoreError, params, seconds, sql},
    webhooks::{self, Change, Happening},
};

/// A receipt, as a device sends it.
pub(crate) struct Receipt<'a> {
    pub(crate) provider: &'a ProviderId,
    /// Whose word it is.
    pub(crate) enrollment: EnrollmentId,
    pub(crate) item: Uuid,
    pub(crate) outcome: Outcome,
    /// By the device's clock; told to the originator, never judged.
    pub(crate) at: UnixTime,
    pub(crate) detail: Option<&'a str>,
    pub(crate) actor: &'a Actor,
    pub(crate) now: UnixTime,
}

/// Where a parcel stands at one device.
struct Standing {
    parcel: ParcelId,
    number: i64,
    subject: Subject,
    originator: Originator,
    state: ParcelState,
}

/// Writes a receipt down and tells the originator. What is not in this device's mailbox, was never
/// in an answer to it, or has gone further already, is passed over: a device that repeats itself,
/// or speaks of what is long forgotten, is not to get stuck on it, and learns nothing of other
/// devices' mailboxes.
pub(crate) fn record_receipt(
    transaction: &Connection,
    receipt: &Receipt<'_>,
) -> Result<(), StoreError> {
    let next = ParcelState::of(receipt.outcome);
    let Some(standing) = find(transaction, receipt)? else {
        return Ok(());
    };
    if !standing.state.may_become(next) {
        return Ok(());
    }
    let detail = receipt.detail.map(words);
    let now = seconds(receipt.now);
    let (acknowledged_at, closed_at) = match next {
        ParcelState::Acknowledged => (Some(now), None),
        _ => (None, Some(now)),
    };
    transaction
        .prepare_cached(sql!(
            "UPDATE parcel_recipients SET state = $4, device_at = $5, detail = $6,
                 acknowledged_at = COALESCE(acknowledged_at, $7), closed_at = $8
             WHERE provider_id = $1 AND enrollment_id = $2 AND parcel = $3"
        ))?
        .post(params![
            receipt.provider.as_str(),
            receipt.enrollment.as_bytes(),
            standing.number,
            next.as_str(),
            seconds(receipt.at),
            detail,
            acknowledged_at,
            closed_at
        ])?;
    tell(transaction, receipt, &standing, next)
}

/// Where the parcel stands that the receipt names, if it was ever in an answer to this device.
fn find(connection: &Connection, receipt: &Receipt<'_>) -> Result<Option<Standing>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT p.id, p.number, p.kind, p.originator, p.originator_id, r.state
         FROM parcels p
         JOIN parcel_recipients r ON r.provider_id = p.provider_id AND r.parcel = p.number
         WHERE p.provider_id = $1 AND p.id = $2 AND r.enrollment_id = $3
             AND r.delivered_at IS NOT NULL"
    ))?;
    let mut rows = statement.query(params![
        receipt.provider.as_str(),
        receipt.item.as_bytes(),
        receipt.enrollment.as_bytes()
    ])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "parcels");
    let parcel = ParcelId::from_bytes(row.bytes("id")?);
    let number = row.value("number")?;
    let subject = row.parsed("kind", |kind: String| Subject::parse(&kind))?;
    let originator: String = row.value("originator")?;
    let originator = row.parsed("originator_id", |name: String| {
        Originator::parse(&originator, &name)
    })?;
    Ok(Some(Standing {
        parcel,
        number,
        subject,
        originator,
        state: row.word("state")?,
    }))
}

/// As much of the device's words as is kept, in one line.
fn words(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    let kept = text.chars().take(MAX_DETAIL_LENGTH).map(plain);
    kept.collect::<String>().trim().to_owned()
}

/// Tells whoever sent it: staff read it on the enrollment's page, where it is part of what
/// happened; the provider's own systems are called; an event's programme counts the mailboxes.
fn tell(
    transaction: &Connection,
    receipt: &Receipt<'_>,
    standing: &Standing,
    state: ParcelState,
) -> Result<(), StoreError> {
    let by_system = match (standing.subject, &standing.originator) {
        (Subject::Instruction, Originator::Staff(_)) => false,
        (Subject::Instruction, Originator::Api(_)) => true,
        (Subject::Event, _) => {
            return touch_parcel(transaction, receipt.provider, standing.number);
        }
        (Subject::Instruction, Originator::Event(_)) | (Subject::Settings, _) => {
            return Ok(());
        }
    };
    let entry = audit::Entry {
        provider: receipt.provider,
        at: receipt.now,
        actor: receipt.actor,
        action: "instruction.receipt",
        result: state.as_str(),
        enrollment: Some(receipt.enrollment),
        detail: serde_json::json!({ "instruction": standing.parcel, "device_at": receipt.at }),
    };
    audit::append(transaction, &entry)?;
    if !by_system {
        return Ok(());
    }
    let change = Change {
        provider: receipt.provider,
        enrollment: receipt.enrollment,
        what: Happening::Instruction {
            id: standing.parcel,
            state,
            device_at: Some(receipt.at),
        },
        at: receipt.now,
    };
    webhooks::announce(transaction, &change)
}
