//! Why a confirmation was refused, and how that is told (protocol, HTTP).

use gridpass_protocol::{Problem, ProblemName, SealedError};

use crate::store::StoreError;

/// Why a label is of no more use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiredReason {
    /// Its time is over.
    Expired,
    /// A newer label took its place.
    Superseded,
    /// It was called off.
    Cancelled,
}

impl ExpiredReason {
    /// Its word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Why a confirmation was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmationError {
    /// It is longer than a confirmation may be.
    #[error("the confirmation is too large")]
    TooLarge,
    /// It cannot be read.
    #[error("the confirmation cannot be read: {0}")]
    Unreadable(#[from] SealedError),
    /// It is sealed to a key that is not, or no longer, one of this installation.
    #[error("the confirmation is sealed to another key")]
    UnknownKey,
    /// The one-time password is wrong, or the temporary id unknown.
    #[error("wrong one-time password, {remaining} tries left")]
    InvalidOtp {
        /// Tries left.
        remaining: u32,
    },
    /// Too many wrong one-time passwords for this temporary id.
    #[error("locked")]
    Locked,
    /// Too many wrong one-time passwords from this address.
    #[error("too many wrong one-time passwords from this address")]
    RateLimited {
        /// When to come back, in seconds.
        retry_after: u64,
    },
    /// The label is of no more use.
    #[error("the label is {}", .0.as_str())]
    Expired(ExpiredReason),
    /// The certificate request is not acceptable.
    #[error("bad certificate request: {reason}")]
    BadCsr {
        /// Why, in one stable word.
        reason: &'static str,
    },
    /// The enrollment has been confirmed with another request, or too long ago.
    #[error("already enrolled")]
    AlreadyEnrolled,
    /// The CA issues nothing now. The one-time password is not spent.
    #[error("the CA is not available")]
    CaUnavailable {
        /// When to come back, in seconds.
        retry_after: u64,
    },
    /// Staff have to approve it first. The one-time password was right and stays good.
    #[error("it waits for its approval")]
    AwaitsApproval {
        /// When to come back, in seconds.
        retry_after: u64,
    },
    /// The answer could not be sealed to the device's key. Nothing was spent.
    #[error("the answer could not be sealed: {0}")]
    Seal(SealedError),
    /// The enrollment changed again and again while it was looked at.
    #[error("the enrollment is changing")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ConfirmationError {
    /// As a problem document.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::TooLarge => Problem::new(
                ProblemName::PayloadTooLarge,
                "The confirmation is larger than 16 KiB. Start again from the label.",
            ),
            Self::Unreadable(_) | Self::UnknownKey => Problem::new(
                ProblemName::BadRequest,
                "The confirmation cannot be read. Reload the page and start again from the label.",
            ),
            Self::InvalidOtp { remaining } => Problem::new(
                ProblemName::InvalidOtp,
                "The device ID does not fit this label. Check both and try again.",
            )
            .with_remaining(*remaining),
            Self::Locked => Problem::new(
                ProblemName::Locked,
                "This label is locked after too many tries. Ask for a new one.",
            ),
            Self::RateLimited { retry_after } => Problem::new(
                ProblemName::RateLimited,
                "There were too many tries from your connection. Wait, then try again.",
            )
            .with_retry_after(*retry_after),
            Self::Expired(reason) => Problem::new(ProblemName::Expired, expired_detail(*reason))
                .with_reason(reason.as_str()),
            Self::BadCsr { reason } => Problem::new(
                ProblemName::BadCsr,
                "The certificate request is not acceptable. Start again from the label.",
            )
            .with_reason(*reason),
            Self::AlreadyEnrolled => Problem::new(
                ProblemName::AlreadyEnrolled,
                "This label has been used. If that was not you, ask your provider.",
            ),
            Self::CaUnavailable { retry_after } => Problem::new(
                ProblemName::CaUnavailable,
                "Certificates cannot be issued at the moment. Your label stays good; try again.",
            )
            .with_retry_after(*retry_after),
            Self::AwaitsApproval { retry_after } => Problem::new(
                ProblemName::ServiceUnavailable,
                "The provider has to approve this device first. Send the same request again later.",
            )
            .with_retry_after(*retry_after),
            Self::Seal(_) => Problem::new(
                ProblemName::InternalError,
                "Something went wrong on our side. Your label stays good; try again.",
            ),
            Self::Busy | Self::Store(_) => Problem::new(
                ProblemName::ServiceUnavailable,
                "The service is not available at the moment. Your label stays good; try again.",
            )
            .with_retry_after(5),
        }
    }
}

const fn expired_detail(reason: ExpiredReason) -> &'static str {
    match reason {
        ExpiredReason::Expired => "This label has expired. Ask for a new one.",
        ExpiredReason::Superseded => "A newer label took the place of this one. Use that one.",
        ExpiredReason::Cancelled => "This label was cancelled. Ask for a new one.",
    }
}
