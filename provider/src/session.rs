//! Sessions of customers who are signed in.

use gridpass_protocol::UnixTime;
use rusqlite::{Connection, params};

use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{AccountId, AccountNumber, ProviderId, SessionId},
    store::{RowReader, StoreError, seconds, sql},
    tenant::{Language, Scope},
    vault::sha256,
};

/// How long a session lasts without use, in seconds.
const SESSION_IDLE: u64 = 12 * 60 * 60;
/// How long a session lasts at most, in seconds.
const SESSION_LIFETIME: u64 = 7 * 24 * 60 * 60;
/// How exact the last use of a session is known, in seconds: a request that comes sooner after
/// the last one writes nothing.
const SEEN_GRAIN: u64 = 5 * 60;

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
        let now = self.clock_now();
        let hash = sha256(token.as_bytes());
        let found = self.store.read(|connection| find(connection, &hash, now))?;
        let Some((session, seen_at)) = found else {
            return Ok(None);
        };
        if self.provider(&session.provider).is_none() {
            return Ok(None);
        }
        if now.since(seen_at) >= SEEN_GRAIN {
            self.store.write(move |transaction| {
                transaction
                    .prepare_cached(sql!(
                        "UPDATE sessions SET seen_at = $2 WHERE token_hash = $1"
                    ))?
                    .execute(params![hash, seconds(now)])?;
                Ok::<_, StoreError>(())
            })?;
        }
        Ok(Some(session))
    }

    /// Ends the session that this token opens, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub fn sign_out(&self, token: &str) -> Result<(), StoreError> {
        let now = self.clock_now();
        let hash = sha256(token.as_bytes());
        self.store.write(move |transaction| {
            let Some((session, _)) = find(transaction, &hash, now)? else {
                return Ok(());
            };
            transaction
                .prepare_cached(sql!("DELETE FROM sessions WHERE token_hash = $1"))?
                .execute(params![hash])?;
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

pub(crate) fn begin(
    transaction: &Connection,
    provider: &ProviderId,
    account: AccountId,
    id: SessionId,
    token_hash: &[u8; 32],
    now: UnixTime,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "INSERT INTO sessions (token_hash, provider_id, id, account_id, made_at, seen_at)
             VALUES ($1, $2, $3, $4, $5, $5)"
        ))?
        .execute(params![
            token_hash,
            provider.as_str(),
            id.as_bytes(),
            account.as_bytes(),
            seconds(now)
        ])?;
    let entry = audit::Entry {
        provider,
        at: now,
        actor: &Actor::visitor(),
        action: "session.begin",
        result: "ok",
        enrollment: None,
        detail: serde_json::json!({ "session": id, "account": account }),
    };
    audit::append(transaction, &entry)
}

/// The session with this token, if it lives at `now`, and when it was last seen.
pub(crate) fn find(
    connection: &Connection,
    token_hash: &[u8; 32],
    now: UnixTime,
) -> Result<Option<(Session, UnixTime)>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT s.id, s.provider_id, s.account_id, a.number, a.name, a.language, s.seen_at
         FROM sessions s JOIN accounts a
             ON a.provider_id = s.provider_id AND a.id = s.account_id
         WHERE s.token_hash = $1 AND s.seen_at > $2 AND s.made_at > $3"
    ))?;
    let mut rows = statement.query(params![
        token_hash,
        seconds(now.minus(SESSION_IDLE)),
        seconds(now.minus(SESSION_LIFETIME))
    ])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "sessions");
    let session = Session {
        id: SessionId::from_bytes(row.bytes("id")?),
        provider: row.word("provider_id")?,
        account_id: AccountId::from_bytes(row.bytes("account_id")?),
        account_number: row.word("number")?,
        name: row.value("name")?,
        language: row.word("language")?,
    };
    Ok(Some((session, row.time("seen_at")?)))
}

/// Forgets sessions whose time is over.
pub(crate) fn prune(connection: &Connection, now: UnixTime) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached(sql!(
            "DELETE FROM sessions WHERE seen_at <= $1 OR made_at <= $2"
        ))?
        .execute(params![
            seconds(now.minus(SESSION_IDLE)),
            seconds(now.minus(SESSION_LIFETIME))
        ])?)
}
