//! Whether an installation can do its work now.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{
    Gridpass,
    installation::Provider,
    store::{self, StoreError},
};

/// How well an installation can do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// A CA did not answer when it was last asked: devices that enrol now are told to come back.
    /// Everything else works.
    Degraded,
}

/// Why an installation cannot do its work.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database is not the one that the key file belongs to: it was exchanged under the
    /// running server.
    #[error("the database is another one than at the start; start the server anew")]
    OtherDatabase,
    /// The schema is older than this binary: the database was exchanged.
    #[error("the database has an older schema than at the start; start the server anew")]
    OlderSchema,
    /// A newer Gridpass has taken away what this one needs.
    #[error("a newer version has changed the database; replace this server by that version")]
    Outgrown,
    /// The process was asked to stop.
    #[error("the server stops")]
    Stopping,
}

/// Whether the process was asked to stop.
#[derive(Debug, Default)]
pub(crate) struct Stopping(AtomicBool);

impl Gridpass {
    /// Whether the database can be read and written, is the one that was opened, and the CAs
    /// answer as far as is known. Asks no CA: what came of the last certificate tells.
    ///
    /// # Errors
    /// See [`NotReady`].
    pub fn readiness(&self) -> Result<Readiness, NotReady> {
        if self.is_stopping() {
            return Err(NotReady::Stopping);
        }
        let identity = self.store.read(store::identity::find)?;
        if identity.key_check.as_deref() != Some(self.vault.check().as_slice()) {
            return Err(NotReady::OtherDatabase);
        }
        if identity.schema < store::identity::KNOWN_SCHEMA {
            return Err(NotReady::OlderSchema);
        }
        if identity.is_outgrown {
            return Err(NotReady::Outgrown);
        }
        // Written for good: a disk that is full lets everybody read. There and back again, because
        // what stays as it is would not be written.
        self.store.write(|transaction| {
            for sql in [
                "UPDATE installation SET made_at = made_at + 1 WHERE id = 1",
                "UPDATE installation SET made_at = made_at - 1 WHERE id = 1",
            ] {
                transaction.prepare_cached(sql)?.post([])?;
            }
            Ok::<_, StoreError>(())
        })?;
        let now = self.clock_now();
        let absent = |provider: &Provider| provider.ca_meter.is_absent(now);
        Ok(if self.providers.iter().any(absent) {
            Readiness::Degraded
        } else {
            Readiness::Ready
        })
    }

    /// Whether [`Gridpass::stop`] was called.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.0.load(Ordering::Relaxed)
    }

    /// From now on it is not ready, so that nobody sends new work.
    pub fn stop(&self) {
        self.stopping.0.store(true, Ordering::Relaxed);
    }
}
