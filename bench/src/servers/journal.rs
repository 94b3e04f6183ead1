//! What clients were answered, to be compared with what the database holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gridpass_protocol::TemporaryId;
use hyper::body::Bytes;
use uuid::Uuid;

/// The memory of all clients of a run.
#[derive(Debug, Default)]
pub(super) struct Journal {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Kept {
    /// Each certificate that a device was given, DER, with its enrollment.
    pub(super) certificates: BTreeMap<Vec<u8>, Uuid>,
    /// Confirmations that were sent again after their answer, or to two servers at once.
    pub(super) repeated: usize,
    /// The labels that were guessed at.
    pub(super) guessed: BTreeSet<TemporaryId>,
    /// Guesses that were answered as judged.
    pub(super) judged: usize,
    /// Guesses that were not judged any more.
    pub(super) locked: usize,
    /// Which instruction is for which device.
    pub(super) instructed: BTreeMap<Uuid, Uuid>,
    /// Instructions that were carried out.
    pub(super) executed: BTreeSet<Uuid>,
    /// How long a device that waited took to hear of its instruction once that was answered.
    pub(super) woken: Vec<Duration>,
    /// Messages of devices that were answered.
    pub(super) messages: usize,
    /// Devices that took themselves out of service.
    pub(super) revoked: usize,
    /// Revocation lists that were seen, by their numbers.
    pub(super) lists: BTreeMap<(String, u64), Bytes>,
    /// Certificates of new keys over EST.
    pub(super) over_est: usize,
    /// Lists that were read over OpenADR.
    pub(super) read: usize,
    /// OCSP answers that were verified.
    pub(super) ocsp: usize,
    /// Certificates in the backup.
    pub(super) backed_up: usize,
    /// What nobody may find afterwards.
    pub(super) secrets: Vec<Vec<u8>>,
    /// What must not be.
    pub(super) amiss: Vec<String>,
}

impl Journal {
    /// Writes something down.
    pub(super) fn note<T>(&self, note: impl FnOnce(&mut Kept) -> T) -> T {
        note(&mut self.lock())
    }

    /// Writes down what must not be.
    pub(super) fn amiss(&self, what: impl Into<String>) {
        self.lock().amiss.push(what.into());
    }

    /// A certificate that a device was given.
    pub(super) fn certified(&self, enrollment: Uuid, certificate: Vec<u8>) {
        let mut kept = self.lock();
        let before = kept.certificates.insert(certificate, enrollment);
        if before.is_some_and(|before| before != enrollment) {
            kept.amiss.push(format!(
                "{enrollment} was given another device's certificate"
            ));
        }
    }

    /// Everything that was written down.
    pub(super) fn read(&self) -> Kept {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
