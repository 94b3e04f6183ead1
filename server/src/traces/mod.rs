//! Traces for a collector of OpenTelemetry: what a request waited for. Off unless the configuration
//! names a collector.
//!
//! Only spans of the target [`TARGET`] are sent, with the attributes that they name: routes as
//! templates, methods, statuses, ids of requests and of providers. Log lines never are. Spans of
//! `tracing` are written down here and sent as OTLP in its JSON encoding: few lines, where the crates
//! for it bring a second notion of spans and a gRPC stack along.

mod kept;
mod otlp;
mod place;
#[cfg(test)]
mod tests;

use std::sync::mpsc::{RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use self::kept::Kept;
use self::otlp::Collector;
use self::place::Place;
use crate::config;

/// The target of every span that is sent.
pub(crate) const TARGET: &str = "gridpass::trace";
/// The field of a span that names the trace that it continues (W3C Trace Context). Only for what a
/// trusted proxy has written: whoever chooses the trace chooses what is sampled.
pub(crate) const PARENT: &str = "traceparent";
/// Spans of many traces at once: they are sent if one of those is.
const BY_LINK: &str = "database group";

/// Spans that wait to be sent; more are dropped, so that nobody waits for a collector.
const WAITING: usize = 8192;
/// Spans that are sent at once.
const AT_ONCE: usize = 512;
/// How long a span waits for others to be sent with.
const GATHERING: Duration = Duration::from_secs(2);

/// What the thread is told.
enum Told {
    Ended(Box<Kept>),
    Stop,
}

/// Sends spans until it is dropped; those that have ended by then too.
pub(crate) struct Sending {
    told: SyncSender<Told>,
    thread: Option<JoinHandle<()>>,
    per_thousand: u32,
}

impl Sending {
    /// # Errors
    /// The system gives no more threads.
    pub(crate) fn to(config: &config::Traces) -> std::io::Result<Self> {
        let collector = Collector::new(&config.otlp);
        let (told, hears) = sync_channel(WAITING);
        let thread = thread::Builder::new()
            .name("gridpass-traces".to_owned())
            .spawn(move || {
                let mut stopping = false;
                while !stopping {
                    let mut spans = Vec::new();
                    let until = Instant::now() + GATHERING;
                    while spans.len() < AT_ONCE {
                        match hears.recv_timeout(until.saturating_duration_since(Instant::now())) {
                            Ok(Told::Ended(span)) => spans.push(span),
                            Err(RecvTimeoutError::Timeout) => break,
                            Ok(Told::Stop) | Err(RecvTimeoutError::Disconnected) => {
                                stopping = true;
                                break;
                            }
                        }
                    }
                    if !spans.is_empty()
                        && let Err(error) = collector.send(&spans)
                    {
                        tracing::warn!(%error, spans = spans.len(), "traces were not taken");
                    }
                }
            })?;
        Ok(Self {
            told,
            thread: Some(thread),
            per_thousand: config.per_thousand,
        })
    }

    /// The layer that writes spans down.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let is_sent = |metadata: &Metadata<'_>| metadata.is_span() && metadata.target() == TARGET;
        Spans {
            told: self.told.clone(),
            per_thousand: self.per_thousand,
            clock: Started::now(),
        }
        .with_filter(filter_fn(is_sent))
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        // Everything that has ended is before it in the queue.
        let told = self.told.send(Told::Stop);
        if let Some(thread) = self.thread.take()
            && (told.is_err() || thread.join().is_err())
        {
            tracing::error!("the thread that sends traces panicked");
        }
    }
}

/// The time to the nanosecond: read once, and counted from then on.
struct Started {
    at: SystemTime,
    since: Instant,
}

impl Started {
    #[expect(
        clippy::disallowed_methods,
        reason = "traces of several machines are laid side by side: they tell the time of the machine"
    )]
    fn now() -> Self {
        Self {
            at: SystemTime::now(),
            since: Instant::now(),
        }
    }

    fn time(&self) -> SystemTime {
        self.at + self.since.elapsed()
    }
}

/// Writes spans down and passes on those that are sampled.
struct Spans {
    told: SyncSender<Told>,
    per_thousand: u32,
    clock: Started,
}

impl<S> Layer<S> for Spans
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let place = match span.parent() {
            Some(parent) => parent.extensions().get::<Kept>().map(Kept::below),
            None => None,
        };
        let place = place.unwrap_or_else(|| match span.name() {
            BY_LINK => Place::first(0),
            _ => Place::first(self.per_thousand),
        });
        let mut kept = Kept::new(span.name(), place, self.clock.time());
        attributes.record(&mut kept);
        span.extensions_mut().insert(kept);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(kept) = span.extensions_mut().get_mut::<Kept>()
        {
            values.record(kept);
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        let before = context.span(follows).and_then(|span| {
            let extensions = span.extensions();
            extensions.get::<Kept>().map(Kept::place)
        });
        if let Some(before) = before
            && let Some(span) = context.span(id)
            && let Some(kept) = span.extensions_mut().get_mut::<Kept>()
        {
            kept.link(before);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        let Some(mut kept) = span.extensions_mut().remove::<Kept>() else {
            return;
        };
        if !kept.is_sampled() {
            return;
        }
        kept.end(self.clock.time());
        match self.told.try_send(Told::Ended(Box::new(kept))) {
            Ok(()) => {}
            // What is too much is not sent; whoever is traced never waits.
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }
}
