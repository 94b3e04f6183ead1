//! Why a message was not answered, and how that is told.

use gridpass_protocol::{Problem, ProblemName, SealedError};

use crate::{programs::HearingError, store::StoreError};

/// Why a message was not answered.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// It is longer than a message may be.
    #[error("the message is too large")]
    TooLarge,
    /// It cannot be read.
    #[error("the message cannot be read: {0}")]
    Unreadable(#[from] SealedError),
    /// It is sealed to a key that is not, or no longer, one of this installation.
    #[error("the message is sealed to another key")]
    UnknownKey,
    /// It is signed by a key that has no certificate of this provider.
    #[error("the message is signed by an unknown key")]
    UnknownDevice,
    /// The enrollment was revoked, or was never finished.
    #[error("the enrollment is revoked")]
    Revoked,
    /// The enrollment is suspended until staff have decided.
    #[error("the enrollment is suspended")]
    Suspended,
    /// A right signature with an old token, count or key: there is a copy of the key.
    #[error("two holders of one key are suspected")]
    PossibleClone,
    /// The start-up check failed: the key is not on the device that was registered.
    #[error("the device proof is missing or wrong")]
    WrongDevice,
    /// The certificate has ended, and this message cannot renew it, or no longer.
    #[error("the certificate has expired")]
    CertificateExpired,
    /// The certificate request is not acceptable.
    #[error("bad certificate request: {reason}")]
    BadCsr {
        /// Why, in one stable word.
        reason: &'static str,
    },
    /// The reason to revoke is none of the protocol's.
    #[error("unknown reason to revoke")]
    UnknownReason,
    /// The address to be knocked at is none that can be.
    #[error("no address of a push service")]
    UnknownEndpoint,
    /// What asks for a new key is to be signed by the present one, wherever it comes from.
    #[error("a new key is asked for in a signed message")]
    Unsigned,
    /// What it says about an event cannot be taken down.
    #[error(transparent)]
    Event(HearingError),
    /// Too many wrong proofs, or too many new keys.
    #[error("too many tries")]
    RateLimited {
        /// When to come back, in seconds.
        retry_after: u64,
    },
    /// The CA issues nothing now.
    #[error("the CA is not available")]
    CaUnavailable {
        /// When to come back, in seconds.
        retry_after: u64,
    },
    /// The answer could not be sealed to the device's key.
    #[error("the answer could not be sealed: {0}")]
    Seal(SealedError),
    /// Other messages of the device were answered again and again meanwhile.
    #[error("the conversation is going on elsewhere")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<HearingError> for MessageError {
    fn from(error: HearingError) -> Self {
        match error {
            HearingError::Store(error) => Self::Store(error),
            error => Self::Event(error),
        }
    }
}

impl MessageError {
    /// As a problem document.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let plain = |name, detail: &str| Problem::new(name, detail);
        match self {
            Self::TooLarge => plain(
                ProblemName::PayloadTooLarge,
                "The message is larger than 16 KiB. Send less at once.",
            ),
            Self::Unreadable(_) | Self::UnknownKey => plain(
                ProblemName::BadRequest,
                "The message cannot be read. Look up the provider's certificates again, then seal it anew.",
            ),
            Self::UnknownDevice => plain(
                ProblemName::UnknownDevice,
                "This device is not known here. Connect it with a new label.",
            ),
            Self::Revoked => plain(
                ProblemName::Revoked,
                "This device was taken out of service. Connect it with a new label.",
            ),
            Self::Suspended => plain(
                ProblemName::Suspended,
                "This device is on hold until the provider has looked into it. Ask the provider.",
            ),
            Self::PossibleClone => plain(
                ProblemName::PossibleClone,
                "Another device seems to use a copy of this one's key. Ask the provider for a new label.",
            ),
            Self::WrongDevice => plain(
                ProblemName::WrongDevice,
                "This is not the device that was registered. Check the device ID.",
            ),
            Self::CertificateExpired => plain(
                ProblemName::CertificateExpired,
                "This device's certificate has ended too long ago. Connect it with a new label.",
            ),
            Self::BadCsr { reason } => plain(
                ProblemName::BadCsr,
                "The certificate request is not acceptable. Make a new key and ask again.",
            )
            .with_reason(*reason),
            Self::UnknownReason => plain(
                ProblemName::Invalid,
                "This is no reason to withdraw a certificate. Send lost, compromised, disposed, replaced or left.",
            )
            .with_reason("reason"),
            Self::Unsigned => plain(
                ProblemName::Invalid,
                "A new key is asked for in a sealed message, or over EST.",
            )
            .with_reason("kind"),
            Self::Event(HearingError::BadReport) => plain(
                ProblemName::Invalid,
                "This is no report that can be kept. Send at most 16 resources of 300 intervals.",
            )
            .with_reason("report"),
            Self::Event(HearingError::TooManyReports) => plain(
                ProblemName::Conflict,
                "There are too many reports about this event. Send no more of them.",
            ),
            Self::Event(_) => plain(
                ProblemName::NotFound,
                "This device was told of no such event, or it has long been over. Forget it.",
            ),
            Self::UnknownEndpoint => plain(
                ProblemName::Invalid,
                "This is no address of a push service. Send one that begins with https://.",
            )
            .with_reason("endpoint"),
            Self::RateLimited { retry_after } => plain(
                ProblemName::RateLimited,
                "There were too many tries. Wait, then try again.",
            )
            .with_retry_after(*retry_after),
            Self::CaUnavailable { retry_after } => plain(
                ProblemName::CaUnavailable,
                "Certificates cannot be issued at the moment. Send the same message again later.",
            )
            .with_retry_after(*retry_after),
            Self::Busy => plain(
                ProblemName::ServiceUnavailable,
                "This device is being answered already. Send the same message again.",
            )
            .with_retry_after(1),
            Self::Store(_) => plain(
                ProblemName::ServiceUnavailable,
                "We cannot answer at the moment. Send the same message again later.",
            )
            .with_retry_after(5),
            Self::Seal(_) => plain(
                ProblemName::InternalError,
                "Something went wrong on our side. Send the same message again later.",
            ),
        }
    }
}
