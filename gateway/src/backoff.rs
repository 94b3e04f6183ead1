//! How long to wait before something is tried again.

use std::time::Duration;

use rand_core::CryptoRng;

/// Seconds before the second try.
const FIRST: u64 = 2;
/// Seconds between two tries, at most, unless the portal asks for more.
const LONGEST: u64 = 15 * 60;

/// Waits twice as long each time, and never at the same moment as all the others.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// Tries that failed.
    pub(crate) const fn tries(&self) -> u32 {
        self.tries
    }

    /// It worked.
    pub(crate) fn reset(&mut self) {
        self.tries = 0;
    }

    /// How long to wait after another failure: half of it for certain, the other half by chance.
    /// Never less than the portal asks for, in seconds.
    pub(crate) fn next(
        &mut self,
        asked_for: Option<u64>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Duration {
        let seconds = FIRST
            .checked_shl(self.tries)
            .map_or(LONGEST, |seconds| seconds.min(LONGEST));
        self.tries = (self.tries + 1).min(16);
        let millis = seconds * 500;
        let chance = rng.next_u64() % (millis + 1);
        Duration::from_secs(asked_for.unwrap_or_default()).max(Duration::from_millis(millis))
            + Duration::from_millis(chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::randomness;

    #[test]
    fn the_pauses_grow_to_their_bound_and_start_again() {
        let mut backoff = Backoff::default();
        for expected in [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
            let pause = backoff.next(None, &mut randomness()).as_millis();
            assert!(
                (expected * 500..=expected * 1000).contains(&pause),
                "{pause}"
            );
        }
        backoff.reset();
        assert!(backoff.next(None, &mut randomness()) <= Duration::from_secs(2));
    }

    #[test]
    fn the_portal_is_given_the_time_that_it_asks_for() {
        let pause = Backoff::default().next(Some(40), &mut randomness());
        assert!(pause >= Duration::from_secs(40), "{pause:?}");
    }
}
