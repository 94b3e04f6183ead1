//! Randomness, as a parameter that many threads share.

use std::{
    convert::Infallible,
    sync::{Mutex, PoisonError},
};

use rand_core::{CryptoRng, Rng, TryCryptoRng, TryRng};

/// A source of randomness that threads share.
///
/// Any [`CryptoRng`] in a [`Mutex`] is one: the server passes the operating system's, tests pass
/// a seeded one.
pub trait RandomSource: Send + Sync {
    /// Fills `bytes` with randomness fit for keys.
    fn fill(&self, bytes: &mut [u8]);
}

impl<R: CryptoRng + Send> RandomSource for Mutex<R> {
    fn fill(&self, bytes: &mut [u8]) {
        // A generator has no invariant that a panic elsewhere could have broken.
        self.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(bytes);
    }
}

/// A [`RandomSource`] as the [`CryptoRng`] that the protocol crate takes.
pub(crate) struct Random<'a>(pub(crate) &'a dyn RandomSource);

impl Random<'_> {
    /// `N` random bytes.
    pub(crate) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes);
        bytes
    }
}

impl TryRng for Random<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Random<'_> {}
