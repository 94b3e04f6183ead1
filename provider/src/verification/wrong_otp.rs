//! Step 4 of verification, when the one-time password is wrong: it is counted, and the last one
//! locks.

use gridpass_protocol::{TemporaryId, UnixTime};

use super::otp_window;
use crate::{
    audit::{self, Actor},
    config::Limits,
    confirmation_error::ConfirmationError,
    enrollment::Open,
    id::{EnrollmentId, ProviderId},
    limits::{self, RetryAfter},
    store::{
        Connection, enrollments,
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
    /// The open enrollment with this temporary id, if there is one.
    pub(super) known: Option<(Open, EnrollmentId)>,
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
        known,
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
    let enrollment = known.as_ref().map(|(_, id)| *id);
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
        let nobody = (
            Open {
                issued_at: now,
                expires_at: now,
            },
            nobody,
        );
        let (open, id) = known.unwrap_or(nobody);
        let _ = enrollments::compare_and_set(transaction, &provider, id, &open.lock(now))?;
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
