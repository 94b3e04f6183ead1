//! The outbox: what waits to be delivered, sealed in the database until then.
//!
//! A message is written in the transaction of what it tells about, so that neither exists without
//! the other. [`crate::delivery`] sends it, at least once, and erases what it said.

mod content;
mod queue;

use gridpass_protocol::UnixTime;

pub(crate) use self::{
    content::{Content, LabelWords, Recipient, Says},
    queue::{
        LEASE, Leased, Settlement, is_due, lease, leave, letter_of, letters, prune, release,
        settle, take_letter, void,
    },
};
use crate::{
    Gridpass,
    delivery::texts,
    id::{DeliveryId, EnrollmentId, ProviderId, WebhookId},
    random::Random,
    registration::words::words,
    store::{Connection, RowReader, StoreError, params, seconds, sql},
    vault::{Purpose, Vault},
};

/// How many messages the development reader shows.
const SHOWN: u32 = 100;

words!(
    /// How a message travels.
    DeliveryKind {
        /// By e-mail.
        Mail = "mail",
        /// By SMS or MMS.
        Sms = "sms",
        /// By printed letter.
        Letter = "letter",
        /// As a call to another system.
        Webhook = "webhook",
    }
);

words!(
    /// What a message is about.
    About {
        /// Somebody wants to sign in.
        SignIn = "sign-in",
        /// A new colleague.
        Invitation = "invitation",
        /// The label of an enrollment.
        Label = "label",
        /// A certificate that ends soon.
        Expiry = "expiry",
        /// A change of state, told to another system.
        Event = "event",
    }
);

words!(
    /// Where a message stands.
    DeliveryState {
        /// Waits for its turn.
        Waiting = "waiting",
        /// Is being sent; a letter: is printed.
        Sending = "sending",
        /// Was taken over by whoever carries it on.
        Sent = "sent",
        /// Was given up.
        Dead = "dead",
        /// Was made for nobody.
        Withheld = "withheld",
        /// What it was about ended before it was sent.
        Void = "void",
    }
);

/// A message, as the development outbox shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxMessage {
    /// Where it goes.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text, plain.
    pub text: String,
    /// When it was written.
    pub at: UnixTime,
}

/// A message, sealed and ready to be written.
#[derive(Clone)]
pub(crate) struct Outgoing {
    id: DeliveryId,
    kind: DeliveryKind,
    about: About,
    enrollment: Option<EnrollmentId>,
    recipient_hint: String,
    sealed: Vec<u8>,
    made_at: UnixTime,
    expires_at: UnixTime,
}

/// From when to when a message is of use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Useful {
    pub(crate) from: UnixTime,
    pub(crate) until: UnixTime,
}

/// Whether a message may leave.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dispatch {
    Waiting,
    Withheld,
}

impl Outgoing {
    pub(crate) fn new(
        content: &Content,
        about: About,
        useful: Useful,
        vault: &Vault,
        random: &Random<'_>,
    ) -> Self {
        let id = DeliveryId::make(useful.from, random);
        Self {
            id,
            kind: content.to.kind(),
            about,
            enrollment: None,
            recipient_hint: content.to.hint(),
            sealed: content.seal(id, vault, random),
            made_at: useful.from,
            expires_at: useful.until,
        }
    }

    pub(crate) fn of_enrollment(self, enrollment: EnrollmentId) -> Self {
        Self {
            enrollment: Some(enrollment),
            ..self
        }
    }

    /// Where it goes, shortened.
    pub(crate) fn recipient_hint(&self) -> &str {
        &self.recipient_hint
    }
}

/// Puts a message into the outbox.
pub(crate) fn insert(
    connection: &Connection,
    provider: &ProviderId,
    message: &Outgoing,
    dispatch: Dispatch,
) -> Result<(), StoreError> {
    let state = match dispatch {
        Dispatch::Waiting => DeliveryState::Waiting,
        Dispatch::Withheld => DeliveryState::Withheld,
    };
    connection
        .prepare_cached(sql!(
            "INSERT INTO outbox
                 (id, provider_id, kind, about, enrollment_id, recipient_hint, state,
                  sealed_content, attempts, next_attempt_at, made_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $9, $10)"
        ))?
        .post(params![
            message.id.as_bytes(),
            provider.as_str(),
            message.kind.as_str(),
            message.about.as_str(),
            message.enrollment.as_ref().map(EnrollmentId::as_bytes),
            message.recipient_hint,
            state.as_str(),
            message.sealed,
            seconds(message.made_at),
            seconds(message.expires_at),
        ])?;
    Ok(())
}

/// An event for another system, ready to be written. It holds no secret and is not sealed.
pub(crate) struct Event<'a> {
    pub(crate) id: DeliveryId,
    pub(crate) enrollment: EnrollmentId,
    pub(crate) endpoint: WebhookId,
    /// The host of the endpoint.
    pub(crate) recipient: &'a str,
    pub(crate) json: &'a str,
    pub(crate) useful: Useful,
}

/// Puts an event into the outbox.
pub(crate) fn insert_event(
    connection: &Connection,
    provider: &ProviderId,
    event: &Event<'_>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO outbox
                 (id, provider_id, kind, about, enrollment_id, endpoint_id, recipient_hint, state,
                  event, attempts, next_attempt_at, made_at, expires_at)
             VALUES ($1, $2, 'webhook', 'event', $3, $4, $5, 'waiting', $6, 0, $7, $7, $8)"
        ))?
        .post(params![
            event.id.as_bytes(),
            provider.as_str(),
            event.enrollment.as_bytes(),
            event.endpoint.as_bytes(),
            event.recipient,
            event.json,
            seconds(event.useful.from),
            seconds(event.useful.until),
        ])?;
    Ok(())
}

impl Gridpass {
    /// The youngest mails and short messages that wait, youngest first: where there is no mail
    /// server, all of the last day. For development only: the server shows them on loopback.
    ///
    /// # Errors
    /// The database failed, or holds a message that does not open.
    pub fn outbox_messages(&self) -> Result<Vec<OutboxMessage>, StoreError> {
        self.store.read(|connection| {
            let mut statement = connection.prepare_cached(sql!(
                "SELECT id, provider_id, sealed_content, made_at FROM outbox
                 WHERE state IN ('waiting', 'sending') AND kind IN ('mail', 'sms', 'letter')
                     AND sealed_content IS NOT NULL
                 ORDER BY made_at DESC, id DESC LIMIT $1"
            ))?;
            let mut rows = statement.query(params![SHOWN])?;
            let mut messages = Vec::new();
            while let Some(row) = rows.next()? {
                let row = RowReader::new(row, "outbox");
                let id = DeliveryId::from_bytes(row.bytes("id")?);
                let provider: ProviderId = row.word("provider_id")?;
                let content = row.parsed("sealed_content", |sealed: Vec<u8>| {
                    Content::open(id, &sealed, &self.vault)
                })?;
                let at = row.time("made_at")?;
                // A provider that the configuration no longer names sends nothing.
                let Some(provider) = self.provider(&provider) else {
                    continue;
                };
                let words = texts::plain(&content, &provider.config.name, &self.origin);
                messages.push(OutboxMessage {
                    to: content.to.in_full(),
                    subject: words.subject,
                    text: words.text,
                    at,
                });
            }
            Ok(messages)
        })
    }
}

impl Content {
    fn seal(&self, id: DeliveryId, vault: &Vault, random: &Random<'_>) -> Vec<u8> {
        let json = zeroize::Zeroizing::new(
            serde_json::to_vec(self).expect("content is made of strings and numbers"),
        );
        vault.seal(Purpose::Message, id.as_bytes(), &json, random)
    }

    /// Opens what was sealed for this message; `None` if it is damaged.
    pub(crate) fn open(id: DeliveryId, sealed: &[u8], vault: &Vault) -> Option<Self> {
        let json = vault.open(Purpose::Message, id.as_bytes(), sealed).ok()?;
        serde_json::from_slice(&json).ok()
    }
}
