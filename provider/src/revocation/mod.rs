//! Revocation: a certificate is withdrawn because its device is lost, or no longer to be trusted;
//! or put on hold until that is known.
//!
//! A revocation is final, a hold can be undone. What publishes both, CRL and OCSP (RFC 5280,
//! RFC 6960), reads them from the table that is written here, in the transaction of the decision.

mod answers;
mod config;
mod lists;
mod reason;
mod withdraw;

use gridpass_protocol::{Identifiers, UnixTime};

pub use self::answers::OcspAnswer;
pub(crate) use self::answers::Responders;
pub use self::config::RevocationConfig;
pub use self::lists::RevocationList;
pub use self::reason::{RevocationReason, UnknownReason, Withdrawal};
pub(crate) use self::withdraw::{Decision, release_enrollment, withdraw_enrollment};
use crate::{
    Gridpass,
    audit::Actor,
    desk::StaffWords,
    enrollment::{IllegalTransition, Serial},
    id::EnrollmentId,
    mapping::TransitionError,
    session::Session,
    staff::{NotAllowed, Permission, StaffSession},
    store::{
        StoreError,
        enrollments::{self, Enrollment},
    },
    tenant::Scope,
};

/// Most characters of a note.
const MOST_WORDS: usize = 500;

/// A certificate of an enrollment, with what stands against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateStanding {
    /// Its serial number.
    pub serial: Serial,
    /// When it was issued.
    pub issued_at: UnixTime,
    /// Until when it is good, if nothing stands against it.
    pub not_after: UnixTime,
    /// Its fingerprints and derived identifiers.
    pub identifiers: Identifiers,
    /// How it stands.
    pub state: CertificateState,
}

/// How a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateState {
    /// Nothing stands against it.
    Good,
    /// Its time is over.
    Ended,
    /// It is on hold.
    OnHold {
        /// Since when.
        since: UnixTime,
    },
    /// It is revoked.
    Revoked {
        /// Since when.
        since: UnixTime,
        /// Why.
        reason: RevocationReason,
    },
}

impl CertificateState {
    /// Whether it can still be revoked.
    #[must_use]
    pub const fn can_be_revoked(self) -> bool {
        matches!(self, Self::Good | Self::OnHold { .. })
    }
}

/// Why nothing was revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    /// There is no such enrollment or certificate, or none that this person may see.
    #[error("there is no such enrollment or certificate")]
    NotFound,
    /// There is no certificate to withdraw, or it is withdrawn already.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// The certificate has ended, or is withdrawn already.
    #[error("this certificate has ended or is revoked already")]
    NotGood,
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TransitionError> for RevocationError {
    fn from(error: TransitionError) -> Self {
        match error {
            TransitionError::NotFound => Self::NotFound,
            TransitionError::Illegal(illegal) => Self::Illegal(illegal),
            TransitionError::Store(error) => Self::Store(error),
        }
    }
}

impl Gridpass {
    /// Withdraws the certificate of a customer's own device that is lost.
    ///
    /// # Errors
    /// See [`RevocationError`]; never `NotAllowed`.
    pub fn report_lost(
        &self,
        session: &Session,
        id: EnrollmentId,
        actor: Actor,
    ) -> Result<(), RevocationError> {
        let lost = Withdrawal::Revoked(RevocationReason::Lost);
        self.withdraw(id, session.scope(), lost, "", actor)
    }

    /// Withdraws the certificate of a device, with the words of whoever decides it, at most 500
    /// characters.
    ///
    /// # Errors
    /// See [`RevocationError`].
    pub fn revoke_enrollment(
        &self,
        staff: &StaffSession,
        id: EnrollmentId,
        reason: RevocationReason,
        note: &str,
        actor: Actor,
    ) -> Result<(), RevocationError> {
        self.require::<RevocationError>(staff, Permission::RevokeCertificates, &actor)?;
        let withdrawal = Withdrawal::Revoked(reason);
        self.withdraw(id, staff.scope(), withdrawal, note, actor)
    }

    /// Puts a device on hold: its certificates are withdrawn until somebody ends the hold.
    ///
    /// # Errors
    /// See [`RevocationError`].
    pub fn hold_enrollment(
        &self,
        staff: &StaffSession,
        id: EnrollmentId,
        reason: &StaffWords,
        actor: Actor,
    ) -> Result<(), RevocationError> {
        self.require::<RevocationError>(staff, Permission::RevokeCertificates, &actor)?;
        let note = reason.as_str();
        self.withdraw(id, staff.scope(), Withdrawal::Hold, note, actor)
    }

    /// Ends the hold of a device: its certificates are good again.
    ///
    /// # Errors
    /// See [`RevocationError`].
    pub fn release_enrollment(
        &self,
        staff: &StaffSession,
        id: EnrollmentId,
        reason: &StaffWords,
        actor: Actor,
    ) -> Result<(), RevocationError> {
        self.require::<RevocationError>(staff, Permission::RevokeCertificates, &actor)?;
        let (scope, at) = (staff.scope(), self.clock_now());
        let note = reason.to_string();
        self.store.write(move |transaction| {
            let found = within(enrollments::find(transaction, id)?, &scope)?;
            release_enrollment(transaction, found, &note, &actor, at)
        })
    }

    /// Withdraws one certificate of a device that has several. If none is left, the enrollment is
    /// revoked with it.
    ///
    /// # Errors
    /// See [`RevocationError`].
    pub fn revoke_certificate(
        &self,
        staff: &StaffSession,
        id: EnrollmentId,
        serial: &Serial,
        reason: RevocationReason,
        note: &StaffWords,
        actor: Actor,
    ) -> Result<(), RevocationError> {
        self.require::<RevocationError>(staff, Permission::RevokeCertificates, &actor)?;
        let (scope, at) = (staff.scope(), self.clock_now());
        let (serial, note) = (serial.clone(), note.to_string());
        self.store.write(move |transaction| {
            let found = within(enrollments::find(transaction, id)?, &scope)?;
            let decision = Decision {
                withdrawal: Withdrawal::Revoked(reason),
                note: &note,
                actor: &actor,
                at,
            };
            withdraw::withdraw_certificate(transaction, found, &serial, &decision)
        })
    }

    fn withdraw(
        &self,
        id: EnrollmentId,
        scope: Scope,
        withdrawal: Withdrawal,
        note: &str,
        actor: Actor,
    ) -> Result<(), RevocationError> {
        let at = self.clock_now();
        let note: String = note.trim().chars().take(MOST_WORDS).collect();
        self.store.write(move |transaction| {
            let found = within(enrollments::find(transaction, id)?, &scope)?;
            let decision = Decision {
                withdrawal,
                note: &note,
                actor: &actor,
                at,
            };
            withdraw_enrollment(transaction, found, &decision)
        })
    }
}

fn within(found: Option<Enrollment>, scope: &Scope) -> Result<Enrollment, RevocationError> {
    found
        .filter(|found| scope.covers(&found.provider, found.account))
        .ok_or(RevocationError::NotFound)
}
