//! Sessions of customers who are signed in.

mod token;

use gridpass_protocol::UnixTime;

pub use self::token::Browser;
pub(crate) use self::token::{
    Beginning, Open, Owner, Renewal, begin as begin_any, end, end_all, end_others,
    find as find_any, list, prune,
};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{AccountId, AccountNumber, ProviderId, SessionId},
    store::{Connection, RowReader, StoreError, params, sql},
    tenant::{Language, Scope},
    vault::sha256,
};

/// A customer who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Names the session in the audit.
    pub id: SessionId,
    /// Whose customer this is.
    pub provider: ProviderId,
    /// The account.
    pub account_id: AccountId,
    /// The number that the provider gave it.
    pub account_number: AccountNumber,
    /// Whose account it is.
    pub name: String,
    /// The language of its mails.
    pub language: Language,
}

impl Session {
    /// What the customer may see and touch.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::Account {
            provider: self.provider.clone(),
            account: self.account_id,
        }
    }
}

/// A session that just began.
pub struct NewSession {
    /// What opens it. Secret: it goes into a cookie and nowhere else.
    pub token: String,
    /// The session.
    pub session: Session,
}

impl std::fmt::Debug for NewSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSession")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl Gridpass {
    /// The session that this token opens, if it lives.
    ///
    /// # Errors
    /// The database failed.
    pub fn session(&self, token: &str) -> Result<Option<Session>, StoreError> {
        let opened = self.open_session(token, Renewal::Never)?;
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
    pub fn continue_session(
        &self,
        token: &str,
    ) -> Result<Option<(Session, Option<String>)>, StoreError> {
        let Some((open, renewed)) = self.open_session(token, Renewal::IfDue)? else {
            return Ok(None);
        };
        let session = self.store.read(|connection| of(connection, &open))?;
        Ok(session.map(|session| (session, renewed)))
    }

    /// Ends the session that this token opens, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub fn sign_out(&self, token: &str) -> Result<(), StoreError> {
        let now = self.clock_now();
        let hash = sha256(token.as_bytes());
        self.store.write(move |transaction| {
            let Some(session) = find(transaction, &hash, now)? else {
                return Ok(());
            };
            end(transaction, &session.provider, session.id)?;
            let entry = audit::Entry {
                provider: &session.provider,
                at: now,
                actor: &Actor::customer(&session),
                action: "session.end",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({ "session": session.id }),
            };
            audit::append(transaction, &entry)
        })
    }
}

/// A signed-in browser, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SessionView {
    /// Names the session.
    pub id: SessionId,
    /// When it began.
    pub began_at: UnixTime,
    /// When it was last used, to within five minutes.
    pub seen_at: UnixTime,
    /// The address it began from.
    pub client: Option<String>,
    /// What its browser calls itself.
    pub agent: Option<String>,
}

impl Gridpass {
    /// The browsers that are signed in to the customer's account, the last used first.
    ///
    /// # Errors
    /// The database failed.
    pub fn sessions_of(&self, session: &Session) -> Result<Vec<SessionView>, StoreError> {
        let now = self.clock_now();
        self.store.read(|connection| {
            list(
                connection,
                &session.provider,
                Owner::Account(session.account_id),
                now,
            )
        })
    }

    /// Ends every session of the customer's account, this one too. How many there were.
    ///
    /// # Errors
    /// The database failed.
    pub fn sign_out_everywhere(
        &self,
        session: &Session,
        actor: Actor,
    ) -> Result<usize, StoreError> {
        let (provider, account) = (session.provider.clone(), session.account_id);
        let now = self.clock_now();
        self.store.write(move |transaction| {
            let ended = end_all(transaction, &provider, Owner::Account(account))?;
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action: "session.end-all",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({ "account": account, "sessions": ended }),
            };
            audit::append(transaction, &entry)?;
            Ok(ended)
        })
    }
}

/// Writes a customer's session that begins now.
pub(crate) fn begin(
    transaction: &Connection,
    beginning: &Beginning<'_>,
    account: AccountId,
    credential: &'static str,
    now: UnixTime,
) -> Result<(), StoreError> {
    begin_any(transaction, beginning, now)?;
    let entry = audit::Entry {
        provider: beginning.provider,
        at: now,
        actor: &Actor::visitor(),
        action: "session.begin",
        result: "ok",
        enrollment: None,
        detail: serde_json::json!({
            "session": beginning.id, "account": account, "credential": credential
        }),
    };
    audit::append(transaction, &entry)
}

/// The customer's session with this token, if it lives at `now`.
pub(crate) fn find(
    connection: &Connection,
    token_hash: &[u8; 32],
    now: UnixTime,
) -> Result<Option<Session>, StoreError> {
    match find_any(connection, token_hash, now)? {
        Some(open) => of(connection, &open),
        None => Ok(None),
    }
}

/// The customer whose session it is; none if it is somebody else's.
fn of(connection: &Connection, open: &Open) -> Result<Option<Session>, StoreError> {
    let Owner::Account(account) = open.owner else {
        return Ok(None);
    };
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, number, name, language FROM accounts WHERE provider_id = $1 AND id = $2"
    ))?;
    let mut rows = statement.query(params![open.provider.as_str(), account.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "accounts");
    Ok(Some(Session {
        id: open.id,
        provider: open.provider.clone(),
        account_id: AccountId::from_bytes(row.bytes("id")?),
        account_number: row.word("number")?,
        name: row.value("name")?,
        language: row.word("language")?,
    }))
}
