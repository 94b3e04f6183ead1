//! The clock of the machine runs far ahead for a while, or behind.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use gridpass_bench::client::Call;
use gridpass_bench::device::{self, Device, link_of};
use gridpass_bench::server::Server;
use gridpass_bench::{Failure, client};
use gridpass_protocol::Directory;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::json;
use tokio::time::{interval, timeout};

use super::stage::{Stage, succeed};
use crate::fixture::Fixture;

const DAY: u64 = 24 * 60 * 60;
/// What is waited for at most.
const PATIENCE: Duration = Duration::from_secs(60);
/// A look at what there is to see.
const GLANCE: Duration = Duration::from_millis(200);

struct Clock(PathBuf);

impl Clock {
    fn set(&self, seconds: u64) -> Result<(), Failure> {
        let next = self.0.with_extension("next");
        std::fs::write(&next, seconds.to_string())?;
        // At once whole: the server reads it at any moment.
        Ok(std::fs::rename(next, &self.0)?)
    }
}

/// A portal whose clock can be set, which starts at the machine's time.
async fn portal() -> Result<(Fixture, Server, Clock, u64), Failure> {
    let fixture = Fixture::new()?;
    let clock = Clock(fixture.folder().join("clock"));
    let now = device::now().0;
    clock.set(now)?;
    let file = clock.0.to_str().ok_or("a strange name")?;
    let server = fixture
        .server_with(&[("GRIDPASS_DEV__CLOCK_FILE", file)])
        .await?;
    Ok((fixture, server, clock, now))
}

/// The fingerprints by which devices may name the provider's own certificate.
async fn published(address: SocketAddr) -> Result<BTreeSet<String>, Failure> {
    let directory = client::get(address, "/.well-known/gridpass").await?;
    let directory: Directory = serde_json::from_slice(&directory)?;
    Ok(directory.providers[0]
        .certificates
        .iter()
        .cloned()
        .collect())
}

/// Registers devices until one can read its label: what it names has begun.
async fn until_labels_are_good(address: SocketAddr, token: &str) -> Result<(), Failure> {
    let mut glances = interval(GLANCE);
    let mut rng = ChaCha20Rng::seed_from_u64(19);
    for number in 0.. {
        glances.tick().await;
        let body = json!({
            "account": "A-1002",
            "device_id": format!("CLOCK{number:08}"),
            "kind": "device",
            "channel": "api",
        });
        let call = Call {
            path: "/api/v1/registrations".into(),
            headers: vec![
                ("authorization", format!("Bearer {token}")),
                ("content-type", "application/json".into()),
            ],
            body: body.to_string().into(),
        };
        let link = link_of(&succeed(address, &call).await?)?;
        let directory = client::get(address, "/.well-known/gridpass").await?;
        let directory = serde_json::from_slice(&directory)?;
        if Device::make(&link, "CLOCK00000000", &directory, device::now(), &mut rng).is_ok() {
            return Ok(());
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_under_a_clock_that_ran_ahead_is_not_used_before_its_time()
-> Result<(), Failure> {
    let (fixture, server, clock, now) = portal().await?;
    let (address, token) = (server.address(), server.api_token()?);
    let before = published(address).await?;
    // Beyond the time of the provider's keys, which get successors.
    clock.set(now + 3 * 365 * DAY)?;
    let mut glances = interval(GLANCE);
    let succeeded = async {
        while published(address).await?.is_subset(&before) {
            glances.tick().await;
        }
        Ok::<_, Failure>(())
    };
    timeout(PATIENCE, succeeded).await??;
    clock.set(now)?;
    timeout(PATIENCE, until_labels_are_good(address, &token)).await??;
    Stage::new(fixture, server)
        .await?
        .everything_goes_on()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_certified_under_a_clock_that_ran_ahead_comes_in_at_once()
-> Result<(), Failure> {
    let (fixture, server, clock, now) = portal().await?;
    clock.set(now + 20 * 60)?;
    let stage = Stage::new(fixture, server).await?;
    clock.set(now)?;
    stage.the_enrolled_comes_in_over_tls().await?;
    stage.everything_goes_on().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_behind_for_a_while_has_spent_nothing() -> Result<(), Failure> {
    let (fixture, server, clock, now) = portal().await?;
    let stage = Stage::new(fixture, server).await?;
    clock.set(now - 30 * DAY)?;
    stage.nothing_is_spent().await?;
    clock.set(now)?;
    stage.everything_goes_on().await
}
