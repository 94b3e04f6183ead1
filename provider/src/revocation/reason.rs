//! Why certificates are withdrawn.

use std::{fmt, str::FromStr};

/// Why a certificate is withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RevocationReason {
    /// Nobody knows where the device is.
    Lost,
    /// Somebody else may have its key.
    Compromised,
    /// The device was given away or thrown away.
    Disposed,
    /// Another device does its work.
    Replaced,
    /// The customer has left the programme.
    Left,
}

impl RevocationReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::Lost,
        Self::Compromised,
        Self::Disposed,
        Self::Replaced,
        Self::Left,
    ];

    /// Its word.
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

    /// Its code in a CRL (RFC 5280, 5.3.1).
    #[must_use]
    pub const fn crl_code(self) -> u8 {
        match self {
            // Whoever finds a lost device holds its key.
            Self::Lost | Self::Compromised => 1,
            Self::Replaced => 4,
            Self::Disposed | Self::Left => 5,
        }
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a reason: expected lost, compromised, disposed, replaced or left")]
pub struct UnknownReason;

impl FromStr for RevocationReason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or(UnknownReason)
    }
}

/// What stands against a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Withdrawal {
    /// It is on hold: `certificateHold` (RFC 5280, 5.3.1). The one that can be undone.
    Hold,
    /// It is revoked, for good.
    Revoked(RevocationReason),
}

impl Withdrawal {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Revoked(reason) => reason.as_str(),
        }
    }

    /// Its code in a CRL (RFC 5280, 5.3.1).
    #[must_use]
    pub const fn crl_code(self) -> u8 {
        match self {
            Self::Hold => 6,
            Self::Revoked(reason) => reason.crl_code(),
        }
    }
}

impl FromStr for Withdrawal {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        if text == Self::Hold.as_str() {
            return Ok(Self::Hold);
        }
        text.parse().map(Self::Revoked)
    }
}
