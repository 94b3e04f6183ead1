//! What takes longer than a request: a file of registrations or customers becomes a job, which is
//! worked off in the background; so does a verification of the audit.
//!
//! The lines wait in sealed chunks, for they hold device IDs and addresses. First every line is checked and
//! nothing is written but the report; then, when somebody says so, the lines are written, all
//! those of a chunk in one transaction together with their report and the job's progress. A chunk
//! is therefore done or not done, whenever the power fails, and may be tried by several processes:
//! all but one of them find it done.

mod check;
mod customers;
mod file;
mod job;
mod make;
mod report;
mod verification;
mod work;

use gridpass_protocol::UnixTime;

pub use self::{
    file::{BulkFileError, MAX_FILE, MAX_LINES},
    report::{AccountOutcome, BulkLine, BulkOutcome, BulkProblem},
    verification::AuditVerification,
    work::BulkStep,
};
use crate::{
    account::ImportError, id::BulkJobId, registration::words::words, staff::NotAllowed,
    store::StoreError,
};
pub(crate) use job::prune;

/// How many lines are read from a file, if it is taken.
#[cfg(feature = "testkit")]
pub(crate) fn lines_of(content: &[u8], vault: &crate::vault::Vault) -> Option<usize> {
    let lines = file::read(content, crate::Channel::Letter, vault).ok()?;
    Some(lines.len())
}

words!(
    /// What a job is about.
    BulkKind {
        /// Devices are registered.
        Registrations = "registrations",
        /// Customers are written into the directory.
        Customers = "customers",
        /// The audit is verified.
        Audit = "audit",
    }
);

words!(
    /// Where a job stands.
    BulkState {
        /// Its lines are being checked.
        Checking = "checking",
        /// Its lines are checked; somebody has to say whether they are registered.
        Checked = "checked",
        /// Its lines are being registered.
        Registering = "registering",
        /// Every line is registered or refused.
        Finished = "finished",
        /// Somebody stopped it, or nobody went on with it. What was registered stays so.
        Cancelled = "cancelled",
    }
);

/// A job, as staff see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkJob {
    /// Its id.
    pub id: BulkJobId,
    /// What it is about.
    pub kind: BulkKind,
    /// The name of its file.
    pub file_name: String,
    /// Where it stands.
    pub state: BulkState,
    /// Lines of its file, without the first one.
    pub lines: u64,
    /// Lines that were checked.
    pub checked: u64,
    /// Of these, the lines that cannot be registered.
    pub faulty: u64,
    /// Lines that were registered.
    pub registered: u64,
    /// Lines that were not, although it was tried.
    pub refused: u64,
    /// Of customers: those that are new; before they are written, those that would be.
    pub added: u64,
    /// Of customers: those of whom something is, or would be, different.
    pub changed: u64,
    /// When its file was handed in.
    pub made_at: UnixTime,
    /// When something last happened to it.
    pub changed_at: UnixTime,
}

/// Why a job was not made, shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] BulkFileError),
    /// The table of customers cannot be used.
    #[error(transparent)]
    Table(#[from] ImportError),
    /// This provider has no job with this id.
    #[error("there is no such job")]
    NotFound,
    /// The job is not where this could be done.
    #[error("this cannot be done with a job that is {}", .0.as_str())]
    State(BulkState),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
