//! What is put into mailboxes, and by whom.

use gridpass_protocol::{EventStatus, Item, Settings, UnixTime, openadr};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::MailboxError;
use crate::id::{ApiTokenId, ParcelId, ProviderId, StaffId};

/// The longest content, as JSON, in bytes. An answer always has room for one more of that length
/// beside what else it says, signed and sealed ([`gridpass_protocol::sealed::MAX_LENGTH`]).
pub(super) const MAX_CONTENT_LENGTH: usize = 24 * 1024;

/// Something for devices.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Names it, here and on the wire.
    pub id: ParcelId,
    /// Whose devices they are.
    pub provider: ProviderId,
    /// What it is.
    pub content: Content,
    /// Who sends it, and hears what became of it.
    pub originator: Originator,
    /// When it was made.
    pub created_at: UnixTime,
    /// From when on it is of no use.
    pub expires_at: UnixTime,
}

/// What devices are sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Content {
    /// An order.
    Instruction {
        /// What to do, in a word that the device knows.
        name: String,
        /// What the device needs to know for that.
        arguments: Map<String, Value>,
    },
    /// A demand-response event, or news of one.
    Event {
        /// Whether it takes place.
        status: EventStatus,
        /// The OpenADR object.
        event: Box<openadr::Event>,
    },
    /// How to go on.
    Settings(Settings),
}

/// What kind of thing is in a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Instruction,
    Event,
    Settings,
}

/// Who put something into mailboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Originator {
    /// A member of staff, at the desk.
    Staff(StaffId),
    /// One of the provider's own systems, by its token.
    Api(ApiTokenId),
    /// A demand-response event, by its OpenADR object id.
    Event(String),
}

impl Content {
    pub(super) const fn subject(&self) -> Subject {
        match self {
            Self::Instruction { .. } => Subject::Instruction,
            Self::Event { .. } => Subject::Event,
            Self::Settings(_) => Subject::Settings,
        }
    }

    /// As the database keeps it.
    pub(super) fn to_json(&self) -> Result<String, MailboxError> {
        // Maps with text keys, numbers that came from JSON: nothing here fails to be written.
        let json = serde_json::to_string(self).map_err(|_| MailboxError::TooLarge)?;
        if json.len() > MAX_CONTENT_LENGTH {
            return Err(MailboxError::TooLarge);
        }
        Ok(json)
    }

    /// As a device gets it.
    pub(super) fn into_item(self, id: ParcelId, from: &str, expires_at: UnixTime) -> Item {
        let (id, from) = (id.uuid(), from.to_owned());
        match self {
            Self::Instruction { name, arguments } => Item::Instruction {
                id,
                from,
                expires_at,
                name,
                arguments,
            },
            Self::Event { status, event } => Item::Event {
                id,
                from,
                expires_at,
                status,
                event,
            },
            Self::Settings(settings) => Item::Settings(Settings {
                id: Some(id),
                ..settings
            }),
        }
    }
}

impl Subject {
    const ALL: [Self; 3] = [Self::Instruction, Self::Event, Self::Settings];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Instruction => "instruction",
            Self::Event => "event",
            Self::Settings => "settings",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl Originator {
    /// What devices are told of it, and the database keeps first. Which person, which system, is
    /// the provider's own business.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Staff(_) => "staff",
            Self::Api(_) => "api",
            Self::Event(_) => "event",
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Staff(id) => id.to_string(),
            Self::Api(id) => id.to_string(),
            Self::Event(id) => id.clone(),
        }
    }

    pub(super) fn parse(kind: &str, name: &str) -> Option<Self> {
        match kind {
            "staff" => name.parse().ok().map(Self::Staff),
            "api" => name.parse().ok().map(Self::Api),
            "event" => Some(Self::Event(name.to_owned())),
            _ => None,
        }
    }
}
