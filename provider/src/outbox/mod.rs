//! The outbox: mails that wait to be sent, sealed in the database until then.
//!
//! They are written in the transaction of what they tell about. Sending them is another stage's
//! work; for development they can be read.

mod mail;

use gridpass_protocol::UnixTime;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Gridpass,
    id::ProviderId,
    random::Random,
    store::{RowReader, StoreError, seconds, sql},
    vault::{Purpose, Vault},
};

pub(crate) use mail::sign_in_mail;

/// How many mails the development reader shows.
const SHOWN: u32 = 100;

/// A mail, as the development outbox shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxMessage {
    /// The address it goes to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text, plain.
    pub text: String,
    /// When it was written.
    pub at: UnixTime,
}

/// A mail as it is sealed.
#[derive(Serialize, Deserialize)]
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// A sealed mail, ready to be written.
pub(crate) struct SealedMail {
    id: Uuid,
    sealed: Vec<u8>,
}

/// Whether a mail may leave.
#[derive(Clone, Copy)]
pub(crate) enum Dispatch {
    Waiting,
    Withheld,
}

impl SealedMail {
    pub(crate) fn new(mail: &Mail, vault: &Vault, random: &Random<'_>) -> Self {
        let id = uuid::Builder::from_random_bytes(random.bytes()).into_uuid();
        let text = zeroize::Zeroizing::new(
            serde_json::to_vec(mail).expect("a mail is a struct of strings"),
        );
        Self {
            id,
            sealed: vault.seal(Purpose::Mail, id.as_bytes(), &text, random),
        }
    }
}

pub(crate) fn insert(
    connection: &Connection,
    provider: &ProviderId,
    mail: &SealedMail,
    dispatch: Dispatch,
    now: UnixTime,
) -> Result<(), StoreError> {
    let state = match dispatch {
        Dispatch::Waiting => "waiting",
        Dispatch::Withheld => "withheld",
    };
    connection
        .prepare_cached(sql!(
            "INSERT INTO outbox (id, provider_id, seq, state, sealed_mail, made_at)
             VALUES ($1, $2, (SELECT COALESCE(MAX(seq), 0) + 1 FROM outbox WHERE provider_id = $2),
                 $3, $4, $5)"
        ))?
        .execute(params![
            mail.id.as_bytes(),
            provider.as_str(),
            state,
            mail.sealed,
            seconds(now)
        ])?;
    Ok(())
}

/// Forgets the mails that are older than a day.
pub(crate) fn prune(connection: &Connection, now: UnixTime) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached(sql!("DELETE FROM outbox WHERE made_at <= $1"))?
        .execute(params![seconds(now.minus(24 * 60 * 60))])?)
}

impl Gridpass {
    /// The youngest mails in the outbox, youngest first. For development only: the server shows
    /// them on loopback.
    ///
    /// # Errors
    /// The database failed, or holds a mail that does not open.
    pub fn outbox_messages(&self) -> Result<Vec<OutboxMessage>, StoreError> {
        self.store.read(|connection| {
            let mut statement = connection.prepare_cached(sql!(
                "SELECT id, sealed_mail, made_at FROM outbox WHERE state = 'waiting'
                 ORDER BY made_at DESC, seq DESC LIMIT $1"
            ))?;
            let mut rows = statement.query(params![SHOWN])?;
            let mut messages = Vec::new();
            while let Some(row) = rows.next()? {
                let row = RowReader::new(row, "outbox");
                let id: [u8; 16] = row.bytes("id")?;
                let mail: Mail = row.parsed("sealed_mail", |sealed: Vec<u8>| {
                    let text = self.vault.open(Purpose::Mail, &id, &sealed).ok()?;
                    serde_json::from_slice(&text).ok()
                })?;
                let Mail { to, subject, text } = mail;
                messages.push(OutboxMessage {
                    to,
                    subject,
                    text,
                    at: row.time("made_at")?,
                });
            }
            Ok(messages)
        })
    }
}
