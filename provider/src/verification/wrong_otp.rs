//! Step 4 of verification, when the one-time password is wrong: it is counted, and the last one
//! locks.

use gridpass_protocol::{TemporaryId, UnixTime};

use super::otp_window;
use crate::{
    audit::{self, Actor},
    config::Limits,
    confirmation_error::ConfirmationError,
    enrollment::State,
    id::{EnrollmentId, ProviderId},
    limits::{self, RetryAfter},
    store::{
        Connection, StoreError, enrollments,
        milestones::{self, Milestone},
    },
};

/// A wrong one-time password, to be counted.
pub(super) struct WrongOtp {
    pub(super) provider: ProviderId,
    pub(super) temporary_id: TemporaryId,
    pub(super) network: String,
    pub(super) actor: Actor,
    pub(super) limits: Limits,
    /// The enrollment with this temporary id that was open, if there is one.
    pub(super) known: Option<EnrollmentId>,
    pub(super) now: UnixTime,
}

/// The transaction of a wrong one-time password. Decides anew whether it is judged at all,
/// because others may have been judged since the limits were read.
pub(super) fn count(
    transaction: &Connection,
    wrong: WrongOtp,
) -> Result<ConfirmationError, ConfirmationError> {
    let WrongOtp {
        provider,
        temporary_id,
        network,
        actor,
        limits,
        known: enrollment,
        now,
    } = wrong;
    let before = limits::mapping_failures(transaction, &provider, &temporary_id)?;
    let failures = before + 1;
    if before >= limits.otp_failures_per_mapping {
        return Ok(ConfirmationError::Locked);
    }
    let window = otp_window(&limits);
    if let Some(RetryAfter(retry_after)) = window.blocks(transaction, &network, now)? {
        return Ok(ConfirmationError::RateLimited { retry_after });
    }
    limits::count_mapping_failure(transaction, &provider, &temporary_id, now)?;
    window.count(transaction, &network, Some(&provider), now)?;
    let remaining = limits.otp_failures_per_mapping - failures;
    // For an unknown temporary id the same statements run and find nothing.
    let nobody = EnrollmentId::nil();
    milestones::reach(
        transaction,
        &provider,
        enrollment.unwrap_or(nobody),
        Milestone::Opened,
        now,
    )?;
    let action = if remaining == 0 {
        lock(transaction, &provider, enrollment.unwrap_or(nobody), now)?;
        "enrollment.lock"
    } else {
        "verification.otp"
    };
    let entry = audit::Entry {
        provider: &provider,
        at: now,
        actor: &actor,
        action,
        result: "invalid-otp",
        enrollment,
        detail: serde_json::json!({ "temporary_id": temporary_id, "remaining": remaining }),
    };
    audit::append(transaction, &entry)?;
    Ok(ConfirmationError::InvalidOtp { remaining })
}

/// Locks an enrollment, if it is still open.
fn lock(
    transaction: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
    now: UnixTime,
) -> Result<(), StoreError> {
    let found = enrollments::find(transaction, id)?;
    match found.map(|found| found.state) {
        Some(State::Open(open)) => {
            enrollments::compare_and_set(transaction, provider, id, &open.lock(now))
        }
        _ => Ok(()),
    }
}
