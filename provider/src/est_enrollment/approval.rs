//! Devices that staff have to approve (RFC 7030, 4.2.3: the server answers 202 meanwhile).
//!
//! The one-time password is judged before anything waits, and is not asked for twice: the request
//! is written down with its key, the label's time is extended until somebody has decided, and the
//! device sends the same request again. An approval is good for that very request; whoever is
//! refused has its label cancelled.

use gridpass_protocol::{Csr, UnixTime};

use crate::{
    Gridpass,
    audit::{self, Actor},
    confirmation_error::ConfirmationError,
    desk::{DeskError, EnrollmentRow},
    enrollment::State,
    id::EnrollmentId,
    staff::{NotAllowed, Permission, StaffSession},
    store::{
        StoreError, enrollment_list, enrollments,
        est_requests::{self, EstRow},
    },
    vault::sha256,
    verification::Attempt,
};

const DAY: u64 = 24 * 60 * 60;
/// How many that wait are shown at once.
const SHOWN: usize = 50;

/// A request that waits for its approval, or has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApprovalView {
    /// SHA-256 of the SubjectPublicKeyInfo: what a device shows too, to be compared.
    pub key: [u8; 32],
    /// Since when.
    pub asked_at: UnixTime,
    /// Since when it is approved.
    pub approved_at: Option<UnixTime>,
}

/// Why nothing was approved.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// There is no such enrollment, or none that this person may see.
    #[error("there is no such enrollment")]
    NotFound,
    /// No request with this key waits, or the enrollment is no longer open.
    #[error("no request with this key waits for an approval")]
    NotWaiting,
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gridpass {
    /// Lets an attempt go on only if staff have approved this very request; writes it down if it
    /// is new.
    pub(crate) fn require_approval<W>(
        &self,
        attempt: &Attempt<'_, W>,
        id: EnrollmentId,
        csr: &Csr,
    ) -> Result<(), ConfirmationError> {
        let policy = &attempt.provider.config.est;
        let awaits = ConfirmationError::AwaitsApproval {
            retry_after: policy.retry_after,
        };
        let provider = attempt.provider.config.id.clone();
        let csr_hash = sha256(csr.der());
        let found = self
            .store
            .read(|connection| est_requests::find(connection, &provider, id))?;
        match found.filter(|found| found.csr_hash == csr_hash) {
            Some(found) if found.approved_at.is_some() => return Ok(()),
            Some(_) => return Err(awaits),
            None => {}
        }
        let request = EstRow {
            csr_hash,
            spki_hash: sha256(csr.spki_der()),
            asked_at: attempt.now,
            approved_at: None,
        };
        let until = attempt.now.plus(u64::from(policy.approval_days) * DAY);
        let (actor, at) = (attempt.actor.clone(), attempt.now);
        self.store.write(move |transaction| {
            est_requests::ask(transaction, &provider, id, &request)?;
            est_requests::keep_open(transaction, &provider, id, until)?;
            let entry = audit::Entry {
                provider: &provider,
                at,
                actor: &actor,
                action: "verification.approval",
                result: "awaits-approval",
                enrollment: Some(id),
                detail: serde_json::json!({ "key": hex(&request.spki_hash) }),
            };
            audit::append(transaction, &entry)
        })?;
        Err(awaits)
    }

    /// The request of an enrollment that waits, or was approved and has not been answered yet.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn approval(
        &self,
        staff: &StaffSession,
        id: EnrollmentId,
        actor: &Actor,
    ) -> Result<Option<ApprovalView>, DeskError> {
        self.require::<DeskError>(staff, Permission::SeeEnrollments, actor)?;
        let scope = staff.scope();
        self.store.read(|connection| {
            let Some(found) = enrollments::find(connection, id)?
                .filter(|found| scope.covers(&found.provider, found.account))
                .filter(|found| matches!(found.state, State::Open(_)))
            else {
                return Ok(None);
            };
            let request = est_requests::find(connection, &found.provider, id)?;
            Ok(request.map(|request| ApprovalView {
                key: request.spki_hash,
                asked_at: request.asked_at,
                approved_at: request.approved_at,
            }))
        })
    }

    /// The enrollments of the provider that wait for an approval, the longest waiting first; at
    /// most 50.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn awaiting_approval(
        &self,
        staff: &StaffSession,
        actor: &Actor,
    ) -> Result<Vec<EnrollmentRow>, DeskError> {
        self.require::<DeskError>(staff, Permission::SeeEnrollments, actor)?;
        let now = self.clock_now();
        let rows = self.store.read(|connection| {
            enrollment_list::awaiting(connection, &staff.provider, now, SHOWN)
        })?;
        Ok(rows.into_iter().map(|row| self.listed(row)).collect())
    }

    /// Approves the request with this key: when the device asks again it gets its certificate. To
    /// refuse it, cancel the label.
    ///
    /// # Errors
    /// See [`ApprovalError`].
    pub fn approve_enrollment(
        &self,
        staff: &StaffSession,
        id: EnrollmentId,
        key: [u8; 32],
        actor: Actor,
    ) -> Result<(), ApprovalError> {
        self.require::<ApprovalError>(staff, Permission::ActOnEnrollments, &actor)?;
        let (scope, at) = (staff.scope(), self.clock_now());
        self.store.write(move |transaction| {
            let found = enrollments::find(transaction, id)?
                .filter(|found| scope.covers(&found.provider, found.account))
                .ok_or(ApprovalError::NotFound)?;
            let is_open = matches!(&found.state, State::Open(open) if !open.has_expired(at));
            let provider = &found.provider;
            if !is_open || !est_requests::approve(transaction, provider, id, &key, &actor, at)? {
                return Err(ApprovalError::NotWaiting);
            }
            let entry = audit::Entry {
                provider,
                at,
                actor: &actor,
                action: "enrollment.approve",
                result: "ok",
                enrollment: Some(id),
                detail: serde_json::json!({ "key": hex(&key) }),
            };
            Ok(audit::append(transaction, &entry)?)
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
