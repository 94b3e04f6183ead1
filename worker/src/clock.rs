//! The one clock of the worker.

use gridpass_protocol::UnixTime;

/// Reads the time: milliseconds since 1970. The entry point passes `Date.now` in.
pub(crate) type ReadMillis = fn() -> f64;

/// A source of time.
#[derive(Clone, Copy)]
pub(crate) struct Clock(pub(crate) ReadMillis);

impl Clock {
    /// Seconds, for everything the protocol dates.
    pub(crate) fn now(self) -> UnixTime {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a date after 1970 in seconds; `as` saturates on nonsense"
        )]
        UnixTime((self.0() / 1000.0) as u64)
    }

    /// Milliseconds since an earlier reading.
    pub(crate) fn since(self, earlier: f64) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates, should the clock have been turned back in between"
        )]
        {
            (self.millis() - earlier) as u32
        }
    }

    /// Milliseconds since 1970.
    pub(crate) fn millis(self) -> f64 {
        self.0()
    }
}
