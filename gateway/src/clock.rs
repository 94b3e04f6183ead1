//! The machine's time and random numbers: the only place where they are drawn.

use getrandom::SysRng;
use gridpass_protocol::UnixTime;
use rand_core::UnwrapErr;

/// Reads the time. A parameter everywhere else, so that tests have their own.
#[derive(Clone, Copy)]
pub(crate) struct Clock(pub(crate) fn() -> UnixTime);

impl Clock {
    /// The machine's own.
    pub(crate) const MACHINE: Self = Self(machine);

    pub(crate) fn now(self) -> UnixTime {
        (self.0)()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the entry point: it has the machine's clock"
)]
fn machine() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixTime(since.unwrap_or_default().as_secs())
}

/// The machine's random numbers. A machine without them cannot go on.
pub(crate) fn randomness() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}
