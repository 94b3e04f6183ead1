//! What a withdrawal writes, within the transaction of whoever decides it.

use gridpass_protocol::UnixTime;

use super::{RevocationError, Withdrawal};
use crate::{
    audit::{self, Actor},
    enrollment::Serial,
    mailbox,
    programs::greet,
    store::{
        Connection,
        enrollments::{self, Enrollment},
        revocations::{self, Mark},
    },
};

/// That certificates are withdrawn: why, in whose words, by whom and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decision<'a> {
    pub(crate) withdrawal: Withdrawal,
    /// May be empty.
    pub(crate) note: &'a str,
    pub(crate) actor: &'a Actor,
    pub(crate) at: UnixTime,
}

/// Withdraws every certificate of an enrollment that has not ended, and takes the enrollment to
/// the state that says so: revoked, or suspended for a hold. `found` was read in this transaction.
///
/// # Errors
/// `Illegal` if it has no certificate, or is in that state already.
pub(crate) fn withdraw_enrollment(
    transaction: &Connection,
    found: Enrollment,
    decision: &Decision<'_>,
) -> Result<(), RevocationError> {
    let Enrollment { id, provider, .. } = found;
    let (transition, action) = match decision.withdrawal {
        Withdrawal::Hold => (found.state.suspend(decision.at)?, "enrollment.suspend"),
        Withdrawal::Revoked(reason) => (
            found.state.revoke(reason.to_string(), decision.at)?,
            "enrollment.revoke",
        ),
    };
    enrollments::compare_and_set(transaction, &provider, id, &transition)?;
    revocations::mark_all(transaction, &provider, id, &mark(decision))?;
    if let Withdrawal::Revoked(_) = decision.withdrawal {
        mailbox::empty(transaction, &provider, id, decision.at)?;
    }
    let entry = audit::Entry {
        provider: &provider,
        at: decision.at,
        actor: decision.actor,
        action,
        result: "ok",
        enrollment: Some(id),
        detail: serde_json::json!({
            "reason": decision.withdrawal.as_str(),
            "note": decision.note,
        }),
    };
    Ok(audit::append(transaction, &entry)?)
}

/// Ends the hold of an enrollment: its certificates are good again.
///
/// # Errors
/// `Illegal` if it is not on hold.
pub(crate) fn release_enrollment(
    transaction: &Connection,
    found: Enrollment,
    note: &str,
    actor: &Actor,
    at: UnixTime,
) -> Result<(), RevocationError> {
    let Enrollment { id, provider, .. } = found;
    let transition = found.state.resume(at)?;
    enrollments::compare_and_set(transaction, &provider, id, &transition)?;
    revocations::end_hold(transaction, &provider, id)?;
    // Events that were made meanwhile.
    greet(transaction, &provider, id, at)?;
    let entry = audit::Entry {
        provider: &provider,
        at,
        actor,
        action: "enrollment.resume",
        result: "ok",
        enrollment: Some(id),
        detail: serde_json::json!({ "note": note }),
    };
    Ok(audit::append(transaction, &entry)?)
}

/// Withdraws one certificate of an enrollment. If no other is left that is neither ended nor
/// revoked, the enrollment goes with it.
///
/// # Errors
/// `Illegal` if no device is enrolled; `NotFound` if it is none of this enrollment's; `NotGood` if it has ended or is revoked.
pub(super) fn withdraw_certificate(
    transaction: &Connection,
    found: Enrollment,
    serial: &Serial,
    decision: &Decision<'_>,
) -> Result<(), RevocationError> {
    // Where no device is enrolled there is nothing to be withdrawn, whatever the number.
    let _ = found.state.clone().revoke(String::new(), decision.at)?;
    let certificates =
        revocations::of_enrollment(transaction, &found.provider, found.id, decision.at)?;
    let (mut theirs, others): (Vec<_>, Vec<_>) = certificates
        .into_iter()
        .partition(|certificate| certificate.serial == *serial);
    let wanted = theirs.pop().ok_or(RevocationError::NotFound)?;
    if !wanted.state.can_be_revoked() {
        return Err(RevocationError::NotGood);
    }
    if !others.iter().any(|other| other.state.can_be_revoked()) {
        return withdraw_enrollment(transaction, found, decision);
    }
    let Enrollment { id, provider, .. } = found;
    revocations::mark_one(transaction, &provider, id, serial, &mark(decision))?;
    let entry = audit::Entry {
        provider: &provider,
        at: decision.at,
        actor: decision.actor,
        action: "certificate.revoke",
        result: "ok",
        enrollment: Some(id),
        detail: serde_json::json!({
            "serial": serial.to_string(),
            "reason": decision.withdrawal.as_str(),
            "note": decision.note,
        }),
    };
    Ok(audit::append(transaction, &entry)?)
}

fn mark<'a>(decision: &Decision<'a>) -> Mark<'a> {
    Mark {
        withdrawal: decision.withdrawal,
        note: decision.note,
        by: decision.actor,
        at: decision.at,
    }
}
