//! The operating system's randomness: this binary is the entry point that may draw it.

use std::sync::{Arc, Mutex};

use getrandom::SysRng;
use gridpass_provider::RandomSource;
use rand_core::UnwrapErr;

/// Randomness for everything that the server makes.
///
/// A machine whose kernel gives no randomness cannot run a CA: drawing panics, and the request ends.
pub(crate) fn system() -> Arc<dyn RandomSource> {
    Arc::new(Mutex::new(UnwrapErr(SysRng)))
}
