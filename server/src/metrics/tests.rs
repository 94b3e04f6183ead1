use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use tower::ServiceExt;

use super::listener::router;
use super::*;
use crate::config::{Config, ScrapeToken};
use crate::testing::Portal;

/// One sample of an exposition.
struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

/// What whoever comes to the listener is shown.
async fn ask(portal: &Portal, token: Option<ScrapeToken>, shown: &str) -> (StatusCode, String) {
    let request = Request::get("/metrics").header("authorization", shown);
    let answer = router(Arc::clone(&portal.app), token)
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 1 << 22).await.unwrap();
    (status, String::from_utf8(body.into()).unwrap())
}

async fn samples(portal: &Portal) -> Vec<Sample> {
    let (status, text) = ask(portal, None, "").await;
    assert_eq!(status, StatusCode::OK);
    parse(&text)
}

/// Reads the text format of OpenMetrics 1.0 strictly: what it does not allow ends the test.
fn parse(text: &str) -> Vec<Sample> {
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        bytes
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let (body, end) = text.split_once("# EOF\n").expect("an end");
    assert!(end.is_empty(), "nothing follows the end");
    let mut samples = Vec::new();
    let mut families = BTreeSet::new();
    let (mut family, mut kind) = (String::new(), String::new());
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (what, name, rest) = (
                words.next().unwrap(),
                words.next().unwrap(),
                words.next().unwrap_or_default(),
            );
            assert!(is_name(name), "{line}");
            match what {
                "HELP" => {
                    assert!(families.insert(name.to_owned()), "{name} comes twice");
                    name.clone_into(&mut family);
                    assert!(rest.len() > 3, "{name} says what it is");
                }
                "TYPE" => {
                    assert_eq!(name, family);
                    assert!(["counter", "gauge", "histogram", "info"].contains(&rest));
                    rest.clone_into(&mut kind);
                }
                "UNIT" => {
                    assert_eq!(name, family);
                    assert!(name.ends_with(&format!("_{rest}")), "{line}");
                }
                other => panic!("{other}: {line}"),
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').expect("a value");
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').expect("a brace")),
            None => (series, ""),
        };
        assert!(is_name(name), "{line}");
        let ending = name
            .strip_prefix(family.as_str())
            .unwrap_or_else(|| panic!("{line} is not of {family}"));
        let allowed: &[&str] = match kind.as_str() {
            "counter" => &["_total"],
            "gauge" => &[""],
            "info" => &["_info"],
            _ => &["_sum", "_count", "_bucket"],
        };
        assert!(allowed.contains(&ending), "{line}: a {kind}");
        let labels = labels
            .split_terminator(',')
            .map(|label| {
                let (name, value) = label.split_once('=').expect("a label");
                assert!(is_name(name), "{line}");
                let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
                (name.to_owned(), value.expect("quotes").to_owned())
            })
            .collect();
        samples.push(Sample {
            name: name.to_owned(),
            labels,
            value: value.parse().unwrap(),
        });
    }
    samples
}

/// The value of the one series with these labels.
fn value(samples: &[Sample], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let mut found = samples.iter().filter(|sample| {
        sample.name == name
            && labels.iter().all(|(name, value)| {
                let has = |(n, v): &(String, String)| n == name && v == value;
                sample.labels.iter().any(has)
            })
    });
    let one = found.next().map(|sample| sample.value);
    assert!(found.next().is_none(), "{name} {labels:?} is one series");
    one
}

#[tokio::test]
async fn requests_are_counted_by_the_template_of_their_route() {
    let portal = Portal::new();
    portal.get("/").await;
    portal.get("/nothing-of-that-name").await;
    portal.get("/devices/4711").await;
    portal.get("/devices/4712").await;
    let device = portal.enrolled("demo", "SN-4711-0815").await;
    let settings = Request::get("/api/v1/device/settings");
    portal
        .send_as(&device.peer, settings.body(Body::empty()).unwrap())
        .await;
    let samples = samples(&portal).await;
    let total = |listener, route, status| {
        let labels = [("listener", listener), ("route", route), ("status", status)];
        value(&samples, "gridpass_http_requests_total", &labels)
    };
    assert_eq!(total("portal", "/", "2xx"), Some(1.0));
    assert_eq!(total("portal", "unmatched", "4xx"), Some(1.0));
    assert_eq!(total("portal", "/devices/{id}", "4xx"), Some(2.0));
    assert_eq!(
        total("devices", "/api/v1/device/settings", "2xx"),
        Some(1.0)
    );
    let labels = [("listener", "portal"), ("route", "/devices/{id}")];
    assert_eq!(
        value(
            &samples,
            "gridpass_http_request_duration_seconds_count",
            &labels
        ),
        Some(2.0)
    );
    for listener in ["portal", "devices"] {
        let labels = [("listener", listener)];
        assert_eq!(
            value(&samples, "gridpass_http_requests_in_flight", &labels),
            Some(0.0)
        );
    }
    for sample in &samples {
        for (name, value) in &sample.labels {
            assert!(!value.contains("4711"), "{name}={value}");
            assert!(!value.contains("nothing-of"), "{name}={value}");
        }
    }
}

#[tokio::test]
async fn figures_of_the_database_are_told_and_not_read_at_every_turn() {
    let portal = Portal::new();
    portal.enrollment_of("demo", "A-1001");
    let open = [("provider", "demo"), ("state", "open")];
    let before = samples(&portal).await;
    assert_eq!(value(&before, "gridpass_figures_known", &[]), Some(1.0));
    assert_eq!(value(&before, "gridpass_enrollments", &open), Some(1.0));
    portal.enrolled("demo", "SN-4711-0816").await;
    let active = [("provider", "demo"), ("state", "active")];
    let soon = samples(&portal).await;
    assert_eq!(value(&soon, "gridpass_enrollments", &active), None);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3600)).await;
    tokio::time::resume();
    let later = samples(&portal).await;
    assert_eq!(value(&later, "gridpass_enrollments", &active), Some(1.0));
    assert!(value(&later, "gridpass_build_info", &[]).is_some());
    assert!(value(&later, "process_open_fds", &[]).unwrap() > 3.0);
    assert_eq!(value(&later, "gridpass_turns_free", &[]), Some(4.0));
}

#[tokio::test]
async fn metrics_are_on_no_other_listener_and_behind_their_token() {
    let portal = Portal::new();
    assert_eq!(portal.get("/metrics").await.status, StatusCode::NOT_FOUND);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let configured = |listen: &str| {
        let values = [
            ("GRIDPASS_METRICS__LISTEN", listen),
            ("GRIDPASS_METRICS__TOKEN_FILE", file.to_str().unwrap()),
        ];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Config::read(crate::testing::CONFIG.as_ref(), values).unwrap()
    };
    let config = configured("0.0.0.0:9464").metrics.unwrap();
    std::fs::write(&file, "too short\n").unwrap();
    assert!(config.token().is_err());
    let secret = "0123456789abcdef0123456789abcdef";
    std::fs::write(&file, format!("{secret}\n")).unwrap();
    let token = config.token().unwrap().unwrap();
    assert!(!format!("{token:?}").contains(secret));
    for (shown, expected) in [
        (format!("Bearer {secret}"), StatusCode::OK),
        (format!("Bearer {secret}0"), StatusCode::UNAUTHORIZED),
        ("Bearer ".to_owned(), StatusCode::UNAUTHORIZED),
        (String::new(), StatusCode::UNAUTHORIZED),
    ] {
        let (status, _) = ask(&portal, Some(token.clone()), &shown).await;
        assert_eq!(status, expected, "{shown}");
    }
}
