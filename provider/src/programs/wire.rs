//! Events as OpenADR 3.1 objects, and as what the mailbox carries.

use gridpass_protocol::{
    EventStatus, UnixTime,
    openadr::{self, Interval, IntervalPeriod, ValuesMap, duration, rfc3339},
};
use serde_json::{Value, json};

use super::{Event, SignalKind, Target, program};
use crate::{
    id::{ParcelId, ProviderId},
    mailbox::{self, Content, MailboxError, Originator, Parcel},
    store::Connection,
};

/// The payloads with which Gridpass tells customers what an event belongs to, and what they get
/// for taking part.
const PROGRAMME: &str = "GRIDPASS_PROGRAMME";
const INCENTIVE: &str = "GRIDPASS_INCENTIVE";

impl SignalKind {
    /// The name of its payload (OpenADR 3.1 Definitions, event payloads).
    const fn payload(self) -> &'static str {
        match self {
            Self::Simple => "SIMPLE",
            Self::Price => "PRICE",
            Self::Reduction => "DISPATCH_SETPOINT_RELATIVE",
        }
    }
}

/// The OpenADR object of an event of the programme with this name.
pub(super) fn object(event: &Event, program: &str) -> openadr::Event {
    let draft = &event.draft;
    let parts = draft.signal.amounts.len() as u64;
    let mut period = IntervalPeriod::new(draft.starts_at, draft.length / parts);
    if draft.randomize_start > 0 {
        period.randomize_start = Some(duration(draft.randomize_start));
    }
    let intervals = (0..)
        .zip(&draft.signal.amounts)
        .map(|(id, amount)| {
            let value = match draft.signal.kind {
                SignalKind::Simple => json!(amount.thousandths() / 1000),
                SignalKind::Price => json!(amount.to_f64()),
                SignalKind::Reduction => json!(-amount.to_f64()),
            };
            let mut payloads = vec![payload(draft.signal.kind.payload(), value)];
            if id == 0 {
                payloads.push(payload(PROGRAMME, json!(program)));
                let incentive = draft.incentive.iter();
                payloads.extend(incentive.map(|words| payload(INCENTIVE, json!(words))));
            }
            Interval {
                id,
                interval_period: None,
                payloads,
            }
        })
        .collect();
    openadr::Event {
        id: event.id.to_string(),
        created_date_time: Some(rfc3339(event.made_at)),
        modification_date_time: Some(rfc3339(event.changed_at)),
        program_id: draft.program.to_string(),
        event_name: Some(draft.name.clone()),
        duration: None,
        priority: draft.priority,
        targets: draft.targets.iter().filter_map(Target::word).collect(),
        interval_period: Some(period),
        intervals,
    }
}

fn payload(value_type: &str, value: Value) -> ValuesMap {
    ValuesMap {
        value_type: value_type.to_owned(),
        values: vec![value],
    }
}

/// Puts what devices are told of an event now into the mailbox. Nobody is addressed yet.
pub(super) fn post(
    transaction: &Connection,
    provider: &ProviderId,
    event: &Event,
    id: ParcelId,
    now: UnixTime,
) -> Result<ParcelId, MailboxError> {
    let program = program::find(transaction, provider, event.draft.program)?;
    let name = program.map(|program| program.name).unwrap_or_default();
    let status = match event.cancelled_at {
        None => EventStatus::Active,
        Some(_) => EventStatus::Cancelled,
    };
    let parcel = Parcel {
        id,
        provider: provider.clone(),
        content: Content::Event {
            status,
            event: Box::new(object(event, &name)),
        },
        originator: Originator::Event(event.id.to_string()),
        created_at: now,
        expires_at: event.ends_at,
    };
    mailbox::post(transaction, &parcel)
}
