//! What the provider sent to a device, as its page shows it.

use serde::{Deserialize, Serialize};

/// What the provider sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldInbox {
    /// Events, past ones included; the one that begins last comes first.
    pub events: Vec<HeldEvent>,
    /// Messages to the person, newest first.
    pub notes: Vec<HeldNote>,
}

/// A demand-response event. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldEvent {
    /// Its OpenADR object id.
    pub id: String,
    /// Its name for people; empty: it has none.
    pub name: String,
    /// The name of the programme that it belongs to; may be empty.
    pub programme: String,
    /// What there is for taking part, in the provider's words; may be empty.
    pub incentive: String,
    /// When it begins; none: it does not say so.
    pub starts_at: Option<u64>,
    /// When it is over; none: never.
    pub ends_at: Option<u64>,
    /// What is asked, one after the other.
    pub asked: Vec<AskedSpan>,
    /// Whether it takes place.
    pub call: EventCall,
    /// What the person decided.
    pub decision: Decision,
}

/// What an event asks for in a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedSpan {
    /// When it begins, Unix seconds.
    pub starts_at: u64,
    /// When it ends; none: never.
    pub ends_at: Option<u64>,
    /// The kind of payload, as OpenADR names it.
    pub kind: String,
    /// Its first value, as it is written.
    pub value: String,
}

/// Whether an event takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventCall {
    /// As it is written.
    On,
    /// As it is written now: it was something else when it was first heard of.
    Changed,
    /// It was called off.
    Off,
}

/// Whether the person takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Taking {
    /// Takes part.
    In,
    /// Sits it out.
    Out,
}

/// What the person decided about an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Nothing: they take part as agreed with the provider.
    #[default]
    None,
    /// This, and the provider has not heard it yet.
    Untold(Taking),
    /// This, and the provider has heard it.
    Told(Taking),
}

impl Decision {
    /// What was decided.
    #[must_use]
    pub const fn taking(self) -> Option<Taking> {
        match self {
            Self::None => None,
            Self::Untold(taking) | Self::Told(taking) => Some(taking),
        }
    }
}

/// Whether the provider knocks when there is news and no page is open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Knocking {
    /// It does not.
    #[default]
    Off,
    /// The person wants it; the provider was not asked for its key yet.
    Wanted,
    /// The provider's key is there.
    Known {
        /// The application server's key of a subscription (RFC 8292).
        key: Vec<u8>,
        /// Where the provider is told to knock; none: not yet.
        endpoint: Option<String>,
    },
}

/// A message to the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldNote {
    /// Its title; may be empty.
    pub title: String,
    /// What it says.
    pub text: String,
    /// When it was heard, Unix seconds.
    pub heard_at: u64,
}
