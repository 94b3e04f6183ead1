//! Two servers that share everything that counts.

use std::time::{Duration, Instant};

use gridpass_bench::Failure;
use gridpass_testing_port::Port;
use hyper::StatusCode;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::Value;

use super::shared::Shared;
use super::waiter::{WAIT, Waiter, instruction_id};
use crate::faults::stage::{ask, succeed};
use crate::fixture::Fixture;

/// It is looked for every second; the rest is for a busy machine.
const TOLD_WITHIN: Duration = Duration::from_secs(10);
/// Guesses at one label, all under way at once: more than twice what is judged.
const GUESSES: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_at_one_server_is_told_in_time_what_came_through_another() -> Result<(), Failure>
{
    let shared = Shared::new().await?;
    let port = Port::new()?;
    let metrics = port.address();
    let shown = metrics.to_string();
    let watched = [("GRIDPASS_METRICS__LISTEN", shown.as_str())];
    let (here, there) = tokio::try_join!(shared.server_with(&watched), shared.server())?;
    let orders = ["token", "create", "--provider=demo", "--name=orders"];
    let token = there.run(&[&orders[..], &["--scope=instructions:write"]].concat())?;
    let mut device = Waiter::enrol(&there, &here).await?;
    let waiting = device.wait_at(&here, metrics).await?;

    let ordered = succeed(there.address(), &device.instruction(&token)).await?;
    let begun = Instant::now();
    let (status, answer) = waiting.await??;
    let told = begun.elapsed();
    assert_eq!(status, StatusCode::OK);
    assert!(told < TOLD_WITHIN, "{told:?} of {WAIT:?}");
    assert_eq!(device.hear(&answer)?, [instruction_id(&ordered)?]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn five_tries_stay_five_over_two_servers() -> Result<(), Failure> {
    let shared = Shared::new().await?;
    // Everybody comes from one address here.
    let settings = [("GRIDPASS_LIMITS__OTP_FAILURES_PER_IP", "1000")];
    let server = || shared.server_with(&settings);
    let (one, other) = tokio::try_join!(server(), server())?;
    let servers = [one.address(), other.address()];
    let mut devices = Fixture::devices(&one, 2).await?;
    let (bystander, device) = (devices.pop().ok_or("two")?, devices.pop().ok_or("two")?);
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let guessing = (0..GUESSES)
        .map(|number| {
            let (guess, server) = (device.guess(&mut rng)?, servers[number % 2]);
            Ok(tokio::spawn(async move { ask(server, &guess).await }))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let (mut left, mut locked) = (Vec::new(), 0);
    for guess in guessing {
        let (_, answer) = guess.await??;
        let problem: Value = serde_json::from_slice(&answer)?;
        match problem["type"].as_str() {
            Some("urn:gridpass:problem:invalid-otp") => left.push(problem["remaining"].as_u64()),
            Some("urn:gridpass:problem:locked") => locked += 1,
            _ => panic!("{problem}"),
        }
    }
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2, 3, 4].map(Some), "each try counts once");
    assert_eq!(locked, GUESSES - left.len());
    for server in servers {
        let (status, _) = ask(server, &device.confirmation).await?;
        assert_eq!(status, StatusCode::LOCKED, "the right one comes too late");
    }
    succeed(other.address(), &bystander.confirmation).await?;
    Ok(())
}
