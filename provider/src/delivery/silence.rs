//! Systems that did not answer. Each call to one takes its whole time limit, so that nobody waits for it
//! again and again while others have something to be told.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use gridpass_protocol::UnixTime;

use crate::id::WebhookId;

/// How long a system is left alone that did not answer, in seconds; twice as long each time.
const FIRST: u64 = 30;
/// At most: one that is back hears of it soon.
const LONGEST: u64 = 5 * 60;

/// Who did not answer, as this process knows it.
#[derive(Debug, Default)]
pub(crate) struct Silence(Mutex<HashMap<WebhookId, Silent>>);

#[derive(Clone, Copy, Debug)]
struct Silent {
    times: u32,
    until: UnixTime,
}

impl Silence {
    /// Until when nobody calls this system. Whoever hears that it may be called does so: until that
    /// has come to something, others hear that it may not.
    pub(crate) fn of(&self, system: WebhookId, now: UnixTime) -> Option<UnixTime> {
        let mut silent = self.lock();
        let known = silent.get_mut(&system)?;
        // A clock that was set back ends it, too.
        if known.until > now && known.until <= now.plus(LONGEST) {
            return Some(known.until);
        }
        known.until = now.plus(FIRST);
        None
    }

    /// It did not answer; until when it is left alone.
    pub(crate) fn note(&self, system: WebhookId, now: UnixTime) -> UnixTime {
        let mut silent = self.lock();
        let known = silent.entry(system).or_insert(Silent {
            times: 0,
            until: now,
        });
        let wait = FIRST << known.times.min(8);
        known.times += 1;
        known.until = now.plus(wait.min(LONGEST));
        known.until
    }

    /// It answered, whatever it said.
    pub(crate) fn end(&self, system: WebhookId) {
        self.lock().remove(&system);
    }

    /// No code that could panic runs under this lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<WebhookId, Silent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_system_is_left_alone_for_longer_and_longer_and_called_by_one_at_a_time() {
        let silence = Silence::default();
        let (system, other) = (
            WebhookId::from_bytes([1; 16]),
            WebhookId::from_bytes([2; 16]),
        );
        let at = |seconds: u64| UnixTime(1_000_000 + seconds);
        assert_eq!(silence.of(system, at(0)), None, "nothing is known of it");
        assert_eq!(silence.note(system, at(0)), at(30));
        assert_eq!(silence.of(system, at(29)), Some(at(30)));
        assert_eq!(silence.of(other, at(29)), None);
        assert_eq!(silence.of(system, at(30)), None, "one may try");
        assert_eq!(silence.of(system, at(30)), Some(at(60)), "and nobody else");
        assert_eq!(silence.note(system, at(45)), at(105));
        for _ in 0..20 {
            silence.note(system, at(200));
        }
        assert_eq!(silence.note(system, at(200)), at(500));
        assert_eq!(silence.of(system, at(100)), None, "the clock was set back");
        silence.end(system);
        assert_eq!(silence.of(system, at(200)), None);
        assert_eq!(silence.note(system, at(200)), at(230), "as if it were new");
    }
}
