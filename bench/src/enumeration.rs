//! Whether the time of an answer tells that an account or a label exists.
//!
//! Pairs of requests, one for what exists and one for what does not, go one after the other over one
//! connection, the order within a pair drawn from a fixed seed, so that whatever else the machine does falls on
//! both alike. If nothing is told, a pair is decided like a coin: the share of pairs in which the unknown one
//! took longer is one half.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gridpass_protocol::{Directory, TemporaryId};
use hyper::StatusCode;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use serde::Serialize;

use crate::Failure;
use crate::client::{self, Call};
use crate::device::{self, Device};
use crate::server::Server;

/// Limits that let a run through; they bound how often one may try, not how long an answer takes.
pub const SETTINGS: [(&str, &str); 5] = [
    ("GRIDPASS_LIMITS__OTP_FAILURES_PER_IP", "1000000"),
    ("GRIDPASS_LIMITS__OTP_FAILURES_PER_MAPPING", "1000000"),
    ("GRIDPASS_LIMITS__SIGN_IN_REQUESTS_PER_IP", "1000000"),
    ("GRIDPASS_LIMITS__SIGN_IN_REQUESTS_PER_ACCOUNT", "1000000"),
    ("GRIDPASS_LIMITS__MANUAL_LOOKUPS_PER_IP", "1000000"),
];

/// Answers for what exists beside answers for what does not.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// What was asked.
    pub name: &'static str,
    /// Pairs of requests.
    pub pairs: usize,
    /// Quartiles for what exists, in microseconds.
    pub known_us: [f64; 3],
    /// Quartiles for what does not, in microseconds.
    pub unknown_us: [f64; 3],
    /// The share of pairs in which what does not exist took longer; 0.5 tells nothing.
    pub unknown_slower: f64,
    /// The standard error of that share, were it a coin's.
    pub standard_error: f64,
}

/// Asks `pairs` times for a sign-in code, for an account and for none.
///
/// # Errors
/// When an answer of the two kinds differs in its status or its text.
pub async fn sign_in(server: &Server, pairs: usize) -> Result<Comparison, Failure> {
    let call = |account: String| Call {
        path: "/api/fn/sign-in".into(),
        headers: vec![("content-type", "application/x-www-form-urlencoded".into())],
        body: format!("provider=demo&account={account}").into(),
    };
    let calls = (0..pairs)
        .map(|index| {
            let known = call(format!("A-100{}", index % 3 + 1));
            (known, call(format!("A-900{}", index % 3 + 1)))
        })
        .collect();
    compare("sign-in", server.address(), calls).await
}

/// Confirms `pairs` labels with a wrong device ID, and as many that do not exist.
///
/// # Errors
/// When an answer of the two kinds differs in its status or its text.
pub async fn confirmation(server: &Server, pairs: usize) -> Result<Comparison, Failure> {
    let token = server.api_token()?;
    let registered = client::run(server.address(), device::registrations(pairs, &token), 8).await?;
    let directory = client::get(server.address(), "/.well-known/gridpass").await?;
    let directory: Directory = serde_json::from_slice(&directory)?;
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let mut calls = Vec::with_capacity(pairs);
    for answer in &registered.answers {
        let link = device::link_of(answer)?;
        let wrong = Device::make(
            &link,
            "WRONG-DEVICE-ID",
            &directory,
            device::now(),
            &mut rng,
        )?;
        let mut unknown = wrong.confirmation.clone();
        unknown.path = format!(
            "/api/v1/enrollments/{}/confirmation",
            TemporaryId::make(&mut rng)
        );
        calls.push((wrong.confirmation, unknown));
    }
    compare("confirmation", server.address(), calls).await
}

async fn compare(
    name: &'static str,
    address: SocketAddr,
    calls: Vec<(Call, Call)>,
) -> Result<Comparison, Failure> {
    let mut rng = ChaCha20Rng::seed_from_u64(13);
    let mut sender = client::connect(address).await?;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for (first, second) in &calls {
        let mut ask = async |call| {
            let started = Instant::now();
            let (status, body) = client::send(&mut sender, call, address).await?;
            Ok::<_, Failure>((started.elapsed(), status, body))
        };
        let (of_known, of_unknown) = if rng.next_u32() % 2 == 0 {
            let known = ask(first).await?;
            (known, ask(second).await?)
        } else {
            let unknown = ask(second).await?;
            (ask(first).await?, unknown)
        };
        if of_known.1 != of_unknown.1 || of_known.2 != of_unknown.2 {
            return Err(differs(name, of_known.1, of_unknown.1).into());
        }
        known.push(of_known.0);
        unknown.push(of_unknown.0);
    }
    Ok(Comparison::of(name, known, unknown))
}

fn differs(name: &str, known: StatusCode, unknown: StatusCode) -> String {
    format!("{name}: what exists is answered otherwise ({known}) than what does not ({unknown})")
}

impl Comparison {
    fn of(name: &'static str, known: Vec<Duration>, unknown: Vec<Duration>) -> Self {
        let pairs = known.len();
        let slower = known
            .iter()
            .zip(&unknown)
            .filter(|(known, unknown)| unknown > known)
            .count();
        Self {
            name,
            pairs,
            known_us: quartiles(known),
            unknown_us: quartiles(unknown),
            unknown_slower: slower as f64 / pairs as f64,
            standard_error: 0.5 / (pairs as f64).sqrt(),
        }
    }
}

fn quartiles(mut times: Vec<Duration>) -> [f64; 3] {
    times.sort_unstable();
    [1, 2, 3].map(|quarter| {
        times
            .get(times.len() * quarter / 4)
            .map_or(0.0, |time| time.as_secs_f64() * 1e6)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_always_takes_longer_is_seen() {
        let times = |offset: u64| {
            (0..100)
                .map(|index| Duration::from_micros(index + offset))
                .collect::<Vec<_>>()
        };
        let alike = Comparison::of("x", times(0), times(0));
        assert!(alike.unknown_slower < 0.5 + f64::EPSILON);
        let told = Comparison::of("x", times(0), times(1));
        assert!((told.unknown_slower - 1.0).abs() < f64::EPSILON);
        assert!((told.standard_error - 0.05).abs() < 1e-9);
    }
}
