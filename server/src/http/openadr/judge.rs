//! A client that is not ours: `end2end/openadr`, which is `openleadr-client` as the VEN. It comes by a
//! socket of this machine, and the certificate of its connection is given instead of shown in TLS.

use std::process::Command;

use serde_json::{Value, json};

use super::BASE;
use crate::testing::Portal;

/// Where the judge's program is.
const JUDGE: &str = "GRIDPASS_OPENADR_JUDGE";

#[tokio::test]
#[ignore = "needs the program of end2end/openadr; cargo xtask test builds it and names it"]
async fn openleadr_reads_programmes_and_events_reports_and_describes_its_ven() {
    let program = std::env::var(JUDGE).unwrap();
    let portal = Portal::new();
    let device = portal.enrolled("demo", "SN-4711-0815").await;
    let (programme, _) = portal.event_for(&device.peer, "Evening peak");
    let address = portal.serve_as(&device.peer).await;
    let arguments = [
        format!("http://{address}{BASE}/"),
        device.peer.enrollment.to_string(),
        programme,
    ];
    let judged =
        tokio::task::spawn_blocking(move || Command::new(program).args(arguments).output());
    let judged = judged.await.unwrap().unwrap();
    let complaint = String::from_utf8_lossy(&judged.stderr);
    assert!(judged.status.success(), "{complaint}");
    let found: Value = serde_json::from_slice(&judged.stdout).unwrap();
    let expected = json!({
        "programs": 1,
        "events": 1,
        "start": portal.gridpass.clock_now().0 + 60 * 60,
        "payload": "Simple Integer(2)",
        "reports": 1,
        "report": "corrected",
        "refused": 404,
    });
    assert_eq!(found, expected);
}
