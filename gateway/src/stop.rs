//! Stopping at a signal: at once while the gateway waits, else after the step that it is at.
//!
//! Everything is on the disk before it counts, so a process that waits for an answer can just end:
//! what was said is said again at the next start.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

/// Held while there is work that must not be cut off without need.
pub(crate) struct Work<'a> {
    gate: &'a Gate,
    guard: Option<MutexGuard<'a, ()>>,
}

/// What the signal and the work meet at.
#[derive(Default)]
pub(crate) struct Gate {
    work: Mutex<()>,
    is_stopping: AtomicBool,
}

/// Watches for SIGTERM and SIGINT from now on.
pub(crate) fn watch() -> io::Result<Arc<Gate>> {
    let gate = Arc::new(Gate::default());
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let watched = Arc::clone(&gate);
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            watched.is_stopping.store(true, Ordering::SeqCst);
            let _idle = watched.work.lock().unwrap_or_else(PoisonError::into_inner);
            tracing::info!("stopping; everything is kept");
            std::process::exit(0);
        }
    });
    Ok(gate)
}

impl Gate {
    /// Begins to work.
    pub(crate) fn work(&self) -> Work<'_> {
        let mut work = Work {
            gate: self,
            guard: None,
        };
        work.resume();
        work
    }
}

impl Work<'_> {
    /// Waits with what may be cut off at any moment.
    pub(crate) fn idle<T>(&mut self, wait: impl FnOnce() -> T) -> T {
        self.guard = None;
        let result = wait();
        self.resume();
        result
    }

    /// Whether the process has been told to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.gate.is_stopping.load(Ordering::SeqCst)
    }

    fn resume(&mut self) {
        let guard = self.gate.work.lock();
        self.guard = Some(guard.unwrap_or_else(PoisonError::into_inner));
    }
}
