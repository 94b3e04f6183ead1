//! Why something is not put into mailboxes.

use crate::store::StoreError;

/// Why something is not put into mailboxes.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    /// An answer could not carry it.
    #[error(
        "the content is larger than {} bytes",
        super::parcel::MAX_CONTENT_LENGTH
    )]
    TooLarge,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
