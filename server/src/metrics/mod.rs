//! What is measured of the server, for Prometheus. It is shown by a listener of its own, and only if
//! the configuration names one.
//!
//! Labels are words of this code, ids of providers and templates of routes: never a path, an address or
//! anything else that a client has chosen.

mod figures;
mod listener;
mod process;
mod requests;

use std::sync::Arc;
use std::time::Duration;

use gridpass_app::ssr::Turns;
use gridpass_provider::{Gridpass, Wakes};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tokio::sync::Mutex;
use tokio::time::Instant;

pub(crate) use self::listener::MetricsListener;
pub(crate) use self::requests::{Door, Request, Timed};

use self::figures::Gauges;
use self::process::Process;
use self::requests::Requests;

/// For how long figures of the database are told again, at least.
const FIGURES_KEPT: Duration = Duration::from_secs(10);
/// And for how many times as long as reading them took: they are never more than a fiftieth of the work.
const TIMES_AS_LONG: u32 = 50;

/// Everything that is measured of one server.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Requests,
    handshakes: Family<Handshakes, Counter>,
    turns_free: Gauge,
    listeners: Gauge,
    wakes: Arc<Wakes>,
    figures: Gauges,
    process: Process,
    /// When figures are read again. Whoever shows holds it: figures are exchanged by one at a time.
    due: Mutex<Option<Instant>>,
}

/// How a connection of a device began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// With a certificate of this installation.
    Certificate,
    /// Without one, as for an enrollment over EST.
    Anonymous,
    /// TLS was refused: no common version, or a certificate that is not accepted.
    Refused,
    /// The connection broke, or took too long.
    Broken,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Handshakes {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

impl Metrics {
    /// What this server does, and what `gridpass` measures.
    pub(crate) fn new(gridpass: &Gridpass) -> Self {
        let mut registry = Registry::default();
        let process = Process::register(registry.sub_registry_with_prefix("process"));
        let own = registry.sub_registry_with_prefix("gridpass");
        let build = Build {
            version: env!("CARGO_PKG_VERSION"),
        };
        own.register("build", "The running version", Info::new(build));
        let handshakes = Family::default();
        own.register(
            "mtls_handshakes",
            "Connections of devices, by how they began: certificate, anonymous, refused or broken",
            handshakes.clone(),
        );
        let turns_free = Gauge::default();
        own.register(
            "turns_free",
            "Use cases that could begin at once, of http.concurrency",
            turns_free.clone(),
        );
        let listeners = Gauge::default();
        own.register(
            "mailbox_listeners",
            "Devices and open pages that wait for something to lie in their mailbox",
            listeners.clone(),
        );
        let requests = Requests::register(own);
        let figures = Gauges::register(own);
        gridpass.register_meters(own);
        Self {
            registry,
            requests,
            handshakes,
            turns_free,
            listeners,
            wakes: Arc::clone(gridpass.wakes()),
            figures,
            process,
            due: Mutex::new(None),
        }
    }

    /// A request begins.
    pub(crate) fn request(&self, door: Door, route: &str, method: &axum::http::Method) -> Request {
        self.requests.begin(door, route, method)
    }

    /// A connection of a device began, or did not.
    pub(crate) fn handshake(&self, how: Handshake) {
        let outcome = match how {
            Handshake::Certificate => "certificate",
            Handshake::Anonymous => "anonymous",
            Handshake::Refused => "refused",
            Handshake::Broken => "broken",
        };
        self.handshakes.get_or_create(&Handshakes { outcome }).inc();
    }

    /// Everything, in the text format of OpenMetrics 1.0.
    ///
    /// # Errors
    /// Never, as long as memory lasts.
    pub(crate) async fn show(&self, turns: &Arc<Turns>) -> Result<String, std::fmt::Error> {
        let mut due = self.due.lock().await;
        let began = Instant::now();
        if due.is_none_or(|due| due <= began) {
            match turns.run(Gridpass::figures).await {
                Ok(Ok(read)) => self.figures.set(&read),
                // What is not known is not told; that this is so, is.
                Ok(Err(error)) => {
                    tracing::error!(%error, "figures of the database cannot be read");
                    self.figures.unknown();
                }
                Err(_) => self.figures.unknown(),
            }
            let ended = Instant::now();
            let pause = ended.duration_since(began).saturating_mul(TIMES_AS_LONG);
            *due = Some(ended + pause.max(FIGURES_KEPT));
        }
        self.turns_free
            .set(i64::try_from(turns.free()).unwrap_or(i64::MAX));
        self.listeners
            .set(i64::try_from(self.wakes.listeners()).unwrap_or(i64::MAX));
        self.process.read();
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod shown;
#[cfg(test)]
mod tests;
