//! Enrollments as customers, staff and the provider's systems see them. Nothing here is secret.

use gridpass_protocol::{DeviceIdKind, Identifiers, KeyAlgorithm, TemporaryId, UnixTime};
use serde::Serialize;

use crate::{
    Gridpass,
    audit::{self, AuditEntry},
    enrollment::{State, StateName},
    id::{AccountId, EnrollmentId, ProviderId},
    registration::{Channel, EnrollmentKind},
    session::Session,
    store::{
        StoreError,
        enrollments::{self, Enrollment},
    },
    tenant::Scope,
};

/// An enrollment as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrollmentView {
    /// Its id.
    pub id: EnrollmentId,
    /// Whose it is.
    pub provider: ProviderId,
    /// Of which account.
    pub account_id: AccountId,
    /// What its label calls it.
    pub temporary_id: TemporaryId,
    /// The last 4 characters of the device ID.
    pub device_id_hint: String,
    /// What the device ID looks like.
    pub device_id_kind: DeviceIdKind,
    /// What is enrolled.
    pub kind: EnrollmentKind,
    /// What key the device makes.
    pub key_algorithm: KeyAlgorithm,
    /// How its label is delivered.
    pub channel: Channel,
    /// Where it stands.
    pub state: StateView,
    /// When it was registered.
    pub created_at: UnixTime,
    /// Its certificate, once it has one.
    pub certificate: Option<CertificateView>,
    /// What the customer calls the device.
    pub nickname: Option<String>,
}

/// Where an enrollment stands, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum StateView {
    /// Waits for its confirmation.
    Open {
        /// When its label stops being of use.
        expires_at: UnixTime,
        /// Wrong device IDs that are left before it locks.
        tries_left: u32,
    },
    /// Has its certificate.
    Issued {
        /// Since when.
        at: UnixTime,
    },
    /// The device speaks.
    Active,
    /// Stopped on suspicion of a second holder of its key.
    Suspended,
    /// Too many wrong device IDs.
    Locked,
    /// Not confirmed in time.
    Expired,
    /// A newer label of the same device took its place.
    Superseded,
    /// Called off.
    Cancelled,
    /// Its certificate is no longer valid.
    Revoked,
}

impl StateView {
    /// The name of the state.
    #[must_use]
    pub const fn name(&self) -> StateName {
        match self {
            Self::Open { .. } => StateName::Open,
            Self::Issued { .. } => StateName::Issued,
            Self::Active => StateName::Active,
            Self::Suspended => StateName::Suspended,
            Self::Locked => StateName::Locked,
            Self::Expired => StateName::Expired,
            Self::Superseded => StateName::Superseded,
            Self::Cancelled => StateName::Cancelled,
            Self::Revoked => StateName::Revoked,
        }
    }
}

/// A certificate as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateView {
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// Until when it is good.
    pub not_after: UnixTime,
    /// Its fingerprints and derived identifiers.
    pub identifiers: Identifiers,
}

impl Gridpass {
    /// An enrollment; `None` if there is none with this id in this scope.
    ///
    /// # Errors
    /// The database failed.
    pub fn enrollment(
        &self,
        id: EnrollmentId,
        scope: &Scope,
    ) -> Result<Option<EnrollmentView>, StoreError> {
        let found = self
            .store
            .read(|connection| enrollments::find(connection, id))?;
        Ok(found
            .filter(|found| scope.covers(&found.provider, found.account))
            .map(|found| self.view(found)))
    }

    /// The enrollments of the signed-in customer, youngest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn enrollments_of(&self, session: &Session) -> Result<Vec<EnrollmentView>, StoreError> {
        self.enrollments_of_account(&session.provider, session.account_id)
    }

    pub(crate) fn enrollments_of_account(
        &self,
        provider: &ProviderId,
        account: AccountId,
    ) -> Result<Vec<EnrollmentView>, StoreError> {
        let found = self
            .store
            .read(|connection| enrollments::of_account(connection, provider, account))?;
        Ok(found.into_iter().map(|found| self.view(found)).collect())
    }

    /// The audit entries of an enrollment, oldest first; none if it is not in this scope.
    ///
    /// # Errors
    /// The database failed.
    pub fn audit_of(&self, id: EnrollmentId, scope: &Scope) -> Result<Vec<AuditEntry>, StoreError> {
        self.store
            .read(|connection| match enrollments::find(connection, id)? {
                Some(found) if scope.covers(&found.provider, found.account) => {
                    audit::of_enrollment(connection, &found.provider, id)
                }
                _ => Ok(Vec::new()),
            })
    }

    pub(crate) fn view(&self, found: Enrollment) -> EnrollmentView {
        let certificate = found.certificate.map(|(der, not_after)| CertificateView {
            identifiers: Identifiers::of(&der),
            der,
            not_after,
        });
        EnrollmentView {
            state: self.state_view(&found.state, found.failures),
            id: found.id,
            provider: found.provider,
            account_id: found.account,
            temporary_id: found.temporary_id,
            device_id_hint: found.device.hint,
            device_id_kind: found.device.kind,
            kind: found.kind,
            key_algorithm: found.key_algorithm,
            channel: found.channel,
            created_at: found.issued_at,
            certificate,
            nickname: found.nickname,
        }
    }

    pub(crate) fn state_view(&self, state: &State, failures: u32) -> StateView {
        match state {
            // Housekeeping writes it down some time later.
            State::Open(open) if open.has_expired(self.clock_now()) => StateView::Expired,
            State::Open(open) => StateView::Open {
                expires_at: open.expires_at,
                tries_left: self
                    .limits
                    .otp_failures_per_mapping
                    .saturating_sub(failures),
            },
            State::Issued(issued) => StateView::Issued { at: issued.at },
            State::Active(_) => StateView::Active,
            State::Suspended(_) => StateView::Suspended,
            State::Locked(_) => StateView::Locked,
            State::Expired(_) => StateView::Expired,
            State::Superseded(_) => StateView::Superseded,
            State::Cancelled(_) => StateView::Cancelled,
            State::Revoked(_) => StateView::Revoked,
        }
    }
}
