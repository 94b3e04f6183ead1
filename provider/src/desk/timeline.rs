//! What happened to an enrollment, from the audit, the notes, and what is known of its label.

use gridpass_protocol::UnixTime;
use serde_json::Value;

use crate::{
    audit::{self, AuditEntry},
    id::{EnrollmentId, ProviderId, StaffId},
    mailbox::ParcelState,
    registration::Channel,
    store::{Connection, RowReader, StoreError, milestones, params, sql},
};

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    /// When.
    pub at: UnixTime,
    /// Who.
    pub who: TimelineActor,
    /// What.
    pub what: TimelineEvent,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimelineActor {
    /// The customer.
    Customer,
    /// A member of staff, by name if it is still known.
    Staff(Option<String>),
    /// One of the provider's own systems.
    ApiClient,
    /// Somebody at the command line.
    Operator(String),
    /// The device.
    Device,
    /// Somebody who has not signed in.
    Visitor,
    /// Gridpass itself.
    System,
}

/// What was done, with the facts that are worth a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimelineEvent {
    /// The device was registered and its label made.
    Registered {
        /// How the label is delivered.
        channel: Option<Channel>,
        /// Until when it is good.
        expires_at: Option<UnixTime>,
    },
    /// The label reached the customer, as far as the channel tells.
    Delivered,
    /// Somebody who holds the label used it for the first time.
    Opened,
    /// A wrong device ID was entered.
    WrongDeviceId {
        /// Tries that are left.
        remaining: u64,
    },
    /// The last try was used up: locked.
    Locked,
    /// A confirmation was refused for its request, with the reason word.
    BadRequest {
        /// The word.
        reason: String,
    },
    /// The device waits for staff to approve it.
    ApprovalAsked,
    /// Staff have approved it.
    Approved,
    /// The certificate was issued.
    Confirmed,
    /// The device asked for its certificate again, for example because its connection broke.
    Repeated,
    /// The device spoke.
    Activated,
    /// Put on hold.
    Suspended {
        /// Why.
        reason: String,
    },
    /// The hold ended.
    Resumed {
        /// Why.
        reason: String,
    },
    /// Not confirmed in time.
    Expired,
    /// A newer label took its place.
    Superseded {
        /// That label's enrollment.
        by: Option<EnrollmentId>,
    },
    /// Staff sent another label.
    Renewed {
        /// That label's enrollment.
        by: Option<EnrollmentId>,
        /// Why.
        reason: String,
    },
    /// Called off.
    Cancelled {
        /// Why, if staff did it.
        reason: Option<String>,
    },
    /// The certificate was revoked.
    Revoked {
        /// Why.
        reason: String,
    },
    /// The device has asked for a certificate of a new key.
    KeyRequested,
    /// The new key spoke, and took the old one's place.
    KeyChanged,
    /// The customer takes part in a demand-response event.
    OptedIn,
    /// The customer does not take part in one.
    OptedOut,
    /// Staff put it into a group.
    GroupEntered,
    /// Staff took it out of a group.
    GroupLeft,
    /// An old token or count came with a right signature.
    PossibleCopy,
    /// The key spoke from another device than the one registered.
    WrongDevice,
    /// Staff looked into the suspicion of a copy and took it back.
    CopyDismissed {
        /// Why.
        reason: String,
    },
    /// The customer was told that the certificate ends soon.
    ExpiryTold {
        /// When it ends.
        not_after: Option<UnixTime>,
    },
    /// An instruction was sent to the device.
    InstructionSent {
        /// What it asks.
        name: String,
    },
    /// An instruction was in an answer to the device.
    InstructionDelivered,
    /// An instruction was taken back.
    InstructionWithdrawn,
    /// The device said what became of an instruction.
    InstructionReceipt {
        /// What.
        state: ParcelState,
    },
    /// One of several certificates was revoked.
    CertificateRevoked {
        /// Its serial number.
        serial: String,
        /// Why.
        reason: String,
    },
    /// Staff noted something.
    Note {
        /// The words.
        text: String,
    },
    /// Anything else, as the audit calls it.
    Other {
        /// `<stage>.<verb>`.
        action: String,
        /// `ok`, or the name of the refusal.
        result: String,
    },
}

/// The timeline of an enrollment, oldest first.
pub(super) fn of_enrollment(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
) -> Result<Vec<TimelineEntry>, StoreError> {
    let mut entries = Vec::new();
    for entry in audit::of_enrollment(connection, provider, id)? {
        // The words of a note are not in the audit.
        if entry.action == "enrollment.note" {
            continue;
        }
        entries.push(TimelineEntry {
            at: entry.at,
            who: actor(connection, provider, &entry.actor)?,
            what: event(entry),
        });
    }
    entries.extend(notes(connection, provider, id)?);
    for (milestone, at) in milestones::of_enrollment(connection, provider, id)? {
        entries.push(TimelineEntry {
            at,
            who: TimelineActor::System,
            what: match milestone {
                milestones::Milestone::Delivered => TimelineEvent::Delivered,
                milestones::Milestone::Opened => TimelineEvent::Opened,
            },
        });
    }
    // Stable: what the audit wrote in one second stays in its order.
    entries.sort_by_key(|entry| (entry.at, place(&entry.what)));
    Ok(entries)
}

/// What comes before what within one second.
const fn place(what: &TimelineEvent) -> u8 {
    match what {
        TimelineEvent::Registered { .. } => 0,
        TimelineEvent::Delivered => 1,
        TimelineEvent::Opened => 2,
        _ => 3,
    }
}

fn notes(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
) -> Result<Vec<TimelineEntry>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, made_at, author, text FROM enrollment_notes
         WHERE provider_id = $1 AND enrollment_id = $2 ORDER BY made_at, id"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), id.as_bytes()])?;
    let mut notes = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "enrollment_notes");
        let _: [u8; 16] = row.bytes("id")?;
        let at = row.time("made_at")?;
        let author: String = row.value("author")?;
        notes.push(TimelineEntry {
            at,
            who: actor(connection, provider, &author)?,
            what: TimelineEvent::Note {
                text: row.value("text")?,
            },
        });
    }
    Ok(notes)
}

/// Reads an actor as the audit writes it.
fn actor(
    connection: &Connection,
    provider: &ProviderId,
    text: &str,
) -> Result<TimelineActor, StoreError> {
    let (kind, name) = text.split_once(':').unwrap_or((text, ""));
    Ok(match kind {
        "customer" => TimelineActor::Customer,
        "api" => TimelineActor::ApiClient,
        "device" => TimelineActor::Device,
        "visitor" => TimelineActor::Visitor,
        "operator" => TimelineActor::Operator(name.to_owned()),
        "staff" => TimelineActor::Staff(match name.parse() {
            Ok(id) => staff_name(connection, provider, id)?,
            Err(_) => None,
        }),
        _ => TimelineActor::System,
    })
}

fn staff_name(
    connection: &Connection,
    provider: &ProviderId,
    id: StaffId,
) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT name FROM staff WHERE provider_id = $1 AND id = $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), id.as_bytes()])?;
    Ok(match rows.next()? {
        Some(row) => Some(RowReader::new(row, "staff").value("name")?),
        None => None,
    })
}

fn event(entry: AuditEntry) -> TimelineEvent {
    // What a later version may have written otherwise is shown as it is.
    let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
    let text = |key: &str| detail.get(key)?.as_str().map(str::to_owned);
    let number = |key: &str| detail.get(key)?.as_u64();
    let enrollment = |key: &str| text(key)?.parse().ok();
    // The words of whoever decided it say more than the word for the CRL.
    let why = || {
        text("note")
            .filter(|note| !note.is_empty())
            .or_else(|| text("reason"))
            .unwrap_or_default()
    };
    if entry.action == "instruction.receipt"
        && let Ok(state) = entry.result.parse()
    {
        return TimelineEvent::InstructionReceipt { state };
    }
    match (entry.action.as_str(), entry.result.as_str()) {
        ("enrollment.open", "ok") => TimelineEvent::Registered {
            channel: text("channel").and_then(|word| word.parse().ok()),
            expires_at: number("expires_at").map(UnixTime),
        },
        ("verification.otp", _) => TimelineEvent::WrongDeviceId {
            remaining: number("remaining").unwrap_or_default(),
        },
        ("enrollment.lock", _) => TimelineEvent::Locked,
        ("verification.csr", _) => TimelineEvent::BadRequest {
            reason: text("reason").unwrap_or_default(),
        },
        ("verification.approval", "awaits-approval") => TimelineEvent::ApprovalAsked,
        ("enrollment.approve", "ok") => TimelineEvent::Approved,
        ("enrollment.issue", "ok") => TimelineEvent::Confirmed,
        ("issuance.repeat", "ok") => TimelineEvent::Repeated,
        ("enrollment.activate", "ok") => TimelineEvent::Activated,
        ("enrollment.suspend", "ok") => TimelineEvent::Suspended {
            reason: text("note").unwrap_or_default(),
        },
        ("enrollment.resume", "ok") => TimelineEvent::Resumed {
            reason: text("note").unwrap_or_default(),
        },
        ("certificate.revoke", "ok") => TimelineEvent::CertificateRevoked {
            serial: text("serial").unwrap_or_default(),
            reason: why(),
        },
        ("enrollment.expire", "ok") => TimelineEvent::Expired,
        ("enrollment.supersede", "ok") => TimelineEvent::Superseded {
            by: enrollment("by"),
        },
        ("enrollment.renew", "ok") => TimelineEvent::Renewed {
            by: enrollment("by"),
            reason: text("reason").unwrap_or_default(),
        },
        ("enrollment.cancel", "ok") => TimelineEvent::Cancelled {
            reason: text("reason"),
        },
        ("enrollment.revoke", "ok") => TimelineEvent::Revoked { reason: why() },
        ("rollover.issue", "ok") => TimelineEvent::KeyRequested,
        ("rollover.finish", "ok") => TimelineEvent::KeyChanged,
        ("event.opt", "in") => TimelineEvent::OptedIn,
        ("event.opt", "out") => TimelineEvent::OptedOut,
        ("group.add", "ok") => TimelineEvent::GroupEntered,
        ("group.remove", "ok") => TimelineEvent::GroupLeft,
        ("message.copy", _) => TimelineEvent::PossibleCopy,
        ("message.proof", _) => TimelineEvent::WrongDevice,
        ("message.copy-dismissed", "ok") => TimelineEvent::CopyDismissed {
            reason: text("reason").unwrap_or_default(),
        },
        ("instruction.send", "ok") => TimelineEvent::InstructionSent {
            name: text("name").unwrap_or_default(),
        },
        ("instruction.deliver", "ok") => TimelineEvent::InstructionDelivered,
        ("instruction.withdraw", "ok") => TimelineEvent::InstructionWithdrawn,
        ("certificate.warn", "ok") => TimelineEvent::ExpiryTold {
            not_after: number("not_after").map(UnixTime),
        },
        _ => TimelineEvent::Other {
            action: entry.action,
            result: entry.result,
        },
    }
}
