//! Members of staff who are signed in.

use gridpass_protocol::{UnixTime, b64u};
use zeroize::Zeroizing;

use super::{
    StaffSession,
    person::{self, Person},
};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{ProviderId, SessionId},
    random::Random,
    session::{self, Beginning, Browser, Open, Owner, Renewal},
    store::{Connection, StoreError},
    vault::sha256,
};

/// A session that just began.
pub struct NewStaffSession {
    /// What opens it. Secret: it goes into a cookie and nowhere else.
    pub token: String,
    /// The session.
    pub session: StaffSession,
}

impl std::fmt::Debug for NewStaffSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewStaffSession")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// The token of a session to be.
pub(super) struct FreshToken(Zeroizing<String>);

impl FreshToken {
    pub(super) fn hash(&self) -> [u8; 32] {
        sha256(self.0.as_bytes())
    }

    /// The token itself, for the cookie.
    pub(super) fn reveal(self) -> String {
        self.0.to_string()
    }
}

impl Gridpass {
    /// The session that this token opens, if it lives and its owner is still on the staff.
    ///
    /// # Errors
    /// The database failed.
    pub fn staff_session(&self, token: &str) -> Result<Option<StaffSession>, StoreError> {
        self.staff_session_for(token, Renewal::Never)
    }

    /// The same for a page that looks by itself whether something has changed: the session is not
    /// used by that, and ends when nobody uses it.
    ///
    /// # Errors
    /// The database failed.
    pub fn watch_staff_session(&self, token: &str) -> Result<Option<StaffSession>, StoreError> {
        self.staff_session_for(token, Renewal::Watching)
    }

    fn staff_session_for(
        &self,
        token: &str,
        renewal: Renewal,
    ) -> Result<Option<StaffSession>, StoreError> {
        let opened = self.open_session(token, renewal)?;
        Ok(match opened {
            Some((open, _)) => self.store.read(|connection| of(connection, &open))?,
            None => None,
        })
    }

    /// The same for an answer that can bring the browser a new token: a session and, when it is
    /// time, the token that takes the place of this one.
    ///
    /// # Errors
    /// The database failed.
    pub fn continue_staff_session(
        &self,
        token: &str,
    ) -> Result<Option<(StaffSession, Option<String>)>, StoreError> {
        let Some((open, renewed)) = self.open_session(token, Renewal::IfDue)? else {
            return Ok(None);
        };
        let session = self.store.read(|connection| of(connection, &open))?;
        Ok(session.map(|session| (session, renewed)))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database failed.
    pub fn staff_sign_out(&self, staff: &StaffSession) -> Result<(), StoreError> {
        let (staff, now) = (staff.clone(), self.clock_now());
        self.store.write(move |transaction| {
            session::end(transaction, &staff.provider, staff.id)?;
            let entry = audit::Entry {
                provider: &staff.provider,
                at: now,
                actor: &Actor::staff(&staff),
                action: "session.end",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({ "session": staff.id }),
            };
            audit::append(transaction, &entry)
        })
    }

    /// A session to be, and its token.
    pub(super) fn new_staff_session(
        &self,
        provider: &ProviderId,
        person: &Person,
        now: UnixTime,
    ) -> (FreshToken, StaffSession) {
        let random = Random(&*self.random);
        let session = StaffSession {
            id: SessionId::make(now, &random),
            provider: provider.clone(),
            staff_id: person.id,
            name: person.name.clone(),
            role: person.role,
            began_at: now,
        };
        (
            FreshToken(Zeroizing::new(b64u(&random.bytes::<32>()))),
            session,
        )
    }
}

/// Writes a session that begins, and says so in the audit.
pub(super) fn begin(
    transaction: &Connection,
    staff: &StaffSession,
    token_hash: [u8; 32],
    from: &Browser,
    credential: &'static str,
) -> Result<(), StoreError> {
    let beginning = Beginning {
        id: staff.id,
        provider: &staff.provider,
        owner: Owner::Staff(staff.staff_id),
        token_hash,
        from,
    };
    session::begin_any(transaction, &beginning, staff.began_at)?;
    let entry = audit::Entry {
        provider: &staff.provider,
        at: staff.began_at,
        actor: &Actor::staff(staff).in_browser(from),
        action: "session.begin",
        result: "ok",
        enrollment: None,
        detail: serde_json::json!({ "session": staff.id, "credential": credential }),
    };
    audit::append(transaction, &entry)
}

/// The member of staff whose session it is; nobody if it is a customer's or the person was put
/// off the staff.
fn of(connection: &Connection, open: &Open) -> Result<Option<StaffSession>, StoreError> {
    let Owner::Staff(id) = open.owner else {
        return Ok(None);
    };
    let person = person::find(connection, &open.provider, id)?;
    Ok(person
        .filter(|person| person.disabled_at.is_none())
        .map(|person| StaffSession {
            id: open.id,
            provider: open.provider.clone(),
            staff_id: id,
            name: person.name,
            role: person.role,
            began_at: open.made_at,
        }))
}
