//! What the page of an enrolled device and the worker say to each other.
//!
//! Apart from the enrollment's messages, so that nothing of it gets into the enrollment page.

use serde::{Deserialize, Serialize};

use crate::{DeviceFacts, HeldInbox, Knocking, Secret, Taking};

/// A message from the device's page to the worker.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeviceAsked {
    /// Counts what the page asks; the worker repeats it.
    pub turn: u32,
    /// What the page wants.
    pub ask: DeviceAsk,
}

/// A message from the worker to the device's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceTold {
    /// The turn this answers; 0 when nobody asked.
    pub turn: u32,
    /// The answer, or a piece of progress on the way to it.
    pub tell: DeviceTell,
}

/// What the device's page can ask for. `enrollment_id` is the one of [`DeviceFacts`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceAsk {
    /// What is enrolled in this browser? Answered by [`DeviceTell::Devices`]; nobody is called.
    Devices,
    /// Speak with the provider: hello, or a look for messages once that has been said; then a
    /// renewal, if one is due. Answered as every ask below by [`DeviceTell::Device`].
    Speak {
        /// Which enrollment.
        enrollment_id: String,
    },
    /// Renew key and certificate now. [`DeviceTell::Renewing`] comes before the answer.
    Renew {
        /// Which enrollment.
        enrollment_id: String,
    },
    /// Take this device out of service for good.
    TakeOut {
        /// Which enrollment.
        enrollment_id: String,
        /// Why.
        reason: TakeOutReason,
    },
    /// Keep the device ID as a key that shows on which device this is, and speak.
    Recognise {
        /// Which enrollment.
        enrollment_id: String,
        /// As the person typed it.
        device_id: Secret,
    },
    /// Forget an enrollment that is of no use, with its keys. Answered by [`DeviceTell::Devices`].
    Forget {
        /// Which enrollment.
        enrollment_id: String,
    },
    /// Take part in an event, or sit it out, and tell the provider. It is kept at once, which
    /// [`DeviceTell::Noted`] says, and told as soon as the provider can be reached.
    Decide {
        /// Which enrollment.
        enrollment_id: String,
        /// The event's OpenADR object id.
        event: String,
        /// What was decided.
        taking: Taking,
    },
    /// Have the provider knock, or no longer: any of [`Knocking`] but that a key is needed, which
    /// the provider is asked for when it is [`Knocking::Wanted`].
    Knock {
        /// Which enrollment.
        enrollment_id: String,
        /// What is wanted.
        knocking: Knocking,
    },
    /// Listen for news without speaking. Answered by [`DeviceTell::Listening`], then by
    /// [`DeviceTell::News`] whenever there is something, and at the end by [`DeviceTell::Deaf`].
    Listen {
        /// Which enrollment.
        enrollment_id: String,
    },
    /// No longer listen. Not answered.
    StopListening {
        /// Which enrollment.
        enrollment_id: String,
    },
}

/// Why a device is taken out of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TakeOutReason {
    /// It is no longer where its owner is.
    Lost,
    /// Somebody else may have used it.
    Compromised,
    /// It is given away or thrown away.
    Disposed,
    /// Another device does its work.
    Replaced,
    /// Its owner no longer takes part.
    Left,
}

impl TakeOutReason {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Replaced,
        Self::Disposed,
        Self::Left,
        Self::Lost,
        Self::Compromised,
    ];

    /// Its word, here and in the protocol.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Compromised => "compromised",
            Self::Disposed => "disposed",
            Self::Replaced => "replaced",
            Self::Left => "left",
        }
    }
}

/// What the worker can tell the device's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceTell {
    /// The worker runs and listens.
    Ready,
    /// The worker cannot run, or has stopped.
    Broken,
    /// This browser keeps nothing, or cannot keep two pages from speaking at once.
    NoVault,
    /// The enrollments of this browser, newest first.
    Devices(Vec<HeldDevice>),
    /// A new key is being made: seconds for P-256, up to a minute for RSA on a slow phone.
    Renewing,
    /// What was wanted is written down; the answer follows.
    Noted(Box<HeldDevice>),
    /// How one enrollment stands now.
    Device(Box<HeldDevice>),
    /// There is no such enrollment in this browser (any more).
    Gone,
    /// From now on news is heard at once.
    Listening,
    /// Something waits for the device: it should speak.
    News,
    /// News is not heard (any more).
    Deaf,
}

/// One enrollment of this browser and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldDevice {
    /// What was set up.
    pub device: DeviceFacts,
    /// The kind of its key, as the protocol writes it: `ES256`, `RS2048` or `RS3072`.
    pub key_algorithm: String,
    /// When the provider last answered, Unix seconds.
    pub spoke_at: Option<u64>,
    /// How it stands.
    pub standing: Standing,
    /// The version of its settings.
    pub settings_version: u32,
    /// What the provider sent.
    pub inbox: HeldInbox,
    /// Whether the provider knocks when there is news and no page is open.
    pub knocking: Knocking,
}

/// How an enrollment stands with its provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It has not spoken with the provider yet.
    #[default]
    New,
    /// The provider answered.
    Connected,
    /// The provider answered, and what it gave is in use: a new key with a new certificate.
    Renewed,
    /// The provider has stopped it for the time being.
    Suspended,
    /// The provider has withdrawn it for good.
    Withdrawn,
    /// The person has taken it out of service.
    TakenOut,
    /// Somebody else speaks with the same key: this browser, or another, is a copy.
    LooksCopied,
    /// The device ID has to be typed, so that the provider sees on which device this is.
    DeviceIdWanted(DeviceIdTry),
    /// The provider does not know it (any more).
    Unknown,
    /// The certificate has ended, and the provider renews none that old.
    Expired,
    /// The provider did not accept the new key; the present one stays.
    RenewalRefused {
        /// The provider's stable word for it, for support staff.
        reason: Option<String>,
    },
    /// Nobody answered; what was said is kept and said again.
    Offline,
    /// The provider cannot answer just now; what was said is kept and said again.
    Unavailable {
        /// Seconds to wait, if the provider said so.
        retry_after: Option<u64>,
    },
    /// The answer is not from the provider, or not for this device; it was not used.
    NotGenuine,
    /// This browser could not keep what was said or answered.
    NotKept,
}

/// What is known about the device ID that has to be typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceIdTry {
    /// None was typed yet.
    First,
    /// What was typed cannot be a device ID.
    Invalid,
    /// It is not the one that the provider has on file.
    Wrong,
}

impl Standing {
    /// A word for it; the page holds a block of words for each.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Connected => "connected",
            Self::Renewed => "renewed",
            Self::Suspended => "suspended",
            Self::Withdrawn => "withdrawn",
            Self::TakenOut => "taken-out",
            Self::LooksCopied => "looks-copied",
            Self::DeviceIdWanted(_) => "device-id-wanted",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::RenewalRefused { .. } => "renewal-refused",
            Self::Offline => "offline",
            Self::Unavailable { .. } => "unavailable",
            Self::NotGenuine => "not-genuine",
            Self::NotKept => "not-kept",
        }
    }

    /// Whether the enrollment is of no use any more as far as anybody knows, so that it may be
    /// forgotten.
    #[must_use]
    pub const fn may_be_forgotten(&self) -> bool {
        matches!(
            self,
            Self::Withdrawn | Self::TakenOut | Self::Unknown | Self::Expired
        )
    }

    /// What comes after it.
    #[must_use]
    pub const fn outlook(&self) -> Outlook {
        match self {
            Self::New
            | Self::Connected
            | Self::Renewed
            | Self::Suspended
            | Self::RenewalRefused { .. } => Outlook::GoesOn,
            Self::Offline | Self::Unavailable { .. } => Outlook::TriesAgain,
            Self::LooksCopied
            | Self::Unknown
            | Self::Expired
            | Self::DeviceIdWanted(_)
            | Self::NotGenuine
            | Self::NotKept => Outlook::WaitsForPerson,
            Self::Withdrawn | Self::TakenOut => Outlook::Over,
        }
    }
}

/// What comes after a [`Standing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// The next look for messages.
    GoesOn,
    /// The same message once more, soon.
    TriesAgain,
    /// Nothing until somebody does something.
    WaitsForPerson,
    /// Nothing.
    Over,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Asked;

    fn asks() -> [DeviceAsk; 10] {
        let enrollment_id = || "00000000-0000-7000-8000-000000000001".to_owned();
        [
            DeviceAsk::Devices,
            DeviceAsk::Speak {
                enrollment_id: enrollment_id(),
            },
            DeviceAsk::Renew {
                enrollment_id: enrollment_id(),
            },
            DeviceAsk::TakeOut {
                enrollment_id: enrollment_id(),
                reason: TakeOutReason::Lost,
            },
            DeviceAsk::Recognise {
                enrollment_id: enrollment_id(),
                device_id: Secret::new("00:1A:2B:3C:4D:5E".to_owned()),
            },
            DeviceAsk::Forget {
                enrollment_id: enrollment_id(),
            },
            DeviceAsk::Decide {
                enrollment_id: enrollment_id(),
                event: "event-1".to_owned(),
                taking: Taking::Out,
            },
            DeviceAsk::Knock {
                enrollment_id: enrollment_id(),
                knocking: Knocking::Wanted,
            },
            DeviceAsk::Listen {
                enrollment_id: enrollment_id(),
            },
            DeviceAsk::StopListening {
                enrollment_id: enrollment_id(),
            },
        ]
    }

    #[test]
    fn no_ask_of_the_device_page_is_taken_for_one_of_the_enrollment_page() {
        for ask in asks() {
            let json = serde_json::to_string(&DeviceAsked { turn: 1, ask }).unwrap();
            assert!(serde_json::from_str::<Asked>(&json).is_err(), "{json}");
            assert!(serde_json::from_str::<DeviceAsked>(&json).is_ok(), "{json}");
        }
    }

    #[test]
    fn a_debugged_ask_shows_no_device_id() {
        assert!(!format!("{:?}", asks()).contains("1A:2B"));
    }

    #[test]
    fn the_loader_script_and_the_ready_worker_are_understood_by_both_pages() {
        for (device, enrollment) in [
            (DeviceTell::Ready, crate::Tell::Ready),
            (DeviceTell::Broken, crate::Tell::Broken),
            (DeviceTell::NoVault, crate::Tell::NoVault),
        ] {
            assert_eq!(
                serde_json::to_string(&device).unwrap(),
                serde_json::to_string(&enrollment).unwrap()
            );
        }
    }

    #[test]
    fn reasons_are_the_protocols_words() {
        for reason in TakeOutReason::ALL {
            let json = serde_json::to_string(&reason).unwrap();
            assert_eq!(json, format!("\"{}\"", reason.as_str()));
        }
    }
}
