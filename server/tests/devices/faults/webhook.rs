//! A system behind a webhook takes calls and never answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gridpass_bench::Failure;
use gridpass_bench::{client, device};
use gridpass_protocol::UnixTime;
use gridpass_provider::{Actor, Role, SessionId, StaffId, StaffSession};
use rusqlite::Connection;
use tokio::time::{interval, timeout};
use uuid::Uuid;

use super::mail::{Mood, MoodyServer, reached_at};
use super::neighbour::Neighbour;
use super::stage::{sign_in, succeed};
use crate::fixture::Fixture;

/// Events for each system. One after the other they would wait for ten minutes.
const EVENTS: usize = 40;
/// A mail leaves within this, whatever the systems do.
const MAILED_WITHIN: Duration = Duration::from_secs(10);
/// The time that one call is given, once for each who makes calls, and much for a busy machine.
const TOLD_WITHIN: Duration = Duration::from_secs(180);
/// Calls that the silent one gets meanwhile, at most: one of each who makes calls, and a second try.
const MOST_CALLS: usize = 4;
const GLANCE: Duration = Duration::from_millis(200);
/// How far the clock is moved on at each glance, in seconds.
const LATER: u64 = 30;

/// Adds a system that is told of every change.
fn add(fixture: &Fixture, systems: &[&Neighbour]) -> Result<(), Failure> {
    let admin = StaffSession {
        id: SessionId::from_uuid(Uuid::from_u128(1)),
        provider: "demo".parse()?,
        staff_id: StaffId::from_uuid(Uuid::from_u128(2)),
        name: "Ada Admin".to_owned(),
        role: Role::Admin,
        began_at: UnixTime(device::now().0),
    };
    let gridpass = fixture.installation()?;
    for system in systems {
        let url = format!("http://127.0.0.1:{}/told", system.port);
        gridpass.add_webhook(&admin, &url, Actor::staff(&admin))?;
    }
    Ok(())
}

async fn until(mut is_so: impl FnMut() -> Result<bool, Failure>) -> Result<(), Failure> {
    let mut glances = interval(GLANCE);
    while !is_so()? {
        glances.tick().await;
    }
    Ok(())
}

fn untold(fixture: &Fixture) -> Result<i64, Failure> {
    let database = Connection::open(fixture.folder().join("gridpass.sqlite"))?;
    database.busy_timeout(TOLD_WITHIN)?;
    let sql = "SELECT COUNT(*) FROM outbox WHERE kind = 'webhook' AND state <> 'sent'";
    Ok(database.query_row(sql, [], |row| row.get(0))?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_never_answers_keeps_no_other_and_no_mail_waiting() -> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let is_deaf = Arc::new(AtomicBool::new(true));
    let ears = Arc::clone(&is_deaf);
    let silent =
        Neighbour::start(|_| move |_: &str| (!ears.load(Ordering::Relaxed)).then(String::new))?;
    let other = Neighbour::start(|_| |_: &str| Some(String::new()))?;
    add(&fixture, &[&silent, &other])?;
    let (mail, port) = MoodyServer::start(Mood::Takes)?;
    let (clock, port) = (fixture.folder().join("clock"), port.to_string());
    let mut settings = vec![("GRIDPASS_DELIVERY__WEBHOOKS__PRIVATE_NETWORKS", "true")];
    settings.extend(reached_at(&port, clock.to_str().ok_or("a strange folder")?));
    let server = fixture.server_with(&settings).await?;
    let address = server.address();
    let calls = device::registrations(EVENTS, &server.api_token()?);
    assert_eq!(client::run(address, calls, 4).await?.errors, 0);
    timeout(TOLD_WITHIN, until(|| Ok(silent.asked() > 0))).await??;

    // While everybody who makes calls may be waiting for it.
    succeed(address, &sign_in()).await?;
    timeout(MAILED_WITHIN, until(|| Ok(mail.taken() > 0))).await??;
    timeout(TOLD_WITHIN, until(|| Ok(other.asked() >= EVENTS))).await??;
    assert!(silent.asked() <= MOST_CALLS, "{} calls", silent.asked());
    assert_eq!(untold(&fixture)?, i64::try_from(EVENTS)?, "they wait");
    client::get(address, "/readyz").await?;
    let log = server.log()?;
    assert!(log.contains("a system does not answer"), "{log}");

    is_deaf.store(false, Ordering::Relaxed);
    let mut now = device::now().0;
    let told = until(|| {
        // Time goes on: what waits while one of them tries the system waits for another while.
        now += LATER;
        let next = clock.with_extension("next");
        std::fs::write(&next, now.to_string())?;
        std::fs::rename(next, &clock)?;
        Ok(untold(&fixture)? == 0)
    });
    timeout(TOLD_WITHIN, told).await??;
    assert!(silent.asked() >= EVENTS, "it was told everything");
    assert_eq!(other.asked(), EVENTS, "and the other one once");
    assert!(!server.log()?.contains("panicked"), "nothing panicked");
    Ok(())
}
