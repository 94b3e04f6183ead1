use serde::{Deserialize, Serialize};

/// The steps of an enrollment that a person can watch, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Keys and request are made on this device.
    Keying,
    /// The sealed confirmation is on its way, and the provider verifies it.
    Confirmation,
    /// The answer is opened and checked.
    Issuance,
    /// Certificate and settings are put away in this browser.
    Keeping,
}

/// How an enrollment went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// This browser is enrolled.
    Enrolled(Box<Enrolled>),
    /// It is not, or not yet.
    Refused(Refusal),
}

/// A finished enrollment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// What was set up.
    pub device: DeviceFacts,
    /// Milliseconds from the device ID to here; `None` when it was resumed after a break.
    pub took: Option<u32>,
    /// What became of the protected copy.
    pub copy: CopyOutcome,
}

/// What became of the protected copy (PKCS#12) for another device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyOutcome {
    /// Nobody asked for one.
    NotAsked,
    /// It travels beside the message.
    Made {
        /// A name for the file.
        file_name: String,
    },
    /// The page was reloaded in the middle: the key can no longer be taken out.
    Missed,
}

/// One enrollment that this browser holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceFacts {
    /// UUID of the enrollment.
    pub enrollment_id: String,
    /// The provider's name.
    pub provider: String,
    /// Where the provider's people can be asked.
    pub support_email: Option<String>,
    /// The same by telephone.
    pub support_phone: Option<String>,
    /// Name of the settings profile.
    pub profile: String,
    /// Seconds between two looks for messages.
    pub poll_interval: u32,
    /// Days before its end at which the certificate is renewed.
    pub renew_before: u32,
    /// When this browser was enrolled, Unix seconds.
    pub enrolled_at: u64,
    /// The certificate in figures.
    pub certificate: CertificateFacts,
}

/// A certificate in figures, for people who compare them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateFacts {
    /// Distinguished name (RFC 4514).
    pub subject: String,
    /// Distinguished name of the CA.
    pub issuer: String,
    /// Hex.
    pub serial: String,
    /// Unix seconds.
    pub not_before: u64,
    /// Unix seconds.
    pub not_after: u64,
    /// SHA-256 of the DER, hex.
    pub fingerprint: String,
    /// OpenADR VEN fingerprint.
    pub ven_fingerprint: String,
    /// IEEE 2030.5 long form device identifier.
    pub lfdi: String,
    /// IEEE 2030.5 short form device identifier.
    pub sfdi: String,
}

/// A confirmation that was sent, or about to be, when the page ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingFacts {
    /// Names it.
    pub temporary_id: String,
    /// The provider's name.
    pub provider: String,
    /// Unix seconds.
    pub started_at: u64,
}

/// Why an enrollment is not finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// What was typed cannot be a device ID.
    InvalidDeviceId,
    /// The OTP did not match: the device ID is not the registered one.
    WrongDeviceId {
        /// Tries left.
        remaining: u32,
    },
    /// Too many wrong device IDs.
    Locked,
    /// The label no longer counts.
    Expired(ExpiredReason),
    /// The label was used before, by other keys.
    AlreadyEnrolled,
    /// Too many wrong tries from this connection.
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The provider cannot answer just now; nothing is lost.
    Unavailable,
    /// The provider was not reached; nothing is lost.
    Offline,
    /// The provider refused the request itself.
    BadRequest {
        /// The provider's stable word for it, for support staff.
        reason: Option<String>,
    },
    /// The answer is not from the provider of the label, or not for these keys.
    NotGenuine,
    /// This browser could not keep the keys, so nothing was sent.
    KeysNotKept,
    /// This browser could not keep the certificate; it can be had again.
    NotKept,
    /// What was to be resumed is no longer there, or no label has been read.
    NothingToDo,
}

/// Why a label no longer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpiredReason {
    /// Its time ran out.
    Expired,
    /// A newer label for the same device took its place.
    Superseded,
    /// The provider or the customer called it off.
    Cancelled,
}

/// What can be done about a [`Refusal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WayOn {
    /// Type the device ID again: the same label still counts.
    DeviceId,
    /// Send the same confirmation again: it is kept.
    SendAgain,
    /// Only a new label helps.
    NewLabel,
}

impl Refusal {
    /// What a page without a framework marks the words for this refusal with.
    #[must_use]
    pub fn mark(&self) -> String {
        let word = match self {
            Self::InvalidDeviceId => "invalid-device-id",
            Self::WrongDeviceId { remaining } => return format!("wrong-device-id-{remaining}"),
            Self::Locked => "locked",
            Self::Expired(ExpiredReason::Expired) => "expired",
            Self::Expired(ExpiredReason::Superseded) => "superseded",
            Self::Expired(ExpiredReason::Cancelled) => "cancelled",
            Self::AlreadyEnrolled => "already-enrolled",
            Self::RateLimited { .. } => "rate-limited",
            Self::Unavailable => "unavailable",
            Self::Offline => "offline",
            Self::BadRequest { .. } => "bad-request",
            Self::NotGenuine => "not-genuine",
            Self::KeysNotKept => "keys-not-kept",
            Self::NotKept => "not-kept",
            Self::NothingToDo => "nothing-to-do",
        };
        word.to_owned()
    }

    /// What can be done about it; the worker keeps a pending confirmation exactly for
    /// [`WayOn::SendAgain`].
    #[must_use]
    pub fn way_on(&self) -> WayOn {
        match self {
            Self::InvalidDeviceId | Self::KeysNotKept | Self::WrongDeviceId { remaining: 1.. } => {
                WayOn::DeviceId
            }
            Self::RateLimited { .. }
            | Self::Unavailable
            | Self::Offline
            | Self::NotGenuine
            | Self::NotKept => WayOn::SendAgain,
            Self::WrongDeviceId { remaining: 0 }
            | Self::Locked
            | Self::Expired(_)
            | Self::AlreadyEnrolled
            | Self::BadRequest { .. }
            | Self::NothingToDo => WayOn::NewLabel,
        }
    }
}
