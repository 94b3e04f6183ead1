//! Requests: how many, how many of them failed, how long they took, by the template of their route.

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tokio::time::Instant;

/// By which listener a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Portal,
    Devices,
}

impl Door {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Devices => "devices",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByDoor {
    listener: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByRoute {
    listener: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByOutcome {
    listener: &'static str,
    route: String,
    method: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug)]
pub(super) struct Requests {
    total: Family<ByOutcome, Counter>,
    seconds: Family<ByRoute, Histogram, fn() -> Histogram>,
    in_flight: Family<ByDoor, Gauge>,
}

impl Requests {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let requests = Self {
            total: Family::default(),
            // 1 ms to 33 s: the longest that a request may take is in it.
            seconds: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.001, 2.0, 16))
            }),
            in_flight: Family::default(),
        };
        let http = registry.sub_registry_with_prefix("http");
        http.register(
            "requests",
            "Requests that were answered, by listener, template of the route, method and class of \
             the status",
            requests.total.clone(),
        );
        http.register_with_unit(
            "request_duration",
            "Time until the answer began; requests that wished to wait are not in it",
            Unit::Seconds,
            requests.seconds.clone(),
        );
        http.register(
            "requests_in_flight",
            "Requests that are being worked on",
            requests.in_flight.clone(),
        );
        requests
    }

    pub(super) fn begin(&self, door: Door, route: &str, method: &Method) -> Request {
        let in_flight = self
            .in_flight
            .get_or_create(&ByDoor {
                listener: door.as_str(),
            })
            .clone();
        in_flight.inc();
        Request {
            requests: self.clone(),
            door,
            route: route.to_owned(),
            method: word_of(method),
            began: Instant::now(),
            in_flight,
        }
    }
}

/// A request that is being worked on. One that is dropped before it was answered was given up by
/// whoever had asked.
pub(crate) struct Request {
    requests: Requests,
    door: Door,
    route: String,
    method: &'static str,
    began: Instant,
    in_flight: Gauge,
}

/// Whether the time that a request took says something about the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timed {
    Yes,
    /// It waited as its sender wished.
    No,
}

impl Request {
    /// It is answered.
    pub(crate) fn answered(self, status: StatusCode, timed: Timed) {
        let listener = self.door.as_str();
        let outcome = ByOutcome {
            listener,
            route: self.route.clone(),
            method: self.method,
            status: class_of(status),
        };
        self.requests.total.get_or_create(&outcome).inc();
        if timed == Timed::Yes {
            let route = ByRoute {
                listener,
                route: self.route.clone(),
            };
            self.requests
                .seconds
                .get_or_create(&route)
                .observe(self.began.elapsed().as_secs_f64());
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.in_flight.dec();
    }
}

/// A client may call its method anything; only those that there are become a label.
fn word_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn class_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}
