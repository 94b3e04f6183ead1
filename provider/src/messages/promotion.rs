//! A key is used for the first time, be it in a message or in TLS.

use gridpass_protocol::UnixTime;

use crate::{
    RevocationReason, Withdrawal,
    audit::{self, Actor},
    id::ProviderId,
    store::{
        Connection, StoreError,
        conversations::Speaker,
        enrollments, keys,
        revocations::{self, Mark},
    },
};

/// A key that shows for the first time that its device has it.
pub(crate) struct Promotion<'a> {
    pub(crate) provider: &'a ProviderId,
    pub(crate) speaker: &'a Speaker,
    pub(crate) actor: &'a Actor,
    pub(crate) now: UnixTime,
}

/// From now on it is the device's one key: those before it are out of service.
pub(crate) fn promote(
    transaction: &Connection,
    promotion: &Promotion<'_>,
) -> Result<(), StoreError> {
    let Promotion {
        provider,
        speaker,
        actor,
        now,
    } = *promotion;
    let (id, spki_hash) = (speaker.enrollment, &speaker.key.spki_hash);
    keys::first_speech(transaction, provider, spki_hash, now)?;
    if speaker.key.vouched_by.is_none() {
        return Ok(());
    }
    keys::retire_others(transaction, provider, id, spki_hash, now)?;
    // Whoever asks about the old certificates hears the same as who tries their keys here.
    let mark = Mark {
        withdrawal: Withdrawal::Revoked(RevocationReason::Replaced),
        note: "",
        by: actor,
        at: now,
    };
    revocations::mark_others(transaction, provider, id, &speaker.serial, &mark)?;
    enrollments::set_serial(transaction, provider, id, &speaker.serial)?;
    let entry = audit::Entry {
        provider,
        at: now,
        actor,
        action: "rollover.finish",
        result: "ok",
        enrollment: Some(id),
        detail: serde_json::json!({ "serial": speaker.serial.to_string() }),
    };
    audit::append(transaction, &entry)
}
