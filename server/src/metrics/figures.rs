//! Figures of the database, as they were when they were last read.

use gridpass_provider::{Figures, OutboxFigure, ProviderFigures};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByProvider {
    provider: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByState {
    provider: String,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Deliveries {
    provider: String,
    kind: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Certificates {
    provider: String,
    ends: &'static str,
}

#[derive(Clone, Debug)]
pub(super) struct Gauges {
    known: Gauge,
    enrollments: Family<ByState, Gauge>,
    outbox: Family<Deliveries, Gauge>,
    outbox_age: Family<Deliveries, Gauge>,
    certificates: Family<Certificates, Gauge>,
    mailbox: Family<ByProvider, Gauge>,
    list_age: Family<ByProvider, Gauge>,
    list_left: Family<ByProvider, Gauge>,
}

impl Gauges {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let gauges = Self {
            known: Gauge::default(),
            enrollments: Family::default(),
            outbox: Family::default(),
            outbox_age: Family::default(),
            certificates: Family::default(),
            mailbox: Family::default(),
            list_age: Family::default(),
            list_left: Family::default(),
        };
        registry.register(
            "figures_known",
            "Whether the figures of the database could be read: 1, or 0 and they are missing",
            gauges.known.clone(),
        );
        registry.register(
            "enrollments",
            "Enrollments by state; locked ones had too many wrong one-time passwords",
            gauges.enrollments.clone(),
        );
        registry.register(
            "outbox_messages",
            "Messages that were not delivered, by how they leave and where they stand",
            gauges.outbox.clone(),
        );
        registry.register_with_unit(
            "outbox_oldest",
            "Age of the oldest of those messages",
            Unit::Seconds,
            gauges.outbox_age.clone(),
        );
        registry.register(
            "certificates",
            "Devices in service by the end of their certificate: within 7 days, within 30 days, \
             expired in the last 30 days",
            gauges.certificates.clone(),
        );
        registry.register(
            "mailbox_pending",
            "Parcels in the mailboxes of devices, one for each device",
            gauges.mailbox.clone(),
        );
        registry.register_with_unit(
            "crl_age",
            "Age of the revocation list whose time is over first",
            Unit::Seconds,
            gauges.list_age.clone(),
        );
        registry.register_with_unit(
            "crl_left",
            "How long that list is still good; below zero it is not",
            Unit::Seconds,
            gauges.list_left.clone(),
        );
        gauges
    }

    /// The figures could not be read.
    pub(super) fn unknown(&self) {
        self.forget();
        self.known.set(0);
    }

    pub(super) fn set(&self, figures: &Figures) {
        self.forget();
        for provider in &figures.providers {
            self.set_provider(figures.at.0, provider);
        }
        self.known.set(1);
    }

    fn forget(&self) {
        self.enrollments.clear();
        self.outbox.clear();
        self.outbox_age.clear();
        self.certificates.clear();
        self.mailbox.clear();
        self.list_age.clear();
        self.list_left.clear();
    }

    fn set_provider(&self, now: u64, figures: &ProviderFigures) {
        let provider = figures.provider.to_string();
        for (state, enrollments) in &figures.enrollments {
            let labels = ByState {
                provider: provider.clone(),
                state: state.as_str(),
            };
            self.enrollments
                .get_or_create(&labels)
                .set(whole(*enrollments));
        }
        for waiting in &figures.outbox {
            self.set_outbox(now, &provider, waiting);
        }
        let ends = &figures.certificates;
        for (word, certificates) in [
            ("7d", ends.in_7_days),
            ("30d", ends.in_30_days),
            ("expired", ends.expired),
        ] {
            let labels = Certificates {
                provider: provider.clone(),
                ends: word,
            };
            self.certificates
                .get_or_create(&labels)
                .set(whole(certificates));
        }
        let labels = ByProvider { provider };
        self.mailbox
            .get_or_create(&labels)
            .set(whole(figures.mailbox_pending));
        if let Some(list) = &figures.revocation_list {
            self.list_age
                .get_or_create(&labels)
                .set(difference(now, list.this_update.0));
            self.list_left
                .get_or_create(&labels)
                .set(difference(list.next_update.0, now));
        }
    }

    fn set_outbox(&self, now: u64, provider: &str, waiting: &OutboxFigure) {
        let labels = Deliveries {
            provider: provider.to_owned(),
            kind: waiting.kind.as_str(),
            state: waiting.state.as_str(),
        };
        self.outbox
            .get_or_create(&labels)
            .set(whole(waiting.messages));
        self.outbox_age
            .get_or_create(&labels)
            .set(difference(now, waiting.oldest.0));
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// `later - earlier`, in seconds.
fn difference(later: u64, earlier: u64) -> i64 {
    whole(later).saturating_sub(whole(earlier))
}
