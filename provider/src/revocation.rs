//! Revocation: a certificate is withdrawn because its device is lost, or no longer to be trusted.
//!
//! The transition is final. What publishes it, CRL and OCSP (RFC 5280, RFC 6960), reads the
//! reason from here.

use std::{fmt, str::FromStr};

use crate::{
    Gridpass,
    audit::{self, Actor},
    enrollment::IllegalTransition,
    id::EnrollmentId,
    mapping::TransitionError,
    session::Session,
    staff::{NotAllowed, Permission, StaffSession},
    store::{
        StoreError,
        enrollments::{self, Applied},
    },
    tenant::Scope,
};

/// Why a certificate is withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RevocationReason {
    /// Nobody knows where the device is.
    Lost,
    /// Somebody else may have its key.
    Compromised,
    /// The device was given away or thrown away.
    Disposed,
    /// Another device does its work.
    Replaced,
    /// The customer has left the programme.
    Left,
}

impl RevocationReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::Lost,
        Self::Compromised,
        Self::Disposed,
        Self::Replaced,
        Self::Left,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Compromised => "compromised",
            Self::Disposed => "disposed",
            Self::Replaced => "replaced",
            Self::Left => "left",
        }
    }

    /// Its code in a CRL (RFC 5280, 5.3.1).
    #[must_use]
    pub const fn crl_code(self) -> u8 {
        match self {
            // Whoever finds a lost device holds its key.
            Self::Lost | Self::Compromised => 1,
            Self::Replaced => 4,
            Self::Disposed | Self::Left => 5,
        }
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a reason: expected lost, compromised, disposed, replaced or left")]
pub struct UnknownReason;

impl FromStr for RevocationReason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or(UnknownReason)
    }
}

/// Why nothing was revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    /// There is no such enrollment, or none that this person may see.
    #[error("there is no such enrollment")]
    NotFound,
    /// There is no certificate to withdraw, or it is withdrawn already.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
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
        self.revoke(id, session.scope(), RevocationReason::Lost, "", actor)
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
        self.revoke(id, staff.scope(), reason, note, actor)
    }

    fn revoke(
        &self,
        id: EnrollmentId,
        scope: Scope,
        reason: RevocationReason,
        note: &str,
        actor: Actor,
    ) -> Result<(), RevocationError> {
        let now = self.clock_now();
        let note: String = note.trim().chars().take(500).collect();
        self.store.write(move |transaction| {
            let found = enrollments::find(transaction, id)?
                .filter(|found| scope.covers(&found.provider, found.account))
                .ok_or(RevocationError::NotFound)?;
            let transition = found.state.revoke(reason.to_string(), now)?;
            let written =
                enrollments::compare_and_set(transaction, &found.provider, id, &transition)?;
            if written == Applied::Raced {
                return Err(StoreError::Contended.into());
            }
            let entry = audit::Entry {
                provider: &found.provider,
                at: now,
                actor: &actor,
                action: "enrollment.revoke",
                result: "ok",
                enrollment: Some(id),
                detail: serde_json::json!({ "reason": reason.as_str(), "note": note }),
            };
            Ok(audit::append(transaction, &entry)?)
        })
    }
}
