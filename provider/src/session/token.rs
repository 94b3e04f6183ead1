//! What opens a session: a token that only the browser knows and that is renewed now and then,
//! so that one that leaked is of use only for a while, and its use is noticed.
//!
//! The token before the last stays good until its successor has been seen, and a minute longer:
//! an answer may get lost, and several requests travel at once. Whoever comes with it later holds
//! a copy, and the session ends for both.

use gridpass_protocol::{UnixTime, b64u};

use super::SessionView;
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{AccountId, ProviderId, SessionId, StaffId},
    random::Random,
    store::{Connection, RowReader, StoreError, params, seconds, sql},
    vault::sha256,
};

/// How old a token may become, in seconds.
const TOKEN_LIFETIME: u64 = 15 * 60;
/// How long the token before is good once the new one has been seen, in seconds.
const OVERLAP: u64 = 60;
/// How exact the last use of a session is known, in seconds: a request that comes sooner after
/// the last one writes nothing.
const SEEN_GRAIN: u64 = 5 * 60;

/// How long sessions last, in seconds.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// Without use.
    pub(crate) idle: u64,
    /// At most.
    pub(crate) lifetime: u64,
}

/// Customers come back within a week.
pub(crate) const CUSTOMER: Bounds = Bounds {
    idle: 12 * 60 * 60,
    lifetime: 7 * 24 * 60 * 60,
};

/// Staff sign in every working day, and again after a long lunch.
pub(crate) const STAFF: Bounds = Bounds {
    idle: 2 * 60 * 60,
    lifetime: 12 * 60 * 60,
};

/// Whose session it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Account(AccountId),
    Staff(StaffId),
}

impl Owner {
    const fn bounds(self) -> Bounds {
        match self {
            Self::Account(_) => CUSTOMER,
            Self::Staff(_) => STAFF,
        }
    }

    const fn account(&self) -> Option<AccountId> {
        match self {
            Self::Account(account) => Some(*account),
            Self::Staff(_) => None,
        }
    }

    const fn staff(&self) -> Option<StaffId> {
        match self {
            Self::Account(_) => None,
            Self::Staff(staff) => Some(*staff),
        }
    }
}

/// Whether a lookup may hand out a new token. Only what answers with a cookie can deliver one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    IfDue,
    Never,
    /// Nor is the session used by it: nobody did anything, a page looks by itself.
    Watching,
}

/// A session by its token.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) id: SessionId,
    pub(crate) provider: ProviderId,
    pub(crate) owner: Owner,
    pub(crate) made_at: UnixTime,
    seen_at: UnixTime,
    rotated_at: UnixTime,
    presented: Presented,
}

/// Which token somebody came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presented {
    /// The newest, known to have arrived.
    Current,
    /// The newest, for the first time: the one before it may go.
    New,
    /// The one before, while it is good.
    Previous,
    /// The one before, after its time.
    Replayed,
}

/// What a new session is made of.
pub(crate) struct Beginning<'a> {
    pub(crate) id: SessionId,
    pub(crate) provider: &'a ProviderId,
    pub(crate) owner: Owner,
    pub(crate) token_hash: [u8; 32],
    pub(crate) from: &'a Browser,
}

/// The browser that a session lives in, as far as it is known; shown to its owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Browser {
    /// The address it came from.
    pub client: Option<std::net::IpAddr>,
    /// What it calls itself, cut to 255 characters.
    pub agent: Option<String>,
}

impl Browser {
    /// Longest name of a browser that is kept.
    const MOST: usize = 255;

    fn agent(&self) -> Option<String> {
        let agent = self.agent.as_ref()?;
        Some(
            agent
                .chars()
                .filter(|c| !c.is_control())
                .take(Self::MOST)
                .collect(),
        )
    }
}

/// Writes a session that begins now.
pub(crate) fn begin(
    transaction: &Connection,
    beginning: &Beginning<'_>,
    now: UnixTime,
) -> Result<(), StoreError> {
    let Beginning {
        id,
        provider,
        owner,
        token_hash,
        from,
    } = beginning;
    transaction
        .prepare_cached(sql!(
            "INSERT INTO sessions
                 (id, provider_id, account_id, staff_id, token_hash, made_at, rotated_at, seen_at,
                  client, agent)
             VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $7, $8)"
        ))?
        .post(params![
            id.as_bytes(),
            provider.as_str(),
            owner.account().as_ref().map(AccountId::as_bytes),
            owner.staff().as_ref().map(StaffId::as_bytes),
            token_hash,
            seconds(now),
            from.client.map(|client| client.to_string()),
            from.agent(),
        ])?;
    Ok(())
}

/// The session with this token, if it lives at `now`.
pub(crate) fn find(
    connection: &Connection,
    token_hash: &[u8; 32],
    now: UnixTime,
) -> Result<Option<Open>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, provider_id, account_id, staff_id, token_hash, previous_until,
             previous_hash IS NOT NULL, made_at, rotated_at, seen_at
         FROM sessions WHERE token_hash = $1 OR previous_hash = $1"
    ))?;
    let mut rows = statement.query(params![token_hash])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "sessions");
    let id = SessionId::from_bytes(row.bytes("id")?);
    let provider = row.word("provider_id")?;
    let account = row.value::<Option<_>>("account_id")?;
    let staff = row.value::<Option<_>>("staff_id")?;
    let newest: [u8; 32] = row.bytes("token_hash")?;
    let previous_until = row
        .value::<Option<i64>>("previous_until")?
        .map(|until| UnixTime(until.unsigned_abs()));
    let has_previous: bool = row.value("previous_hash")?;
    let owner = match (account, staff) {
        (Some(account), None) => Owner::Account(AccountId::from_bytes(account)),
        (None, Some(staff)) => Owner::Staff(StaffId::from_bytes(staff)),
        _ => return Err(row.corrupt("staff_id")),
    };
    let open = Open {
        id,
        provider,
        owner,
        made_at: row.time("made_at")?,
        rotated_at: row.time("rotated_at")?,
        seen_at: row.time("seen_at")?,
        presented: match (newest == *token_hash, previous_until) {
            (true, None) if has_previous => Presented::New,
            (true, _) => Presented::Current,
            (false, Some(until)) if until <= now => Presented::Replayed,
            (false, _) => Presented::Previous,
        },
    };
    let bounds = owner.bounds();
    let lives = now.since(open.seen_at) < bounds.idle && now.since(open.made_at) < bounds.lifetime;
    Ok(lives.then_some(open))
}

impl Gridpass {
    /// The session that this token opens, if it lives, and the token to use from now on, if it
    /// is another one.
    pub(crate) fn open_session(
        &self,
        token: &str,
        renewal: Renewal,
    ) -> Result<Option<(Open, Option<String>)>, StoreError> {
        let now = self.clock_now();
        let hash = sha256(token.as_bytes());
        let found = self.store.read(|connection| find(connection, &hash, now))?;
        let Some(open) = found else { return Ok(None) };
        if self.provider(&open.provider).is_none() {
            return Ok(None);
        }
        if open.presented == Presented::Replayed {
            self.store
                .write(move |transaction| end_stolen(transaction, &open, now))?;
            return Ok(None);
        }
        let renewed = self.renew(&open, hash, renewal, now)?;
        let has_arrived = open.presented == Presented::New;
        let is_used =
            renewal != Renewal::Watching && (has_arrived || now.since(open.seen_at) >= SEEN_GRAIN);
        if renewed.is_none() && (has_arrived || is_used) {
            let id = open.id;
            self.store.write(move |transaction| {
                if is_used {
                    mark_seen(transaction, id, now)?;
                }
                if has_arrived {
                    mark_arrived(transaction, id, now)?;
                }
                Ok::<_, StoreError>(())
            })?;
        }
        Ok(Some((open, renewed)))
    }

    /// A new token, if one is due and nobody else was faster.
    fn renew(
        &self,
        open: &Open,
        presented: [u8; 32],
        renewal: Renewal,
        now: UnixTime,
    ) -> Result<Option<String>, StoreError> {
        if renewal != Renewal::IfDue || now.since(open.rotated_at) < TOKEN_LIFETIME {
            return Ok(None);
        }
        let token = b64u(&Random(&*self.random).bytes::<32>());
        let token_hash = sha256(token.as_bytes());
        let (id, rotated_at) = (open.id, open.rotated_at);
        let renewed = self.store.write(move |transaction| {
            Ok::<_, StoreError>(
                transaction
                    .prepare_cached(sql!(
                        "UPDATE sessions SET token_hash = $2, previous_hash = $3,
                             previous_until = NULL, rotated_at = $4, seen_at = $4
                         WHERE id = $1 AND rotated_at = $5"
                    ))?
                    .execute(params![
                        id.as_bytes(),
                        token_hash,
                        presented,
                        seconds(now),
                        seconds(rotated_at)
                    ])?,
            )
        })?;
        Ok((renewed == 1).then_some(token))
    }
}

fn mark_seen(transaction: &Connection, id: SessionId, now: UnixTime) -> Result<(), StoreError> {
    Ok(transaction
        .prepare_cached(sql!("UPDATE sessions SET seen_at = $2 WHERE id = $1"))?
        .post(params![id.as_bytes(), seconds(now)])?)
}

/// The newest token has reached the browser: the one before ends soon.
fn mark_arrived(transaction: &Connection, id: SessionId, now: UnixTime) -> Result<(), StoreError> {
    Ok(transaction
        .prepare_cached(sql!(
            "UPDATE sessions SET previous_until = $2
             WHERE id = $1 AND previous_until IS NULL"
        ))?
        .post(params![id.as_bytes(), seconds(now.plus(OVERLAP))])?)
}

/// The sessions of an owner that live at `now`, the last used first.
pub(crate) fn list(
    connection: &Connection,
    provider: &ProviderId,
    owner: Owner,
    now: UnixTime,
) -> Result<Vec<SessionView>, StoreError> {
    let bounds = owner.bounds();
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, made_at, seen_at, client, agent FROM sessions
         WHERE provider_id = $1 AND (account_id = $2 OR staff_id = $3)
             AND seen_at > $4 AND made_at > $5
         ORDER BY seen_at DESC, id LIMIT 100"
    ))?;
    let mut rows = statement.query(params![
        provider.as_str(),
        owner.account().as_ref().map(AccountId::as_bytes),
        owner.staff().as_ref().map(StaffId::as_bytes),
        seconds(now.minus(bounds.idle)),
        seconds(now.minus(bounds.lifetime)),
    ])?;
    let mut sessions = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "sessions");
        sessions.push(SessionView {
            id: SessionId::from_bytes(row.bytes("id")?),
            began_at: row.time("made_at")?,
            seen_at: row.time("seen_at")?,
            client: row.value("client")?,
            agent: row.value("agent")?,
        });
    }
    Ok(sessions)
}

/// Ends one session. Whether there was one.
pub(crate) fn end(
    transaction: &Connection,
    provider: &ProviderId,
    id: SessionId,
) -> Result<bool, StoreError> {
    let ended = transaction
        .prepare_cached(sql!(
            "DELETE FROM sessions WHERE provider_id = $1 AND id = $2"
        ))?
        .execute(params![provider.as_str(), id.as_bytes()])?;
    Ok(ended > 0)
}

/// Ends every session of an owner. How many there were.
pub(crate) fn end_all(
    transaction: &Connection,
    provider: &ProviderId,
    owner: Owner,
) -> Result<usize, StoreError> {
    Ok(transaction
        .prepare_cached(sql!(
            "DELETE FROM sessions
             WHERE provider_id = $1 AND (account_id = $2 OR staff_id = $3)"
        ))?
        .execute(params![
            provider.as_str(),
            owner.account().as_ref().map(AccountId::as_bytes),
            owner.staff().as_ref().map(StaffId::as_bytes),
        ])?)
}

/// Ends every session of an owner but one.
pub(crate) fn end_others(
    transaction: &Connection,
    provider: &ProviderId,
    owner: Owner,
    but: SessionId,
) -> Result<usize, StoreError> {
    Ok(transaction
        .prepare_cached(sql!(
            "DELETE FROM sessions
             WHERE provider_id = $1 AND (account_id = $2 OR staff_id = $3) AND id <> $4"
        ))?
        .execute(params![
            provider.as_str(),
            owner.account().as_ref().map(AccountId::as_bytes),
            owner.staff().as_ref().map(StaffId::as_bytes),
            but.as_bytes(),
        ])?)
}

fn end_stolen(transaction: &Connection, open: &Open, now: UnixTime) -> Result<(), StoreError> {
    end(transaction, &open.provider, open.id)?;
    let entry = audit::Entry {
        provider: &open.provider,
        at: now,
        actor: &Actor::visitor(),
        action: "session.end",
        result: "token-replayed",
        enrollment: None,
        detail: serde_json::json!({
            "session": open.id,
            "account": open.owner.account(),
            "staff": open.owner.staff(),
        }),
    };
    audit::append(transaction, &entry)
}

/// Forgets sessions whose time is over.
pub(crate) fn prune(connection: &Connection, now: UnixTime) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached(sql!(
            "DELETE FROM sessions
             WHERE seen_at <= $1 OR made_at <= $2
                 OR (staff_id IS NOT NULL AND (seen_at <= $3 OR made_at <= $4))"
        ))?
        .execute(params![
            seconds(now.minus(CUSTOMER.idle)),
            seconds(now.minus(CUSTOMER.lifetime)),
            seconds(now.minus(STAFF.idle)),
            seconds(now.minus(STAFF.lifetime)),
        ])?)
}
