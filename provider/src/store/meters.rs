//! What is measured of the store: how much waits for the writer, how long groups and waits take.

use std::time::Duration;

use prometheus_client::{
    metrics::{
        counter::Counter,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

/// Shared by whoever measures and whoever shows; a clone measures the same.
#[derive(Clone, Debug)]
pub(crate) struct Meters {
    queue: Gauge,
    group_jobs: Histogram,
    group_seconds: Histogram,
    groups_failed: Counter,
    reader_wait_seconds: Histogram,
}

impl Meters {
    pub(crate) fn new() -> Self {
        Self {
            queue: Gauge::default(),
            // 1 to 128: a group has no more.
            group_jobs: Histogram::new(exponential_buckets(1.0, 2.0, 8)),
            // 0.25 ms to 8 s.
            group_seconds: Histogram::new(exponential_buckets(0.000_25, 2.0, 16)),
            groups_failed: Counter::default(),
            // 10 µs to 2.6 s.
            reader_wait_seconds: Histogram::new(exponential_buckets(0.000_01, 4.0, 10)),
        }
    }

    /// Shows everything in `registry`.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let store = registry.sub_registry_with_prefix("store");
        store.register(
            "writer_queue_jobs",
            "Jobs that wait for the thread that writes",
            self.queue.clone(),
        );
        store.register(
            "group_jobs",
            "Jobs that were committed together",
            self.group_jobs.clone(),
        );
        store.register_with_unit(
            "group",
            "Time from the beginning of a group to its end on the disk",
            Unit::Seconds,
            self.group_seconds.clone(),
        );
        store.register(
            "groups_failed",
            "Groups of which nothing was written",
            self.groups_failed.clone(),
        );
        store.register_with_unit(
            "reader_wait",
            "Time for which a read waited for a connection",
            Unit::Seconds,
            self.reader_wait_seconds.clone(),
        );
    }

    pub(super) fn job_queued(&self) {
        self.queue.inc();
    }

    pub(super) fn jobs_taken(&self, jobs: usize) {
        self.queue.dec_by(i64::try_from(jobs).unwrap_or(i64::MAX));
    }

    pub(super) fn group_ended<E>(&self, jobs: usize, took: Duration, committed: &Result<(), E>) {
        #[expect(clippy::cast_precision_loss, reason = "a group has at most 128 jobs")]
        self.group_jobs.observe(jobs as f64);
        self.group_seconds.observe(took.as_secs_f64());
        if committed.is_err() {
            self.groups_failed.inc();
        }
    }

    pub(super) fn reader_came(&self, waited: Duration) {
        self.reader_wait_seconds.observe(waited.as_secs_f64());
    }
}
