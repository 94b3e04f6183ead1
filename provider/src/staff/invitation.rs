//! How somebody joins the staff: by a link that works once. Whoever holds it chooses how to sign
//! in from then on; the same way leads back in after a telephone was lost.

use gridpass_protocol::{UnixTime, b64u};

use super::{
    NewStaffSession, Role, StaffSession,
    password::WeakPassword,
    person::{self, Person},
    session::begin,
    totp::TotpSecret,
};
use crate::{
    Gridpass,
    audit::{self, Actor},
    config::is_shown_text,
    id::{ProviderId, StaffId},
    label_image,
    outbox::{self, Dispatch, Outgoing},
    random::Random,
    session::{self, Browser, Owner},
    store::{Connection, RowReader, StoreError, params, seconds, sql},
    tenant::Language,
    vault::sha256,
};

/// How long an invitation is good, in seconds.
const LIFETIME: u64 = 7 * 24 * 60 * 60;

/// Somebody who is to join the staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStaff {
    /// Whose staff.
    pub provider: ProviderId,
    /// The address that this person signs in with.
    pub email: String,
    /// The name that colleagues know.
    pub name: String,
    /// What this person is there for.
    pub role: Role,
}

/// An invitation, shown once.
pub struct Invitation {
    /// Who is invited.
    pub staff: StaffId,
    /// The link. Secret: whoever opens it becomes that member of staff.
    pub link: String,
    /// Until when it is good.
    pub expires_at: UnixTime,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation")
            .field("staff", &self.staff)
            .finish_non_exhaustive()
    }
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// This installation serves no such provider.
    #[error("there is no such provider")]
    UnknownProvider,
    /// The name or the address is not one.
    #[error("a member of staff has a name of 1 to 128 printable characters and an e-mail address")]
    Invalid,
    /// This address is a colleague's already.
    #[error("somebody with this address is on the staff already; reset how they sign in instead")]
    Taken,
    /// There is no such colleague.
    #[error("nobody with this address is on the staff")]
    Unknown,
    /// The role of whoever asks does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] super::NotAllowed),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an invitation offers to whoever holds it.
pub struct InvitationView {
    /// Who is invited.
    pub name: String,
    /// The address to sign in with.
    pub email: String,
    /// Whose staff, as customers know it.
    pub provider_name: String,
    /// What for.
    pub role: Role,
    /// The authenticator's secret, to be typed.
    pub totp_secret: String,
    /// The same as a QR code, an SVG document.
    pub totp_svg: String,
}

impl std::fmt::Debug for InvitationView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvitationView")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

/// Why an invitation was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// It is unknown, used or too old.
    #[error("this invitation is used or too old; ask for a new one")]
    NotGood,
    /// The password is too easy.
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    /// The code is not the app's.
    #[error("this is not the code that the app shows now")]
    WrongCode,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An invitation that was found and is good.
pub(super) struct Found {
    pub(super) provider: ProviderId,
    pub(super) person: Person,
    pub(super) totp: TotpSecret,
}

impl Gridpass {
    /// Invites somebody at the command line: the way the first admin comes in.
    ///
    /// # Errors
    /// See [`InviteError`].
    pub fn invite_staff(&self, new: NewStaff, actor: Actor) -> Result<Invitation, InviteError> {
        Ok(self.invite(new, Handover::Shown, actor)?.0)
    }

    /// The invitation, and whether it is on its way by mail.
    pub(super) fn invite(
        &self,
        new: NewStaff,
        handover: Handover,
        actor: Actor,
    ) -> Result<(Invitation, OnItsWay), InviteError> {
        self.provider(&new.provider)
            .ok_or(InviteError::UnknownProvider)?;
        let email = new.email.trim().to_owned();
        if !is_shown_text(&new.name, 128) || !is_email(&email) {
            return Err(InviteError::Invalid);
        }
        let now = self.clock_now();
        let person = Person {
            id: StaffId::make(now, &Random(&*self.random)),
            name: new.name,
            email,
            role: new.role,
            password_hash: None,
            sealed_totp: None,
            can_sign_in: false,
            is_vouched_for: false,
            made_at: now,
            disabled_at: None,
        };
        let provider = new.provider;
        let (prepared, invitation) = self.prepare_invitation(&provider, &person, handover)?;
        let way = prepared.way();
        self.store.write(move |transaction| {
            if !person::insert(transaction, &provider, &person)? {
                return Err(InviteError::Taken);
            }
            prepared.insert(transaction, &provider)?;
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action: "staff.invite",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({ "staff": person.id, "role": person.role }),
            };
            Ok(audit::append(transaction, &entry)?)
        })?;
        Ok((invitation, way))
    }

    /// Takes from a member of staff every way to sign in and makes an invitation to set up new
    /// ones, at the command line: the way back in for the only admin.
    ///
    /// # Errors
    /// See [`InviteError`].
    pub fn reset_staff(
        &self,
        provider: &ProviderId,
        email: &str,
        actor: Actor,
    ) -> Result<Invitation, InviteError> {
        self.provider(provider)
            .ok_or(InviteError::UnknownProvider)?;
        let found = self
            .store
            .read(|connection| person::find_by_email(connection, provider, email))?;
        let person = found.ok_or(InviteError::Unknown)?;
        Ok(self
            .reset_person(provider, &person, Handover::Shown, actor)?
            .0)
    }

    /// The invitation, and whether it is on its way by mail.
    pub(super) fn reset_person(
        &self,
        provider: &ProviderId,
        person: &Person,
        handover: Handover,
        actor: Actor,
    ) -> Result<(Invitation, OnItsWay), InviteError> {
        let (prepared, invitation) = self.prepare_invitation(provider, person, handover)?;
        let way = prepared.way();
        let (provider, id, now) = (provider.clone(), person.id, self.clock_now());
        self.store.write(move |transaction| {
            forget_credentials(transaction, &provider, id)?;
            prepared.insert(transaction, &provider)?;
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action: "staff.reset",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({ "staff": id }),
            };
            audit::append(transaction, &entry)
        })?;
        Ok((invitation, way))
    }

    /// What an invitation offers. `None`: it is unknown, used or too old.
    ///
    /// # Errors
    /// The database failed.
    pub fn invitation(&self, token: &str) -> Result<Option<InvitationView>, StoreError> {
        let Some(found) = self.find_invitation(token)? else {
            return Ok(None);
        };
        let Some(provider) = self.provider(&found.provider) else {
            return Ok(None);
        };
        let provider_name = provider.config.name.clone();
        let Person {
            name, email, role, ..
        } = found.person;
        let (address, totp_secret) = found.totp.address(&email, &provider_name);
        Ok(Some(InvitationView {
            name,
            email,
            provider_name,
            role,
            totp_secret,
            totp_svg: label_image::svg_of_text(&address),
        }))
    }

    /// Accepts an invitation: from now on this password and the codes of this authenticator open
    /// the desk. Signs in at once.
    ///
    /// # Errors
    /// See [`AcceptError`].
    pub fn accept_by_password(
        &self,
        token: &str,
        password: &str,
        code: &str,
        from: Browser,
    ) -> Result<NewStaffSession, AcceptError> {
        let found = self.find_invitation(token)?.ok_or(AcceptError::NotGood)?;
        let Found {
            provider,
            person,
            totp,
        } = found;
        self.check_password(&provider, &person, password)?;
        let now = self.clock_now();
        let step = totp.step_of(code, now).ok_or(AcceptError::WrongCode)?;
        let random = Random(&*self.random);
        let hash = self.passwords.hash(password, &random);
        let sealed_totp = totp.seal(person.id, &self.vault, &random);
        let invitation_hash = sha256(token.trim().as_bytes());
        let (token, session) = self.new_staff_session(&provider, &person, now);
        let (written, token_hash) = (session.clone(), token.hash());
        self.store.write(move |transaction| {
            use_up(transaction, &invitation_hash, now)?;
            transaction
                .prepare_cached(sql!(
                    "UPDATE staff SET password_hash = $3, sealed_totp = $4, totp_step = $5
                     WHERE provider_id = $1 AND id = $2"
                ))
                .and_then(|mut statement| {
                    statement.execute(params![
                        provider.as_str(),
                        person.id.as_bytes(),
                        hash,
                        sealed_totp,
                        seconds(UnixTime(step))
                    ])
                })
                .map_err(StoreError::from)?;
            Ok::<_, AcceptError>(begin_accepted(
                transaction,
                &written,
                token_hash,
                &from,
                "password",
            )?)
        })?;
        Ok(NewStaffSession {
            token: token.reveal(),
            session,
        })
    }

    pub(super) fn find_invitation(&self, token: &str) -> Result<Option<Found>, StoreError> {
        let hash = sha256(token.trim().as_bytes());
        let now = self.clock_now();
        self.store.read(|connection| {
            let mut statement = connection.prepare_cached(sql!(
                "SELECT token_hash, provider_id, staff_id, sealed_totp FROM staff_invitations
                 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2"
            ))?;
            let mut rows = statement.query(params![hash, seconds(now)])?;
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            let row = RowReader::new(row, "staff_invitations");
            let _: [u8; 32] = row.bytes("token_hash")?;
            let provider: ProviderId = row.word("provider_id")?;
            let id = StaffId::from_bytes(row.bytes("staff_id")?);
            let totp = row.parsed("sealed_totp", |sealed: Vec<u8>| {
                TotpSecret::open(&sealed, id, &self.vault).ok()
            })?;
            let person = person::find(connection, &provider, id)?
                .filter(|person| person.disabled_at.is_none());
            Ok(person.map(|person| Found {
                provider,
                person,
                totp,
            }))
        })
    }

    fn prepare_invitation(
        &self,
        provider: &ProviderId,
        person: &Person,
        handover: Handover,
    ) -> Result<(Prepared, Invitation), InviteError> {
        let provider = self
            .provider(provider)
            .ok_or(InviteError::UnknownProvider)?;
        let random = Random(&*self.random);
        let token = b64u(&random.bytes::<32>());
        let (staff, expires_at) = (person.id, self.clock_now().plus(LIFETIME));
        let row = InvitationRow {
            token_hash: sha256(token.as_bytes()),
            staff,
            sealed_totp: TotpSecret::make(&random).seal(staff, &self.vault, &random),
            expires_at,
        };
        let invitation = Invitation {
            staff,
            // In the fragment, so that the token reaches no access log and no referrer.
            link: format!("{}/staff/invitation#{token}", self.origin),
            expires_at,
        };
        let mail = match handover {
            Handover::Shown => None,
            Handover::Mailed(language) => {
                self.mail_invitation(provider, person, &invitation, language)
            }
        };
        Ok((Prepared { row, mail }, invitation))
    }
}

/// How an invitation is to reach whom it is for.
#[derive(Clone, Copy)]
pub(super) enum Handover {
    /// Whoever makes it hands it over.
    Shown,
    /// By mail in this language, if mails leave.
    Mailed(Language),
}

/// Whether an invitation is on its way by mail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OnItsWay {
    Yes,
    No,
}

/// An invitation that was made and not yet written.
struct Prepared {
    row: InvitationRow,
    mail: Option<Outgoing>,
}

impl Prepared {
    const fn way(&self) -> OnItsWay {
        match self.mail {
            Some(_) => OnItsWay::Yes,
            None => OnItsWay::No,
        }
    }

    fn insert(&self, transaction: &Connection, provider: &ProviderId) -> Result<(), StoreError> {
        self.row.insert(transaction, provider)?;
        match &self.mail {
            Some(mail) => outbox::insert(transaction, provider, mail, Dispatch::Waiting),
            None => Ok(()),
        }
    }
}

struct InvitationRow {
    token_hash: [u8; 32],
    staff: StaffId,
    sealed_totp: Vec<u8>,
    expires_at: UnixTime,
}

impl InvitationRow {
    /// Writes it; earlier ones of the same person are void.
    fn insert(&self, transaction: &Connection, provider: &ProviderId) -> Result<(), StoreError> {
        transaction
            .prepare_cached(sql!(
                "DELETE FROM staff_invitations WHERE provider_id = $1 AND staff_id = $2"
            ))?
            .post(params![provider.as_str(), self.staff.as_bytes()])?;
        transaction
            .prepare_cached(sql!(
                "INSERT INTO staff_invitations
                     (token_hash, provider_id, staff_id, sealed_totp, expires_at)
                 VALUES ($1, $2, $3, $4, $5)"
            ))?
            .post(params![
                self.token_hash,
                provider.as_str(),
                self.staff.as_bytes(),
                self.sealed_totp,
                seconds(self.expires_at)
            ])?;
        Ok(())
    }
}

/// Uses an invitation up; it works once.
pub(super) fn use_up(
    transaction: &Connection,
    token_hash: &[u8; 32],
    now: UnixTime,
) -> Result<(), AcceptError> {
    let used = transaction
        .prepare_cached(sql!(
            "UPDATE staff_invitations SET used_at = $2
             WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2"
        ))
        .and_then(|mut statement| statement.execute(params![token_hash, seconds(now)]))
        .map_err(StoreError::from)?;
    if used == 1 {
        Ok(())
    } else {
        Err(AcceptError::NotGood)
    }
}

/// Begins the session of somebody who just accepted, and says so in the audit.
pub(super) fn begin_accepted(
    transaction: &Connection,
    session: &StaffSession,
    token_hash: [u8; 32],
    from: &Browser,
    credential: &'static str,
) -> Result<(), StoreError> {
    let entry = audit::Entry {
        provider: &session.provider,
        at: session.began_at,
        actor: &Actor::staff(session).in_browser(from),
        action: "staff.accept",
        result: "ok",
        enrollment: None,
        detail: serde_json::json!({ "credential": credential }),
    };
    audit::append(transaction, &entry)?;
    begin(transaction, session, token_hash, from, credential)
}

/// Takes every way to sign in from a person, and ends what is signed in.
pub(super) fn forget_credentials(
    transaction: &Connection,
    provider: &ProviderId,
    id: StaffId,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "UPDATE staff SET password_hash = NULL, sealed_totp = NULL, totp_step = NULL,
                 vouched_at = NULL
             WHERE provider_id = $1 AND id = $2"
        ))?
        .post(params![provider.as_str(), id.as_bytes()])?;
    transaction
        .prepare_cached(sql!(
            "DELETE FROM staff_passkeys WHERE provider_id = $1 AND staff_id = $2"
        ))?
        .post(params![provider.as_str(), id.as_bytes()])?;
    session::end_all(transaction, provider, Owner::Staff(id))?;
    Ok(())
}

/// Forgets invitations whose time is over.
pub(crate) fn prune(connection: &Connection, now: UnixTime) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached(sql!("DELETE FROM staff_invitations WHERE expires_at <= $1"))?
        .execute(params![seconds(now)])?)
}

/// Whether it looks like an address of one mailbox (RFC 5321, 4.5.3.1: 254 characters).
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"<>,;:\"()[]\\@".contains(c);
    (3..=254).contains(&text.len())
        && (1..=64).contains(&local.len())
        && local.chars().all(plain)
        && domain.contains('.')
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}
