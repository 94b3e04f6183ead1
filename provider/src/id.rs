//! Identifiers. Each is its own type, so that none can stand in for another.

use std::{fmt, str::FromStr};

use gridpass_protocol::UnixTime;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use uuid::Uuid;

use crate::random::Random;

/// A text is not the identifier that it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{expected}")]
pub struct InvalidId {
    expected: &'static str,
}

/// A newtype over a text that its rule accepts.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { expected: $expected })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    };
}

text_id!(
    /// A provider of this installation: 1 to 32 characters of `a-z`, `0-9` and `-`.
    ProviderId,
    "a provider id has 1 to 32 characters of a-z, 0-9 and -",
    |text| {
        (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
);

text_id!(
    /// The number that a provider gave an account: 1 to 64 printable characters.
    AccountNumber,
    "an account number has 1 to 64 printable characters",
    |text| {
        (1..=64).contains(&text.chars().count())
            && text.trim() == text
            && !text.chars().any(char::is_control)
    }
);

text_id!(
    /// What a provider's system sends to make a repeated registration one: 1 to 255 visible
    /// ASCII characters.
    IdempotencyKey,
    "an idempotency key has 1 to 255 visible ASCII characters",
    |text| (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
);

text_id!(
    /// What an instruction asks a device to do: 1 to 64 characters of `a-z`, `0-9`, `-`, `.` and
    /// `_`, a letter first.
    InstructionName,
    "the name of an instruction has 1 to 64 characters of a-z, 0-9, -, . and _, a letter first",
    |text| {
        text.len() <= 64
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|b| {
                b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'_')
            })
    }
);

text_id!(
    /// Ties log lines and audit entries to one request: 1 to 64 visible ASCII characters.
    RequestId,
    "a request id has 1 to 64 visible ASCII characters",
    |text| (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
);

/// A newtype over a UUID.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The one with this UUID.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// As a UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            pub(crate) fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// A fresh one (RFC 9562, version 7: ordered by `now`, in whole seconds).
            pub(crate) fn make(now: UnixTime, random: &Random<'_>) -> Self {
                let milliseconds = now.0.saturating_mul(1000);
                Self(uuid::Builder::from_unix_timestamp_millis(milliseconds, &random.bytes()).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text)
                    .map(Self)
                    .map_err(|_| InvalidId { expected: "this id is a UUID" })
            }
        }
    };
}

uuid_id!(
    /// One enrollment: one device ID, one mapping, at most one issued certificate to begin with.
    EnrollmentId
);
uuid_id!(
    /// An account of a provider, as this installation knows it.
    AccountId
);
uuid_id!(
    /// A signed-in browser. Names the session in the audit; does not open it.
    SessionId
);
uuid_id!(
    /// A member of a provider's staff.
    StaffId
);
uuid_id!(
    /// A bearer token of a provider's own systems. Names it in the audit; does not open anything.
    ApiTokenId
);

uuid_id!(
    /// One message of the outbox: a mail, an SMS, a letter, a call to a webhook.
    DeliveryId
);
uuid_id!(
    /// A system of the provider's that is told of changes.
    WebhookId
);

uuid_id!(
    /// A file of registrations that is worked off in the background.
    BulkJobId
);
uuid_id!(
    /// Something for devices: the id of the item that they see.
    ParcelId
);

uuid_id!(
    /// A demand-response programme of a provider.
    ProgramId
);
uuid_id!(
    /// An event of a programme; also the id of the OpenADR object.
    EventId
);
uuid_id!(
    /// Devices that staff put together under a name.
    GroupId
);
uuid_id!(
    /// A report of a device about an event; also the id of the OpenADR object.
    ReportId
);

impl EnrollmentId {
    /// The id that no enrollment has (RFC 9562, 5.9).
    pub(crate) const fn nil() -> Self {
        Self(Uuid::nil())
    }

    /// The id that comes after every other (RFC 9562, 5.10).
    pub(crate) const fn last() -> Self {
        Self(Uuid::max())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_id_is_short_and_plain() {
        for good in ["demo", "gmec-vt", "a", &"z".repeat(32)] {
            assert!(good.parse::<ProviderId>().is_ok(), "{good}");
        }
        for bad in ["", "Demo", "a b", "a/b", "ü", &"z".repeat(33)] {
            assert!(bad.parse::<ProviderId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_account_number_has_no_control_character_and_no_outer_space() {
        assert!("VT-2041 7".parse::<AccountNumber>().is_ok());
        for bad in ["", " 1", "1\n", "a\u{7}b", &"1".repeat(65)] {
            assert!(bad.parse::<AccountNumber>().is_err(), "{bad:?}");
        }
    }
}
