//! The people of a provider: who they are, and what they may do.

mod handover;
pub(crate) mod invitation;
mod known;
mod oidc;
pub(crate) mod passkey;
pub(crate) mod password;
mod people;
pub(crate) mod person;
mod role;
mod session;
mod sign_in;
mod totp;

use gridpass_protocol::UnixTime;

pub use self::{
    handover::{Invited, MailService},
    invitation::{AcceptError, Invitation, InvitationView, InviteError, NewStaff},
    passkey::{Ceremony, PasskeyError, PasskeyView},
    password::WeakPassword,
    people::{ManageError, NewColleague, PasswordError, StaffChange, StaffView, Standing},
    role::{Permission, Role, UnknownRole},
    session::NewStaffSession,
    sign_in::{StaffSignIn, StaffSignInError},
};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{ProviderId, SessionId, StaffId},
    store::StoreError,
    tenant::Scope,
};

/// A member of staff who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffSession {
    /// Names the session in the audit.
    pub id: SessionId,
    /// Whose staff this is.
    pub provider: ProviderId,
    /// Who.
    pub staff_id: StaffId,
    /// The name that colleagues know.
    pub name: String,
    /// What this person is there for.
    pub role: Role,
    /// Since when.
    pub began_at: UnixTime,
}

/// The role does not allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("your role does not allow this; an admin of your organisation can change it")]
pub struct NotAllowed;

impl StaffSession {
    /// What this person may see and touch.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::Provider(self.provider.clone())
    }
}

/// Why a member of staff may not pass.
#[derive(Debug, thiserror::Error)]
pub enum PermissionError {
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The attempt could not be written into the audit.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gridpass {
    /// Lets a member of staff who may do this pass; any other attempt goes into the audit.
    ///
    /// # Errors
    /// See [`PermissionError`].
    pub fn check_permission(
        &self,
        staff: &StaffSession,
        permission: Permission,
        actor: &Actor,
    ) -> Result<(), PermissionError> {
        self.require(staff, permission, actor)
    }

    /// Lets a use case of the desk pass, or writes the attempt into the audit. Every use case of
    /// the desk calls it first, with the `actor` it acts as.
    ///
    /// # Errors
    /// The role does not allow it, or the attempt could not be written.
    pub(crate) fn require<E: From<NotAllowed> + From<StoreError>>(
        &self,
        staff: &StaffSession,
        permission: Permission,
        actor: &Actor,
    ) -> Result<(), E> {
        if staff.role.allows(permission) {
            return Ok(());
        }
        let (provider, actor, at) = (staff.provider.clone(), actor.clone(), self.clock_now());
        self.store.write(move |transaction| {
            let entry = audit::Entry {
                provider: &provider,
                at,
                actor: &actor,
                action: "staff.act",
                result: "forbidden",
                enrollment: None,
                detail: serde_json::json!({ "permission": permission.as_str() }),
            };
            audit::append(transaction, &entry)
        })?;
        Err(NotAllowed.into())
    }
}
