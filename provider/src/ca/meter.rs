//! What is measured of a CA: how long issuing takes, what comes of it, and whether it answered
//! when it was last asked.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use gridpass_protocol::UnixTime;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use super::{CaError, CertificateAuthority, CertificateRequest, IssuedCertificate};
use crate::id::ProviderId;

/// For how long a CA that did not answer is taken for absent if nobody asks it again, in seconds.
const REMEMBERED: u64 = 5 * 60;

/// What is measured of all CAs of an installation.
#[derive(Clone, Debug)]
pub(crate) struct CaMeters {
    seconds: Family<Ca, Histogram, fn() -> Histogram>,
    issues: Family<Outcome, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ca {
    provider: String,
    adapter: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    provider: String,
    adapter: &'static str,
    outcome: &'static str,
}

impl CaMeters {
    pub(crate) fn new() -> Self {
        Self {
            // 0.5 ms to 16 s.
            seconds: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.000_5, 2.0, 16))
            }),
            issues: Family::default(),
        }
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        let ca = registry.sub_registry_with_prefix("ca");
        ca.register_with_unit(
            "issue",
            "Time that the CA took for one certificate or refusal",
            Unit::Seconds,
            self.seconds.clone(),
        );
        ca.register(
            "issues",
            "Certificates asked for, by what came of it: issued, unavailable, later, upstream \
             (what an upstream CA gave is of no use) or lint",
            self.issues.clone(),
        );
    }

    /// The meter of one provider's CA.
    pub(crate) fn of(&self, provider: &ProviderId, adapter: &'static str) -> CaMeter {
        CaMeter {
            meters: self.clone(),
            ca: Ca {
                provider: provider.to_string(),
                adapter,
            },
            absent_since: Arc::default(),
        }
    }
}

/// What is measured of one provider's CA.
pub(crate) struct CaMeter {
    meters: CaMeters,
    ca: Ca,
    /// When it last did not answer; 0 once it has answered.
    absent_since: Arc<AtomicU64>,
}

impl CaMeter {
    /// Has `authority` issue, and measures it.
    pub(crate) fn issue(
        &self,
        authority: &dyn CertificateAuthority,
        request: &CertificateRequest<'_>,
    ) -> Result<IssuedCertificate, CaError> {
        let span = tracing::info_span!(
            target: "gridpass::trace",
            "ca issue",
            gridpass.provider = self.ca.provider,
            gridpass.ca = self.ca.adapter,
        );
        let _entered = span.enter();
        let began = Instant::now();
        let issued = authority.issue(request);
        let took = began.elapsed().as_secs_f64();
        self.meters.seconds.get_or_create(&self.ca).observe(took);
        let (outcome, absent_since) = match &issued {
            Ok(_) => ("issued", 0),
            Err(CaError::Unavailable(_)) => ("unavailable", request.now.0),
            Err(CaError::Later { .. }) => ("later", 0),
            Err(CaError::Upstream(_)) => ("upstream", 0),
            Err(CaError::Lint(_)) => ("lint", 0),
        };
        self.absent_since.store(absent_since, Ordering::Relaxed);
        let outcome = Outcome {
            provider: self.ca.provider.clone(),
            adapter: self.ca.adapter,
            outcome,
        };
        self.meters.issues.get_or_create(&outcome).inc();
        issued
    }

    /// Whether it did not answer when it was last asked, a short while ago.
    pub(crate) fn is_absent(&self, now: UnixTime) -> bool {
        let since = self.absent_since.load(Ordering::Relaxed);
        since != 0 && now.since(UnixTime(since)) < REMEMBERED
    }
}
