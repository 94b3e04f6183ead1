//! The time, as a parameter: nothing in this crate asks the machine for it but [`SystemClock`].

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use gridpass_protocol::UnixTime;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> UnixTime;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> UnixTime {
        // A clock before 1970 is a machine without a clock: the epoch makes every certificate
        // and label made under it visibly wrong instead of stopping the server.
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        UnixTime(since_epoch.map_or(0, |duration| duration.as_secs()))
    }
}

/// A clock for development: the Unix seconds written in a file, or the machine's clock as long
/// as there is no such file. It lets a browser test move the time of a running server.
#[derive(Clone, Debug)]
pub struct FileClock {
    path: PathBuf,
}

impl FileClock {
    /// A clock that reads `path` each time it is asked.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl Clock for FileClock {
    fn now(&self) -> UnixTime {
        fs::read_to_string(&self.path)
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .map_or_else(|| SystemClock.now(), UnixTime)
    }
}

/// A clock that stands still until it is moved: for tests.
#[derive(Debug)]
pub struct FixedClock(AtomicU64);

impl FixedClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub const fn new(now: UnixTime) -> Self {
        Self(AtomicU64::new(now.0))
    }

    /// Moves it forward by `seconds`.
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Sets it back by `seconds`.
    pub fn set_back(&self, seconds: u64) {
        self.0.fetch_sub(seconds, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> UnixTime {
        UnixTime(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_clock_follows_its_file_and_else_the_machine() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("now");
        let clock = FileClock::new(&path);
        let machine = SystemClock.now();
        assert!(clock.now() >= machine);
        fs::write(&path, "1798761600\n").unwrap();
        assert_eq!(clock.now(), UnixTime(1_798_761_600));
        fs::write(&path, "1798761601").unwrap();
        assert_eq!(clock.now(), UnixTime(1_798_761_601));
    }
}
