//! Why something about an event was refused.

use super::EventProblem;
use crate::{mailbox::MailboxError, staff::NotAllowed, store::StoreError};

/// Why something about a programme, an event or a group was refused.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// This provider has none with this id.
    #[error("there is no such entry")]
    NotFound,
    /// What was entered cannot be an event.
    #[error(transparent)]
    Invalid(#[from] EventProblem),
    /// Another programme or group has this name.
    #[error("this name is taken; choose another")]
    NameTaken,
    /// There are as many as there may be.
    #[error("there are too many; remove one first")]
    TooMany,
    /// Somebody else changed it meanwhile, or it is over.
    #[error("this was changed meanwhile or is over; look at it again")]
    Moved,
    /// It does not fit into a mailbox.
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
