//! What waits for a device, and what the device says has become of it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    KeyAlgorithm, Settings, UnixTime,
    encoding::{serde_b64u, serde_b64u_list},
    openadr,
};

/// Something for a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Item {
    /// The certificate of a new key, answering [`UpKind::Rekey`](super::UpKind::Rekey).
    Certificate {
        /// DER.
        #[serde(with = "serde_b64u")]
        certificate: Vec<u8>,
        /// The certificates above it, issuer first, root last, DER.
        #[serde(with = "serde_b64u_list")]
        chain: Vec<Vec<u8>>,
    },
    /// The key policy for the next rollover.
    Parameters(Parameters),
    /// How to go on.
    Settings(Settings),
    /// An order: to be carried out once, however often it arrives.
    Instruction {
        /// Names it in the receipt; an id that was carried out is not carried out again.
        id: Uuid,
        /// Who sent it: `staff` or `api`.
        from: String,
        /// From then on it is not to be carried out any more.
        expires_at: UnixTime,
        /// What to do, in a word that the device knows.
        name: String,
        /// What the device needs to know for that.
        arguments: Map<String, Value>,
    },
    /// A demand-response event, or news of one.
    Event {
        /// Names this piece of news in the receipt.
        id: Uuid,
        /// Who sent it: `event`.
        from: String,
        /// From then on it is of no use.
        expires_at: UnixTime,
        /// Whether it takes place.
        status: EventStatus,
        /// The OpenADR event object.
        event: Box<openadr::Event>,
    },
    /// The provider's key for push services, answering [`UpKind::Push`](super::UpKind::Push).
    Push {
        /// The point of a P-256 key, uncompressed (RFC 8292, 3.2).
        #[serde(with = "serde_b64u")]
        key: Vec<u8>,
    },
    /// Of a later version of the protocol: passed over.
    #[serde(other)]
    Unknown,
}

impl Item {
    /// What a receipt calls it; none if no receipt is wanted.
    #[must_use]
    pub const fn id(&self) -> Option<Uuid> {
        match self {
            Self::Instruction { id, .. } | Self::Event { id, .. } => Some(*id),
            Self::Settings(settings) => settings.id,
            Self::Certificate { .. } | Self::Parameters(_) | Self::Push { .. } | Self::Unknown => {
                None
            }
        }
    }
}

/// Whether an event takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventStatus {
    /// It does, as it is written now.
    Active,
    /// It was called off.
    Cancelled,
}

/// The most characters of a receipt's detail that are kept.
pub const MAX_DETAIL_LENGTH: usize = 500;

/// What has become of an item. It may be acknowledged first, and executed or failed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It has arrived and was understood.
    Acknowledged,
    /// It was done.
    Executed,
    /// It was tried in vain.
    Failed,
    /// It will not be done: unknown, not permitted, or not wanted.
    Refused,
}

impl Outcome {
    /// Its word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Executed => "executed",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a customer takes part in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// Takes part.
    In,
    /// Does not.
    Out,
}

/// What a provider demands of keys. A device whose key or certificate does not keep to it rolls
/// over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// What is accepted; the first is what a new key has to be.
    pub key_algorithms: Vec<KeyAlgorithm>,
    /// How long the next certificate will last, in days.
    pub certificate_days: u32,
    /// Days before the end of a certificate at which its device rolls over.
    pub renew_before: u32,
    /// Seconds for which the old key stays valid while the new one has not spoken.
    pub overlap: u64,
    /// Days after the end of a certificate in which it may still roll over; 0: never.
    pub grace: u32,
}

impl Parameters {
    /// Whether a key of this kind, with a certificate that ends then, should be rolled over now.
    #[must_use]
    pub fn ask_for_rollover(
        &self,
        key_algorithm: KeyAlgorithm,
        not_after: UnixTime,
        now: UnixTime,
    ) -> bool {
        let begin = not_after.minus(u64::from(self.renew_before) * 24 * 60 * 60);
        now >= begin || !self.key_algorithms.contains(&key_algorithm)
    }
}
