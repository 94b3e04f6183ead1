//! The provider's desk: what staff see of enrollments and do about them.
//!
//! Every use case takes who is signed in, asks first whether the role allows it, and touches the
//! rows of that person's provider only. Nothing that a member of staff sees opens a label.

mod address;
mod changes;
mod copies;
mod cursor;
mod dossier;
mod list;
mod programme;
mod reason;
mod registering;
mod search;
mod timeline;

pub use self::{
    changes::DeskVersion,
    cursor::{InvalidCursor, PageCursor},
    dossier::Dossier,
    list::{AccountSummary, EnrollmentFilter, EnrollmentPage, EnrollmentRow},
    programme::{Funnel, ProgrammeDay, ProgrammeSpan, UnknownSpan, date_of, programme_csv},
    reason::{InvalidWords, StaffWords},
    registering::StaffRegistration,
    timeline::{TimelineActor, TimelineEntry, TimelineEvent},
};

use crate::{
    enrollment::IllegalTransition, registration::RegistrationError, staff::NotAllowed,
    store::StoreError,
};

/// Why the desk refused.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// This provider has none with this id.
    #[error("there is no such entry")]
    NotFound,
    /// The enrollment is in a state that knows no such step.
    #[error(transparent)]
    State(#[from] IllegalTransition),
    /// The device cannot be registered.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
