//! The staff of a provider, as its admins run it, and what each member sees of themselves.

use gridpass_protocol::UnixTime;

use super::{
    Invitation, InviteError, Invited, NewStaff, NotAllowed, Permission, Role, StaffSession,
    invitation::{Handover, OnItsWay},
    password::WeakPassword,
    person::{self, Person},
    totp::TotpSecret,
};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{ProviderId, StaffId},
    random::Random,
    session::{self, Owner, SessionView},
    store::{Connection, StoreError, params, seconds, sql},
    tenant::Language,
};

/// A member of staff, as colleagues see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffView {
    /// Names the person in addresses.
    pub id: StaffId,
    /// The name that colleagues know.
    pub name: String,
    /// What this person signs in with.
    pub email: String,
    /// What this person is there for.
    pub role: Role,
    /// Where this person stands.
    pub standing: Standing,
    /// Since when.
    pub made_at: UnixTime,
}

/// A colleague to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewColleague {
    /// The address to sign in with.
    pub email: String,
    /// The name that colleagues know.
    pub name: String,
    /// What this person is there for.
    pub role: Role,
}

/// Where a member of staff stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Has not accepted the invitation yet.
    Invited,
    /// Can sign in.
    Active,
    /// Was put off the staff.
    Disabled,
}

/// Why nothing about a colleague was changed.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// There is no such colleague.
    #[error("there is no such colleague")]
    NotFound,
    /// Nobody takes the admin's role from themselves: somebody must be left who can give it back.
    #[error("another admin has to do this for you")]
    Yourself,
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What may be changed about a colleague.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffChange {
    /// What this person is there for.
    Role(Role),
    /// Put off the staff: every session ends, and nobody signs in.
    Disable,
    /// Back on the staff, with the same ways to sign in.
    Enable,
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The password of today or the code is wrong.
    #[error("password or code are wrong")]
    Refused,
    /// The new one is too easy.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Person> for StaffView {
    fn from(person: Person) -> Self {
        let standing = if person.disabled_at.is_some() {
            Standing::Disabled
        } else if person.can_sign_in || person.is_vouched_for {
            Standing::Active
        } else {
            Standing::Invited
        };
        Self {
            id: person.id,
            name: person.name,
            email: person.email,
            role: person.role,
            standing,
            made_at: person.made_at,
        }
    }
}

impl Gridpass {
    /// Everybody on the staff, by name.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn staff_list(
        &self,
        staff: &StaffSession,
        actor: &Actor,
    ) -> Result<Vec<StaffView>, ManageError> {
        self.require::<ManageError>(staff, Permission::ManageStaff, actor)?;
        let people = self
            .store
            .read(|connection| person::all(connection, &staff.provider))?;
        Ok(people.into_iter().map(StaffView::from).collect())
    }

    /// Invites a colleague, by mail in this language if mails leave.
    ///
    /// # Errors
    /// See [`InviteError`].
    pub fn invite_colleague(
        &self,
        staff: &StaffSession,
        colleague: NewColleague,
        language: Language,
        actor: Actor,
    ) -> Result<Invited, InviteError> {
        self.require::<InviteError>(staff, Permission::ManageStaff, &actor)?;
        let NewColleague { email, name, role } = colleague;
        let new = NewStaff {
            provider: staff.provider.clone(),
            email: email.clone(),
            name,
            role,
        };
        let invited = self.invite(new, Handover::Mailed(language), actor)?;
        Ok(handed_over(invited, email))
    }

    /// Takes from a colleague every way to sign in, and makes an invitation to set up new ones;
    /// it goes by mail in this language if mails leave.
    ///
    /// # Errors
    /// See [`InviteError`].
    pub fn reset_colleague(
        &self,
        staff: &StaffSession,
        id: StaffId,
        language: Language,
        actor: Actor,
    ) -> Result<Invited, InviteError> {
        self.require::<InviteError>(staff, Permission::ManageStaff, &actor)?;
        let found = self
            .store
            .read(|connection| person::find(connection, &staff.provider, id))?;
        let person = found.ok_or(InviteError::Unknown)?;
        let handover = Handover::Mailed(language);
        let invited = self.reset_person(&staff.provider, &person, handover, actor)?;
        Ok(handed_over(invited, person.email))
    }

    /// Changes something about a colleague.
    ///
    /// # Errors
    /// See [`ManageError`].
    pub fn change_colleague(
        &self,
        staff: &StaffSession,
        id: StaffId,
        change: StaffChange,
        actor: Actor,
    ) -> Result<(), ManageError> {
        self.require::<ManageError>(staff, Permission::ManageStaff, &actor)?;
        if id == staff.staff_id {
            return Err(ManageError::Yourself);
        }
        let (provider, now) = (staff.provider.clone(), self.clock_now());
        self.store.write(move |transaction| {
            let changed = apply(transaction, &provider, id, change, now)?;
            if changed == 0 {
                return Err(ManageError::NotFound);
            }
            if change == StaffChange::Disable {
                session::end_all(transaction, &provider, Owner::Staff(id))?;
            }
            let (action, detail) = match change {
                StaffChange::Role(role) => (
                    "staff.change-role",
                    serde_json::json!({ "staff": id, "role": role }),
                ),
                StaffChange::Disable => ("staff.disable", serde_json::json!({ "staff": id })),
                StaffChange::Enable => ("staff.enable", serde_json::json!({ "staff": id })),
            };
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action,
                result: "ok",
                enrollment: None,
                detail,
            };
            Ok(audit::append(transaction, &entry)?)
        })
    }

    /// The browsers that a member of staff is signed in with, the last used first.
    ///
    /// # Errors
    /// The database failed.
    pub fn staff_sessions(&self, staff: &StaffSession) -> Result<Vec<SessionView>, StoreError> {
        let now = self.clock_now();
        self.store.read(|connection| {
            session::list(
                connection,
                &staff.provider,
                Owner::Staff(staff.staff_id),
                now,
            )
        })
    }

    /// Ends every session of a member of staff, this one too. How many there were.
    ///
    /// # Errors
    /// The database failed.
    pub fn staff_sign_out_everywhere(
        &self,
        staff: &StaffSession,
        actor: Actor,
    ) -> Result<usize, StoreError> {
        let (provider, id, now) = (staff.provider.clone(), staff.staff_id, self.clock_now());
        self.store.write(move |transaction| {
            let ended = session::end_all(transaction, &provider, Owner::Staff(id))?;
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action: "session.end-all",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({ "staff": id, "sessions": ended }),
            };
            audit::append(transaction, &entry)?;
            Ok(ended)
        })
    }

    /// Changes one's own password; asks for the one of today and for a code of the
    /// authenticator. Other sessions end.
    ///
    /// # Errors
    /// See [`PasswordError`].
    pub fn change_password(
        &self,
        staff: &StaffSession,
        today: &str,
        new: &str,
        code: &str,
        actor: Actor,
    ) -> Result<(), PasswordError> {
        let found = self
            .store
            .read(|connection| person::find(connection, &staff.provider, staff.staff_id))?;
        let person = found.ok_or(PasswordError::Refused)?;
        self.check_password(&staff.provider, &person, new)?;
        let random = Random(&*self.random);
        let (now, provider) = (self.clock_now(), staff.provider.clone());
        let step = person
            .sealed_totp
            .as_ref()
            .and_then(|sealed| TotpSecret::open(sealed, person.id, &self.vault).ok())
            .and_then(|secret| secret.step_of(code, now));
        let right = self
            .passwords
            .matches(today, person.password_hash.as_deref(), &random);
        let hash = self.passwords.hash(new, &random);
        let (id, own_session) = (staff.staff_id, staff.id);
        let changed = self.store.write(move |transaction| {
            let fresh = match step {
                Some(step) if right => person::use_totp_step(transaction, &provider, id, step)?,
                _ => false,
            };
            if fresh {
                write_password(transaction, &provider, id, &hash)?;
                session::end_others(transaction, &provider, Owner::Staff(id), own_session)?;
            }
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action: "staff.change-password",
                result: if fresh { "ok" } else { "refused" },
                enrollment: None,
                detail: serde_json::json!({}),
            };
            audit::append(transaction, &entry)?;
            Ok::<_, StoreError>(fresh)
        })?;
        if changed {
            Ok(())
        } else {
            Err(PasswordError::Refused)
        }
    }
}

/// What whoever invites gets to see.
fn handed_over((invitation, way): (Invitation, OnItsWay), to: String) -> Invited {
    match way {
        OnItsWay::Yes => Invited::ByMail { to },
        OnItsWay::No => Invited::Shown(invitation),
    }
}

fn write_password(
    transaction: &Connection,
    provider: &ProviderId,
    id: StaffId,
    hash: &str,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "UPDATE staff SET password_hash = $3 WHERE provider_id = $1 AND id = $2"
        ))?
        .post(params![provider.as_str(), id.as_bytes(), hash])?;
    Ok(())
}

/// How many people it changed: one, or none if there is no such colleague.
fn apply(
    transaction: &Connection,
    provider: &ProviderId,
    id: StaffId,
    change: StaffChange,
    now: UnixTime,
) -> Result<usize, StoreError> {
    let changed = match change {
        StaffChange::Role(role) => transaction
            .prepare_cached(sql!(
                "UPDATE staff SET role = $3 WHERE provider_id = $1 AND id = $2"
            ))?
            .execute(params![provider.as_str(), id.as_bytes(), role.as_str()])?,
        StaffChange::Disable => transaction
            .prepare_cached(sql!(
                "UPDATE staff SET disabled_at = $3 WHERE provider_id = $1 AND id = $2"
            ))?
            .execute(params![provider.as_str(), id.as_bytes(), seconds(now)])?,
        StaffChange::Enable => transaction
            .prepare_cached(sql!(
                "UPDATE staff SET disabled_at = NULL WHERE provider_id = $1 AND id = $2"
            ))?
            .execute(params![provider.as_str(), id.as_bytes()])?,
    };
    Ok(changed)
}
