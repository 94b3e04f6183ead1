//! Tells open pages of the desk that something changed. What changed is read from the database,
//! so it does not matter which process did it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gridpass_provider::{DeskVersion, ProviderId};
use tokio::sync::watch;

use crate::state::App;

/// How often the database is asked, while anybody listens.
const EVERY: Duration = Duration::from_millis(500);

/// Who listens, by provider.
#[derive(Debug, Default)]
pub(crate) struct Live {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
enum State {
    /// Pages may listen.
    #[default]
    Empty,
    /// Some do.
    Listened(HashMap<ProviderId, watch::Sender<DeskVersion>>),
    /// The server is about to stop: an open stream would keep it from that.
    Closed,
}

impl Live {
    /// Listens to a provider's desk; `None` once the server is about to stop. The stream ends
    /// with the server.
    pub(crate) fn listen(&self, provider: &ProviderId) -> Option<watch::Receiver<DeskVersion>> {
        let mut state = self.lock();
        if matches!(*state, State::Empty) {
            *state = State::Listened(HashMap::new());
        }
        match &mut *state {
            State::Listened(listeners) => Some(
                listeners
                    .entry(provider.clone())
                    .or_insert_with(|| watch::Sender::new(DeskVersion::default()))
                    .subscribe(),
            ),
            State::Empty | State::Closed => None,
        }
    }

    /// Ends every stream, and lets no new one begin.
    pub(crate) fn close(&self) {
        *self.lock() = State::Closed;
    }

    /// The providers that somebody listens to; forgets the others.
    fn listened(&self) -> Vec<ProviderId> {
        match &mut *self.lock() {
            State::Listened(listeners) => {
                listeners.retain(|_, sender| sender.receiver_count() > 0);
                listeners.keys().cloned().collect()
            }
            State::Empty | State::Closed => Vec::new(),
        }
    }

    fn tell(&self, provider: &ProviderId, version: DeskVersion) {
        if let State::Listened(listeners) = &*self.lock()
            && let Some(sender) = listeners.get(provider)
        {
            sender.send_if_modified(|known| {
                let changed = *known != version;
                *known = version;
                changed
            });
        }
    }

    /// No code that could panic runs under this lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the database for changes, for as long as the server runs.
pub(crate) async fn watch(app: Arc<App>) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        for provider in app.live.listened() {
            let asked = provider.clone();
            match app.run(move |gridpass| gridpass.desk_version(&asked)).await {
                Ok(Ok(version)) => app.live.tell(&provider, version),
                Ok(Err(error)) => tracing::warn!(%error, "changes cannot be read for now"),
                // No turn: everybody is busy, and the next round asks again.
                Err(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listened_to_is_asked_for() {
        let live = Live::default();
        let provider: ProviderId = "demo".parse().unwrap();
        assert!(live.listened().is_empty());
        let receiver = live.listen(&provider).unwrap();
        assert_eq!(live.listened(), std::slice::from_ref(&provider));
        drop(receiver);
        assert!(live.listened().is_empty());
        let receiver = live.listen(&provider).unwrap();
        live.close();
        assert!(receiver.has_changed().is_err(), "the stream has ended");
        assert!(live.listen(&provider).is_none());
    }
}
