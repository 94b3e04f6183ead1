//! Stage 4, delivery: what waits in the outbox leaves, and what it said is erased.
//!
//! Every message leaves at least once. A carrier that is not there costs a message nothing: it
//! waits until it is of no more use. One that refuses a message for now is asked again, later and
//! later; one that refuses it for good, or too often, makes it a dead letter, for the desk.

mod calls;
pub mod http;
mod silence;
pub mod smtp;
pub(crate) mod texts;

use gridpass_protocol::{Link, UnixTime};

use self::http::{CallSecret, Caller};
pub(crate) use self::silence::Silence;
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::DeliveryId,
    label_image,
    outbox::{self, About, Content, DeliveryKind, Leased, Recipient, Says, Settlement},
    push::Pusher,
    random::Random,
    store::{
        Forgotten, StoreError,
        milestones::{self, Milestone},
    },
    webhooks::{self, WebhookCall},
};

/// How often a message is tried before it is given up: over about ten hours.
const MOST_ATTEMPTS: u32 = 16;
/// How long after its first try a message is tried again, in seconds; twice as long each time.
const FIRST_WAIT: u64 = 30;
/// The longest time between two tries, in seconds.
const LONGEST_WAIT: u64 = 60 * 60;
/// How long messages wait for a carrier that is not there, in seconds.
const ABSENCE: u64 = 15;
/// Pixels of a module of a QR code in a mail.
const MODULE_PIXELS: u32 = 6;
/// The longest error that is kept, in characters.
const LONGEST_ERROR: usize = 300;

/// A mail as it leaves.
pub struct OutgoingMail {
    /// The same for every repetition, so that a receiver can tell one.
    pub id: DeliveryId,
    /// When it leaves.
    pub at: UnixTime,
    /// Who writes: the provider's name.
    pub from_name: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// The address.
    pub to: String,
    /// Whose it is; empty if that is not known.
    pub to_name: String,
    /// Its subject.
    pub subject: String,
    /// Its text without markup.
    pub text: String,
    /// The same with markup and a picture.
    pub rich: Option<RichMail>,
}

/// The part of a mail with markup.
pub struct RichMail {
    /// HTML that shows the picture as `cid:` + [`RichMail::PICTURE`].
    pub html: String,
    /// The QR code, PNG.
    pub picture: Vec<u8>,
}

impl RichMail {
    /// The content id of the picture.
    pub const PICTURE: &str = "label";
}

/// Why a carrier did not take a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It is not there, or lets nobody in: that says nothing about this message.
    #[error("{0}")]
    Absent(String),
    /// Not now.
    #[error("{0}")]
    NotNow(String),
    /// Never.
    #[error("{0}")]
    Refused(String),
}

/// Takes mails.
pub trait MailCarrier: Send + Sync {
    /// Hands one over.
    ///
    /// # Errors
    /// It was not taken.
    fn carry(&self, mail: &OutgoingMail) -> Result<(), Failure>;
}

/// What carries messages. Those of a kind that nothing carries wait, and can be seen waiting.
#[derive(Default)]
pub struct Carriers {
    /// Mails.
    pub mail: Option<Box<dyn MailCarrier>>,
    /// Short messages.
    pub sms: Option<SmsGateway>,
    /// Calls to the systems of providers.
    pub webhooks: Option<Box<dyn Caller>>,
    /// Knocks at devices through their push services.
    pub push: Option<Box<dyn Pusher>>,
}

/// A system that sends SMS and MMS for us. It gets a signed call with `to`, `text` and, for a
/// label, the QR code as a PNG.
pub struct SmsGateway {
    /// Where it is called.
    pub url: String,
    /// What calls are signed with.
    pub secret: CallSecret,
    /// Makes the calls.
    pub caller: Box<dyn Caller>,
}

/// What came of a try.
struct Tried {
    outcome: Result<(), Failure>,
    /// Of the answer to a call.
    status: Option<u16>,
    /// Nobody was asked: when that may be done.
    left_until: Option<UnixTime>,
}

impl From<Result<(), Failure>> for Tried {
    fn from(outcome: Result<(), Failure>) -> Self {
        Self {
            outcome,
            status: None,
            left_until: None,
        }
    }
}

/// What a round of delivery did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Messages that were taken over.
    pub sent: usize,
    /// Messages that will be tried again.
    pub put_off: usize,
    /// Messages that were given up.
    pub dead: usize,
}

impl Delivered {
    /// Whether there was anything to do.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.sent + self.put_off + self.dead == 0
    }
}

impl Gridpass {
    /// Sends what is due, at most `most` messages of each kind. To be called every second or so;
    /// several threads and processes may.
    ///
    /// # Errors
    /// The database failed; a message that left without that being written leaves again.
    pub fn deliver_due(&self, carriers: &Carriers, most: u32) -> Result<Delivered, StoreError> {
        let mut done = Delivered::default();
        if let Some(mail) = &carriers.mail {
            self.deliver_kind(DeliveryKind::Mail, most, &mut done, |message, content| {
                mail.carry(&self.outgoing_mail(message, content)?)
            })?;
        }
        if let Some(gateway) = &carriers.sms {
            self.deliver_kind(DeliveryKind::Sms, most, &mut done, |message, content| {
                self.call_gateway(gateway, message, content)
            })?;
        }
        if let Some(caller) = &carriers.webhooks {
            self.deliver_kind(DeliveryKind::Webhook, most, &mut done, |message, _| {
                self.call_endpoint(&**caller, message)
            })?;
        }
        if let Some(pusher) = &carriers.push {
            self.knock_where_due(&**pusher, most, &mut done)?;
        }
        Ok(done)
    }

    /// Leaves no older version of what was erased in any file of the database. To be called now
    /// and then after something was delivered. Returns whether it could; otherwise it should be
    /// called again.
    ///
    /// # Errors
    /// The database failed.
    pub fn forget_delivered(&self) -> Result<bool, StoreError> {
        Ok(self.store.forget_the_past()? == Forgotten::Yes)
    }

    /// Takes what is due of one kind and hands it to `carry`.
    fn deliver_kind<T: Into<Tried>>(
        &self,
        kind: DeliveryKind,
        most: u32,
        done: &mut Delivered,
        carry: impl Fn(&Leased, Option<&Content>) -> T,
    ) -> Result<(), StoreError> {
        let now = self.clock_now();
        // Looking costs nobody anything; taking needs the one writer.
        if !self
            .store
            .read(|connection| outbox::is_due(connection, kind, now))?
        {
            return Ok(());
        }
        let leased = self
            .store
            .write(move |transaction| outbox::lease(transaction, kind, now, most))?;
        let mut leased = leased.into_iter();
        while let Some(message) = leased.next() {
            if self.clock_now().since(now) > outbox::LEASE / 2 {
                // A carrier that takes its time: whoever else looks would take the rest for
                // abandoned and send it as well.
                let rest = std::iter::once(message).chain(leased).collect();
                return self.give_back(rest);
            }
            let tried = match self.opened(&message) {
                Ok(content) => carry(&message, content.as_ref()).into(),
                Err(failure) => Tried::from(Err(failure)),
            };
            if let Some(at) = tried.left_until {
                done.put_off += 1;
                self.leave(message, at)?;
                continue;
            }
            let absent = match &tried.outcome {
                Err(Failure::Absent(error)) => Some(error.clone()),
                _ => None,
            };
            // This one waits longer and longer, in case that it is what drives the carrier away.
            self.put_down(message, tried, done)?;
            if let Some(error) = absent {
                // The others of this round would fare no better.
                done.put_off += leased.len();
                return self.put_off(leased.collect(), error);
            }
        }
        Ok(())
    }

    /// What a message says; nothing for an event.
    fn opened(&self, message: &Leased) -> Result<Option<Content>, Failure> {
        match &message.sealed {
            None => Ok(None),
            Some(sealed) => Content::open(message.id, sealed, &self.vault)
                .map(Some)
                .ok_or_else(|| Failure::Refused("what it says is damaged".to_owned())),
        }
    }

    fn put_off(&self, messages: Vec<Leased>, error: String) -> Result<(), StoreError> {
        tracing::warn!(
            error,
            messages = messages.len(),
            "nobody takes messages now; they wait"
        );
        let at = self.clock_now().plus(self.jittered(ABSENCE));
        self.store.write(move |transaction| {
            messages
                .iter()
                .try_for_each(|message| outbox::release(transaction, message, at, &brief(&error)))
        })
    }

    /// For later, with whatever else there is for the same system.
    fn leave(&self, message: Leased, at: UnixTime) -> Result<(), StoreError> {
        const WHY: &str = "the system does not answer";
        self.store.write(move |transaction| {
            outbox::release(transaction, &message, at, WHY)?;
            match message.endpoint {
                Some(system) => outbox::leave(transaction, &message.provider, system, at, WHY),
                None => Ok(()),
            }
        })
    }

    /// For whoever takes them next.
    fn give_back(&self, messages: Vec<Leased>) -> Result<(), StoreError> {
        const WHY: &str = "the messages before it took long";
        let at = self.clock_now();
        self.store.write(move |transaction| {
            messages
                .iter()
                .try_for_each(|message| outbox::release(transaction, message, at, WHY))
        })
    }

    /// Writes what became of one message.
    fn put_down(
        &self,
        message: Leased,
        tried: Tried,
        done: &mut Delivered,
    ) -> Result<(), StoreError> {
        let Tried {
            outcome, status, ..
        } = tried;
        let now = self.clock_now();
        let call = (message.kind == DeliveryKind::Webhook).then(|| WebhookCall {
            at: now,
            status,
            error: outcome
                .as_ref()
                .err()
                .map(|error| brief(&error.to_string())),
        });
        let settlement = match outcome {
            Ok(()) => Settlement::Sent,
            Err(error @ Failure::Absent(_)) | Err(error @ Failure::NotNow(_))
                if message.attempts < MOST_ATTEMPTS || matches!(error, Failure::Absent(_)) =>
            {
                let at = now.plus(self.jittered(wait_after(message.attempts)));
                let error = brief(&error.to_string());
                Settlement::Again { at, error }
            }
            Err(error) => Settlement::Dead {
                error: brief(&error.to_string()),
            },
        };
        match &settlement {
            Settlement::Sent | Settlement::Void => done.sent += 1,
            Settlement::Again { .. } => done.put_off += 1,
            Settlement::Dead { error } => {
                tracing::warn!(delivery = %message.id, kind = %message.kind, error, "a message was given up");
                done.dead += 1;
            }
        }
        self.store.write(move |transaction| {
            outbox::settle(transaction, &message, &settlement, now)?;
            if let Some(call) = &call {
                webhooks::log(transaction, &message.provider, message.id, call)?;
            }
            if let (Settlement::Sent, About::Label, Some(id)) =
                (&settlement, message.about, message.enrollment)
            {
                let provider = &message.provider;
                milestones::reach(transaction, provider, id, Milestone::Delivered, now)?;
            }
            let result = match (&settlement, message.kind) {
                // Its own log tells of each call to another system.
                (_, DeliveryKind::Webhook) | (Settlement::Again { .. }, _) => return Ok(()),
                (Settlement::Dead { .. }, _) => "given-up",
                (Settlement::Sent | Settlement::Void, _) => "ok",
            };
            let entry = audit::Entry {
                provider: &message.provider,
                at: now,
                actor: &Actor::system(),
                action: "delivery.send",
                result,
                enrollment: message.enrollment,
                detail: serde_json::json!({
                    "delivery": message.id,
                    "kind": message.kind,
                    "about": message.about,
                    "to": message.recipient_hint,
                    "attempts": message.attempts,
                }),
            };
            audit::append(transaction, &entry)
        })
    }

    /// A mail as it leaves: a label gets its picture only here.
    fn outgoing_mail(
        &self,
        message: &Leased,
        content: Option<&Content>,
    ) -> Result<OutgoingMail, Failure> {
        let not_a_mail = || Failure::Refused("this is not a mail".to_owned());
        let content = content.ok_or_else(not_a_mail)?;
        let Recipient::Email { address, name } = &content.to else {
            return Err(not_a_mail());
        };
        let provider = &self
            .provider(&message.provider)
            .ok_or_else(|| Failure::Refused("the provider is no longer configured".to_owned()))?
            .config;
        let words = texts::plain(content, &provider.name, &self.origin);
        let rich = match &content.says {
            Says::Text { .. } => None,
            Says::Label(label) => {
                let (_, payload) = Link::parse(&label.link)
                    .map_err(|_| Failure::Refused("its label is damaged".to_owned()))?;
                let link = Link::new(&self.origin, &payload);
                Some(RichMail {
                    html: texts::label_html(label, &provider.name, &self.origin, RichMail::PICTURE),
                    picture: label_image::png(&link, MODULE_PIXELS),
                })
            }
        };
        Ok(OutgoingMail {
            id: message.id,
            at: self.clock_now(),
            from_name: provider.name.clone(),
            reply_to: provider.support_email.clone(),
            to: address.clone(),
            to_name: name.clone(),
            subject: words.subject,
            text: words.text,
            rich,
        })
    }

    /// A quarter more or less, so that what failed together does not come back together.
    pub(crate) fn jittered(&self, seconds: u64) -> u64 {
        let [random] = Random(&*self.random).bytes();
        seconds * (768 + 2 * u64::from(random)) / 1024
    }
}

/// How long to wait after so many tries, in seconds.
pub(crate) const fn wait_after(attempts: u32) -> u64 {
    let doublings = attempts.saturating_sub(1);
    if doublings >= 7 {
        LONGEST_WAIT
    } else {
        FIRST_WAIT << doublings
    }
}

/// An error as it is kept: short, on one line.
fn brief(error: &str) -> String {
    error
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_ERROR)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_between_tries_grow_up_to_an_hour() {
        let waits: Vec<_> = (1..=9).map(wait_after).collect();
        assert_eq!(
            waits,
            [30, 60, 120, 240, 480, 960, 1920, LONGEST_WAIT, LONGEST_WAIT]
        );
        assert_eq!(wait_after(u32::MAX), LONGEST_WAIT);
    }
}
