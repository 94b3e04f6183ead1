//! What dashboard, alerts and documentation name is what is shown.

use std::collections::BTreeSet;

use gridpass_bench::device::Device;
use gridpass_provider::{Actor, DeliveryKind, DeliveryState};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::testing::{Portal, registration};

const DASHBOARD: &str = include_str!("../../../deploy/grafana-dashboard.json");
const ALERTS: &str = include_str!("../../../deploy/prometheus-alerts.yml");
const PAGE: &str = include_str!("../../../docs/operations.md");

/// A portal in which everything has happened once that is measured.
async fn eventful() -> Portal {
    let portal = Portal::new();
    portal.enrolled("demo", "SN-4711-0815").await;
    portal.customer_cookie("demo", "A-1001");
    portal.gridpass.publish_due_lists().unwrap();
    portal.app.metrics.handshake(Handshake::Certificate);
    let registration = registration("demo", "A-1001", "SN-4711-0816");
    let gridpass = &portal.gridpass;
    let registered = gridpass.register(registration, Actor::system()).unwrap();
    let link = registered.handed().unwrap().link.as_str();
    let directory = gridpass.directory(None);
    let (now, mut rng) = (gridpass.clock_now(), ChaCha20Rng::seed_from_u64(7));
    // Another device ID than the registered one: the one-time password comes out wrong.
    let wrong = Device::make(link, "SN-4711-0817", &directory, now, &mut rng).unwrap();
    let body = std::str::from_utf8(&wrong.confirmation.body).unwrap();
    let jose = [("content-type", "application/jose")];
    let refused = portal.post(&wrong.confirmation.path, &jose, body).await;
    assert_eq!(refused.problem(), "invalid-otp");
    portal
}

/// The names of all series that a server shows once everything has happened, histograms by their parts.
async fn shown() -> BTreeSet<String> {
    let portal = eventful().await;
    let text = portal.app.metrics.show(&portal.app.turns).await.unwrap();
    let mut names = BTreeSet::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        let ends: &[&str] = match kind {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_sum", "_count"],
            "info" => &["_info"],
            _ => &[""],
        };
        names.extend(ends.iter().map(|end| format!("{name}{end}")));
    }
    names
}

/// Whatever begins like one of our metrics.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    text.split(|character| !is_part(character))
        .filter(|word| {
            word.starts_with("gridpass_")
                || [
                    "process_resident",
                    "process_open",
                    "process_max",
                    "process_threads",
                ]
                .iter()
                .any(|begin| word.starts_with(begin))
        })
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn every_metric_that_dashboard_and_alerts_name_is_shown() {
    let shown = shown().await;
    for (what, text) in [("dashboard", DASHBOARD), ("alerts", ALERTS)] {
        let named = named(text);
        assert!(named.len() > 10, "{what}: {named:?}");
        let missing: Vec<_> = named.difference(&shown).collect();
        assert!(missing.is_empty(), "{what}: {missing:?}");
    }
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
    let on_dashboard = named(DASHBOARD);
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let names = self::named(target["expr"].as_str().unwrap());
            assert!(!names.is_empty(), "{}", panel["title"]);
        }
    }
    let stem = |name: &String| {
        let ends = ["_bucket", "_sum", "_count"];
        let stem = ends.iter().find_map(|end| name.strip_suffix(end));
        stem.unwrap_or(name).to_owned()
    };
    let stems: BTreeSet<_> = on_dashboard.iter().map(stem).collect();
    let page: BTreeSet<_> = self::named(PAGE);
    for name in shown.iter().map(stem) {
        assert!(stems.contains(&name), "{name} is on no dashboard");
        assert!(page.contains(&name), "{name} is not documented");
    }
}

#[test]
fn every_alert_says_what_it_means_and_what_to_do() {
    let alerts: Vec<_> = ALERTS
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert!(alerts.len() > 10);
    for alert in alerts {
        let row = format!("| {alert} | ");
        assert!(PAGE.contains(&row), "{alert} is not in docs/operations.md");
    }
}

#[test]
fn alerts_name_states_that_there_are() {
    for state in ["waiting", "dead"] {
        assert!(state.parse::<DeliveryState>().is_ok());
        assert!(ALERTS.contains(&format!("state=\"{state}\"")));
    }
    assert!("letter".parse::<DeliveryKind>().is_ok());
    assert!(ALERTS.contains("kind!=\"letter\""));
}
