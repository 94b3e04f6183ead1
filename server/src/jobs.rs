//! What the server does without being asked: it delivers what waits in the outbox, and works off
//! registrations in bulk, and takes up what was done to the CAs.
//!
//! Each worker is a thread of its own: a mail server that hangs takes no turn from a request.

use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gridpass_provider::delivery::Carriers;
use gridpass_provider::{AddressingStep, BulkStep, Gridpass};

/// How long a worker rests when there is nothing to do.
const REST: Duration = Duration::from_secs(1);
/// Messages that a worker takes at once: what is lost in time if it dies in the middle.
const ROUND: u32 = 16;
/// How often keys are looked for that were installed at the command line.
const REFRESH_EVERY: Duration = Duration::from_secs(2);
/// How often older versions of erased values are removed from the files, at most.
const FORGET_EVERY: Duration = Duration::from_secs(5);

/// The workers. They stop when this is dropped, each after the message that it is sending.
pub(crate) struct Jobs {
    workers: Vec<Worker>,
}

struct Worker {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the workers share.
struct Outbox {
    gridpass: Arc<Gridpass>,
    /// Whether something was erased of which older versions may be left.
    stale: Mutex<Staleness>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Staleness {
    Clean,
    Stale,
}

impl Jobs {
    /// Starts `workers` threads that deliver messages and as many that make calls, one that
    /// cleans up after them, and one that works off jobs.
    ///
    /// # Errors
    /// The system gives no more threads.
    pub(crate) fn start(
        gridpass: &Arc<Gridpass>,
        carriers: Carriers,
        workers: usize,
    ) -> std::io::Result<Self> {
        let outbox = Arc::new(Outbox {
            gridpass: Arc::clone(gridpass),
            // Whoever stopped before may have left something.
            stale: Mutex::new(Staleness::Stale),
        });
        let [messages, calls, knocks] = parted(carriers);
        let mut jobs = Self {
            workers: Vec::with_capacity(2 * workers + 6),
        };
        for (name, carriers, workers) in [
            ("gridpass-delivery", messages, workers),
            ("gridpass-calls", calls, workers),
            ("gridpass-knocks", knocks, 1),
        ] {
            for _ in 0..workers {
                let (outbox, carriers) = (Arc::clone(&outbox), Arc::clone(&carriers));
                jobs.workers.push(Worker::start(name, REST, move || {
                    outbox.deliver(&carriers)
                })?);
            }
        }
        let bulk = Arc::clone(gridpass);
        jobs.workers
            .push(Worker::start("gridpass-bulk", REST, move || {
                work_off(&bulk)
            })?);
        let events = Arc::clone(gridpass);
        jobs.workers
            .push(Worker::start("gridpass-events", REST, move || {
                address_events(&events)
            })?);
        let lists = Arc::clone(gridpass);
        jobs.workers
            .push(Worker::start("gridpass-revocation", REST, move || {
                publish_lists(&lists)
            })?);
        jobs.workers
            .push(Worker::start("gridpass-forget", FORGET_EVERY, move || {
                outbox.forget()
            })?);
        let authorities = Arc::clone(gridpass);
        jobs.workers.push(Worker::start(
            "gridpass-authorities",
            REFRESH_EVERY,
            move || refresh(&authorities),
        )?);
        Ok(jobs)
    }
}

/// Messages, calls to other systems, and knocks at devices: whoever waits for one of these keeps none
/// of the others waiting.
fn parted(carriers: Carriers) -> [Arc<Carriers>; 3] {
    let Carriers {
        mail,
        sms,
        webhooks,
        push,
    } = carriers;
    [
        Carriers {
            mail,
            sms,
            ..Carriers::default()
        },
        Carriers {
            webhooks,
            ..Carriers::default()
        },
        Carriers {
            push,
            ..Carriers::default()
        },
    ]
    .map(Arc::new)
}

impl Drop for Jobs {
    fn drop(&mut self) {
        // All are told before the first is waited for.
        for worker in &mut self.workers {
            worker.stop = None;
        }
        for worker in &mut self.workers {
            if let Some(thread) = worker.thread.take()
                && thread.join().is_err()
            {
                tracing::error!("a worker panicked");
            }
        }
    }
}

/// Whether a worker has more to do at once.
enum Next {
    More,
    Rest,
}

impl Worker {
    fn start(
        name: &str,
        rest: Duration,
        work: impl Fn() -> Next + Send + 'static,
    ) -> std::io::Result<Self> {
        let (stop, stopped) = sync_channel::<()>(0);
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                loop {
                    let rest = match work() {
                        Next::More => Duration::ZERO,
                        Next::Rest => rest,
                    };
                    if !matches!(stopped.recv_timeout(rest), Err(RecvTimeoutError::Timeout)) {
                        return;
                    }
                }
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

/// Registrations in bulk, a chunk at a time.
fn work_off(gridpass: &Gridpass) -> Next {
    match gridpass.run_bulk_step() {
        Ok(BulkStep::Worked) => Next::More,
        Ok(BulkStep::Idle) => Next::Rest,
        Err(error) => {
            tracing::error!(%error, "a job cannot go on for now; it is tried again");
            Next::Rest
        }
    }
}

/// Telling devices of events, a thousand at a time.
fn address_events(gridpass: &Gridpass) -> Next {
    match gridpass.run_addressing_step() {
        Ok(AddressingStep::Worked) => Next::More,
        Ok(AddressingStep::Idle) => Next::Rest,
        Err(error) => {
            tracing::error!(%error, "devices cannot be told of an event for now; it is tried again");
            Next::Rest
        }
    }
}

/// Issuing keys that were installed at the command line, and provider keys near their end.
fn refresh(gridpass: &Gridpass) -> Next {
    match gridpass.refresh_authorities() {
        Ok(changed) => {
            for provider in changed {
                tracing::info!(%provider, "keys of the CA changed");
            }
        }
        Err(error) => tracing::error!(%error, "the CAs stay as they were for now"),
    }
    Next::Rest
}

/// Revocation lists, within a second of a change. One that takes longer to make than that is
/// made again only after the rest: many changes at once are one list.
fn publish_lists(gridpass: &Gridpass) -> Next {
    match gridpass.publish_due_lists() {
        Ok(0) => {}
        Ok(lists) => tracing::info!(lists, "revocation lists published"),
        Err(error) => {
            tracing::error!(%error, "revocation lists cannot be published for now");
        }
    }
    Next::Rest
}

impl Outbox {
    fn deliver(&self, carriers: &Carriers) -> Next {
        match self.gridpass.deliver_due(carriers, ROUND) {
            Ok(done) if done.is_idle() => Next::Rest,
            Ok(done) => {
                tracing::info!(
                    sent = done.sent,
                    put_off = done.put_off,
                    dead = done.dead,
                    "delivered"
                );
                *self.stale() = Staleness::Stale;
                if done.sent > 0 {
                    Next::More
                } else {
                    Next::Rest
                }
            }
            Err(error) => {
                tracing::error!(%error, "delivery failed; it is tried again");
                Next::Rest
            }
        }
    }

    fn forget(&self) -> Next {
        if *self.stale() == Staleness::Clean {
            return Next::Rest;
        }
        // Before the work: what is erased meanwhile makes it stale again.
        *self.stale() = Staleness::Clean;
        match self.gridpass.forget_delivered() {
            Ok(true) => {}
            Ok(false) => *self.stale() = Staleness::Stale,
            Err(error) => {
                tracing::error!(%error, "erased values are left in the database's log for now");
                *self.stale() = Staleness::Stale;
            }
        }
        Next::Rest
    }

    /// No code that could panic runs under this lock.
    fn stale(&self) -> MutexGuard<'_, Staleness> {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
