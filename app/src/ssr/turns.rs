//! Turns: a bound on the threads that work on keys and on the database, shared by pages, server
//! functions and calls; and shares of it, so that no kind of work and no client takes them all.

use gridpass_provider::Gridpass;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;

/// How long a request waits for its turn before it is sent away.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// So many times the turns may wait for one, in all and of one client; more are sent away at once.
const MOST_WAITING: usize = 32;
const MOST_WAITING_OF_ONE: usize = 16;

/// What kind of work a request makes. Each has a share of the turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lane {
    /// What the server does for itself, and for whom nothing else is known.
    #[default]
    House,
    /// What devices and other systems call: confirmations, messages, EST, revocation.
    Calls,
    /// What people do: pages and their forms.
    Pages,
    /// Hashes of passwords, which take memory and a tenth of a second each.
    Passwords,
    /// What waits for somebody else's server: an issuer of OpenID Connect.
    Issuers,
}

/// Who asks, and for what kind of work. Each request carries it through its handlers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asking {
    /// What kind of work.
    pub lane: Lane,
    /// The client, where there is one.
    pub client: Option<IpAddr>,
}

tokio::task_local! {
    static ASKING: Asking;
}

impl Asking {
    /// Runs what this request does: its turns are taken as this says.
    pub async fn during<T>(self, work: impl Future<Output = T>) -> T {
        ASKING.scope(self, work).await
    }

    /// Who asks here; nobody where no request is.
    #[must_use]
    pub fn here() -> Self {
        ASKING.try_with(|asking| *asking).unwrap_or_default()
    }

    /// The same client with another kind of work.
    #[must_use]
    pub const fn for_work(self, lane: Lane) -> Self {
        Self { lane, ..self }
    }
}

/// The provider's use cases, so many at a time.
#[derive(Debug)]
pub struct Turns {
    gridpass: Arc<Gridpass>,
    at_once: usize,
    free: Arc<Semaphore>,
    calls: Arc<Semaphore>,
    pages: Arc<Semaphore>,
    passwords: Arc<Semaphore>,
    issuers: Arc<Semaphore>,
    waiting: Arc<Mutex<Waiting>>,
}

/// Who waits for a turn or has one.
#[derive(Debug, Default)]
struct Waiting {
    all: usize,
    clients: HashMap<IpAddr, Share>,
}

/// One client's share of the turns.
#[derive(Debug)]
struct Share {
    here: usize,
    turns: Arc<Semaphore>,
    /// For what takes long and waits for its lane: else that would use up the share of all the rest.
    slow: Arc<Semaphore>,
}

/// Why a use case gave no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTurn {
    /// No turn came within [`PATIENCE`], or too many wait for one.
    #[error("too much to do")]
    Busy,
    /// It ended in a panic.
    #[error("a use case ended in a panic")]
    Panicked,
}

impl Turns {
    /// At most `at_once` use cases at a time.
    #[must_use]
    pub fn new(gridpass: Arc<Gridpass>, at_once: usize) -> Self {
        // A part of the turns, and one at least where there are any.
        let part = |part: usize| Arc::new(Semaphore::new(part.max(1).min(at_once)));
        Self {
            gridpass,
            at_once,
            free: Arc::new(Semaphore::new(at_once)),
            calls: part(at_once - at_once / 8),
            pages: part(at_once - at_once / 4),
            passwords: part((at_once / 8).min(4)),
            issuers: part((at_once / 8).min(8)),
            waiting: Arc::default(),
        }
    }

    /// How many use cases could begin at once now.
    #[must_use]
    pub fn free(&self) -> usize {
        self.free.available_permits()
    }

    /// Runs one use case on a thread that may block.
    ///
    /// # Errors
    /// See [`NoTurn`].
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Gridpass) -> T + Send + 'static,
    ) -> Result<T, NoTurn> {
        self.run_for(Asking::here(), work).await
    }

    /// The same for whoever asks.
    ///
    /// # Errors
    /// See [`NoTurn`].
    pub async fn run_for<T: Send + 'static>(
        &self,
        asking: Asking,
        work: impl FnOnce(&Gridpass) -> T + Send + 'static,
    ) -> Result<T, NoTurn> {
        let place = self.come(asking)?;
        // In this order: who has used up its own share waits there, and takes nothing from others.
        let turn = async {
            let own = match &place.share {
                Some(share) => Some(Arc::clone(share).acquire_owned().await.ok()?),
                None => None,
            };
            let lane = match self.lane(asking.lane) {
                Some(lane) => Some(Arc::clone(lane).acquire_owned().await.ok()?),
                None => None,
            };
            let free = Arc::clone(&self.free).acquire_owned().await.ok()?;
            Some((own, lane, free))
        };
        let Ok(Some(turn)) = tokio::time::timeout(PATIENCE, turn).await else {
            return Err(NoTurn::Busy);
        };
        let gridpass = Arc::clone(&self.gridpass);
        // The work keeps the turn, not whoever waits for it: work whose client has gone, or was
        // told that it takes too long, goes on, and without its turn there would be no bound on
        // how much of it there is.
        // What the use case does belongs to the request that asked for it.
        let span = tracing::info_span!(target: "gridpass::trace", "use case");
        tokio::task::spawn_blocking(move || {
            let outcome = span.in_scope(|| work(&gridpass));
            drop((turn, place));
            outcome
        })
        .await
        .map_err(|error| {
            tracing::error!(%error, "a use case ended in a panic");
            NoTurn::Panicked
        })
    }

    const fn lane(&self, lane: Lane) -> Option<&Arc<Semaphore>> {
        match lane {
            Lane::House => None,
            Lane::Calls => Some(&self.calls),
            Lane::Pages => Some(&self.pages),
            Lane::Passwords => Some(&self.passwords),
            Lane::Issuers => Some(&self.issuers),
        }
    }

    /// Notes one that waits.
    fn come(&self, asking: Asking) -> Result<Place, NoTurn> {
        let client = asking.client.map(network);
        let mut waiting = Waiting::of(&self.waiting);
        // With no turns at all, one may still wait in vain.
        if waiting.all >= (self.at_once * MOST_WAITING).max(1) {
            return Err(NoTurn::Busy);
        }
        let share = match client {
            None => None,
            Some(client) => {
                let share = waiting.clients.entry(client).or_insert_with(|| Share {
                    here: 0,
                    turns: Arc::new(Semaphore::new(self.at_once.div_ceil(2))),
                    slow: Arc::new(Semaphore::new(self.at_once.div_ceil(2))),
                });
                if share.here >= (self.at_once * MOST_WAITING_OF_ONE).max(1) {
                    return Err(NoTurn::Busy);
                }
                share.here += 1;
                Some(Arc::clone(match asking.lane {
                    Lane::Passwords | Lane::Issuers => &share.slow,
                    Lane::House | Lane::Calls | Lane::Pages => &share.turns,
                }))
            }
        };
        waiting.all += 1;
        drop(waiting);
        Ok(Place {
            waiting: Arc::clone(&self.waiting),
            client,
            share,
        })
    }
}

impl Waiting {
    /// No code that could panic runs under this lock.
    fn of(waiting: &Mutex<Self>) -> MutexGuard<'_, Self> {
        waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one that waits for a turn or has one; given back when dropped.
struct Place {
    waiting: Arc<Mutex<Waiting>>,
    client: Option<IpAddr>,
    share: Option<Arc<Semaphore>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = Waiting::of(&self.waiting);
        waiting.all -= 1;
        if let Some(client) = self.client
            && let Some(share) = waiting.clients.get_mut(&client)
        {
            share.here -= 1;
            if share.here == 0 {
                waiting.clients.remove(&client);
            }
        }
    }
}

/// Whoever has one address of IPv6 has the 2^64 around it as well.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}
