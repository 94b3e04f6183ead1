use serde::{Deserialize, Serialize};

use crate::{LabelFor, Secret};

/// A label as text. Who has it and the device ID can enrol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelText {
    /// The link that the QR code holds.
    Link(Secret),
    /// The code for people without a camera.
    ManualCode(Secret),
}

/// What a person should know about the label that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelFacts {
    /// Name of the provider that made it.
    pub provider: String,
    /// Unix seconds.
    pub expires_at: u64,
    /// How long making the keys takes.
    pub keying: Keying,
    /// Names the enrollment.
    pub temporary_id: String,
    /// Whose it is.
    pub kind: LabelFor,
    /// The label itself, for a page that has to read it again after a reload.
    pub text: LabelText,
}

/// How long making the keys takes on a small device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keying {
    /// An elliptic curve key: no time at all.
    Instant,
    /// An RSA key: seconds, on a slow phone half a minute.
    Slow,
}

/// Why a label cannot be used. Nothing of it depends on the device ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelRefusal {
    /// A QR code, but of something else.
    NotALabel,
    /// Made by another portal than this page belongs to.
    Foreign {
        /// That portal.
        origin: String,
        /// The whole label, to be opened there.
        link: String,
    },
    /// Cut short or changed on the way.
    Damaged,
    /// Made for a newer version of the protocol: an old page is open.
    NewerVersion,
    /// Past its date by this device's clock.
    Expired {
        /// When it ended, Unix seconds.
        at: u64,
    },
    /// Its provider certificate is not one this portal publishes, or not under that provider's CA.
    UnknownProvider,
    /// The manual code has a typing error in it.
    MistypedCode,
    /// No label belongs to the manual code (any more).
    UnknownCode,
    /// Too many codes from this connection.
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The portal was not reached.
    Offline,
    /// The portal answered, but cannot serve just now.
    Unavailable,
}
