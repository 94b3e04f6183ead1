//! What others notice of slow and greedy clients: devices confirm at a steady pace, calm and beside a thousand
//! slow clients, a flood of bad confirmations, of handshakes, of sign-ins of staff.
//!
//! Everything runs on this machine. Trouble is made by a process of the lowest priority and at a stated pace, so
//! that what is measured is the server's trouble with it and not the making. Nothing is asserted but that the
//! steady devices are certified.

mod order;
mod slow;
mod trouble;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use gridpass_bench::client::{self, Call, Outcome};
use gridpass_bench::device::Device;
use gridpass_bench::ledger::{Ledger, Rate, Unit};
use gridpass_bench::server::Server;
use gridpass_bench::{Failure, device};
use gridpass_protocol::Directory;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::order::{Order, Pace, Shot};
use crate::trouble::Trouble;

/// How much, how fast, with what.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Options {
    #[command(subcommand)]
    role: Option<Role>,
    /// The release binary of the server.
    #[arg(long, default_value = "target/release/gridpass")]
    server: PathBuf,
    /// The built site.
    #[arg(long, default_value = "target/site/pkg")]
    site: PathBuf,
    /// Confirmations of steady devices in each part.
    #[arg(long, default_value_t = 1500)]
    confirmations: usize,
    /// Of these, so many a second.
    #[arg(long, default_value_t = 50)]
    pace: u32,
    /// Slow clients.
    #[arg(long, default_value_t = 1000)]
    slow: usize,
    /// Each flood brings at most so many a second.
    #[arg(long, default_value_t = 200)]
    flood: u32,
    /// Of a flood, so many wait for their answer at most.
    #[arg(long, default_value_t = 64)]
    at_once: u32,
    #[command(flatten)]
    ledger: Ledger,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Makes the trouble that its input orders: what this program calls itself for.
    #[command(hide = true)]
    MakeTrouble,
}

/// Beside what the steady devices confirm.
const PARTS: [Part; 6] = [
    Part::Calm,
    Part::SlowClients,
    Part::BadConfirmations,
    Part::Handshakes,
    Part::SignIns,
    Part::CalmAgain,
];

#[derive(Clone, Copy, Debug)]
enum Part {
    Calm,
    SlowClients,
    BadConfirmations,
    Handshakes,
    SignIns,
    CalmAgain,
}

/// What the figures go by.
const BENCH: &str = "flood";
/// Labels that are guessed at.
const GUESSED: usize = 100;
/// Confirmations before the first that counts.
const WARM_UP: usize = 50;
/// Connections of the steady devices.
const CONNECTIONS: usize = 8;
/// How long trouble is made, and its traces are left to fade, before it is measured.
const SETTLING: Duration = Duration::from_secs(2);

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Calm => "nothing",
            Self::SlowClients => "slow clients",
            Self::BadConfirmations => "bad confirmations",
            Self::Handshakes => "handshakes",
            Self::SignIns => "sign-ins of staff",
            Self::CalmAgain => "nothing, afterwards",
        }
    }

    fn order(self, scene: &Scene, options: &Options) -> Result<Option<Order>, Failure> {
        let (server, pace) = (
            scene.address,
            Pace {
                a_second: options.flood,
                at_once: options.at_once,
            },
        );
        Ok(match self {
            Self::Calm | Self::CalmAgain => None,
            Self::SlowClients => Some(Order::Slow {
                server,
                clients: options.slow,
            }),
            Self::BadConfirmations => Some(Order::Calls {
                server,
                shots: bad_confirmations(&scene.guessed)?,
                pace,
            }),
            Self::SignIns => Some(Order::Calls {
                server,
                shots: (0..10_000).map(sign_in).collect(),
                pace,
            }),
            Self::Handshakes => {
                let entry = scene.directory.providers.first();
                let entry = entry.ok_or("there is no provider")?;
                Some(Order::Handshakes {
                    url: entry.mtls_url.clone().ok_or("there is no listener")?,
                    certificates: entry.certificates.clone(),
                    pace,
                })
            }
        })
    }
}

/// Whom everything happens to.
struct Scene {
    address: SocketAddr,
    directory: Directory,
    guessed: Vec<Device>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    if let Some(Role::MakeTrouble) = options.role {
        return trouble::make().await;
    }
    let data = tempfile::tempdir_in("target")?;
    let site = options.site.to_str().ok_or("a strange folder")?;
    let settings = [("GRIDPASS_SITE__PKG", site)];
    let server = Server::start(&options.server, data.path(), &settings).await?;
    let mut devices = devices(&server, &options).await?;
    let directory = client::get(server.address(), "/.well-known/gridpass").await?;
    let scene = Scene {
        address: server.address(),
        directory: serde_json::from_slice(&directory)?,
        guessed: devices.split_off(devices.len() - GUESSED),
    };
    let warm_up = devices.split_off(devices.len() - WARM_UP);
    device::confirm_all(scene.address, &warm_up, CONNECTIONS).await?;

    println!(
        "| beside | of it a second | confirmations | p50 ms | p99 ms | max ms | p99 to the calm one | server CPU |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    let mut calm = None;
    for part in PARTS {
        let own = devices.split_off(devices.len() - options.confirmations);
        let trouble = part.order(&scene, &options)?;
        let trouble = trouble.as_ref().map(Trouble::begin).transpose()?;
        tokio::time::sleep(SETTLING).await;
        let before = server.cpu()?;
        let outcome = steady(scene.address, &own, options.pace).await?;
        let cpu = (server.cpu()? - before).as_secs_f64() / outcome.elapsed.as_secs_f64();
        let trouble = trouble.map_or(Ok(0.0), Trouble::end)?;
        tokio::time::sleep(SETTLING).await;

        let (name, rate) = (part.name(), Rate::of(&outcome));
        let ratio = rate.p99_ms / *calm.get_or_insert(rate.p99_ms);
        println!(
            "| {name} | {trouble:.0} | {} | {:.1} | {:.1} | {:.1} | {ratio:.2} | {:.0} % |",
            own.len(),
            rate.p50_ms,
            rate.p99_ms,
            rate.max_ms,
            cpu * 100.0
        );
        let ledger = &options.ledger;
        ledger.note_run(BENCH, &format!("beside {name}"), &rate)?;
        let to_calm = format!("beside {name}, p99 to the calm one");
        ledger.note(BENCH, &to_calm, ratio, Unit::Plain)?;
        let of_it = format!("{name}, of it");
        ledger.note(BENCH, &of_it, trouble, Unit::PerSecond)?;
    }
    Ok(())
}

/// All devices, registered: the steady ones, those that warm up, those whose labels are guessed at.
async fn devices(server: &Server, options: &Options) -> Result<Vec<Device>, Failure> {
    let count = options.confirmations * PARTS.len() + WARM_UP + GUESSED;
    eprintln!("registering {count} device IDs and making their confirmations …");
    let registrations = device::registrations(count, &server.api_token()?);
    let registered = client::run(server.address(), registrations, 32).await?;
    let directory = client::get(server.address(), "/.well-known/gridpass").await?;
    device::confirmations(&registered.answers, &directory)
}

/// Sends confirmations at a pace, whether those before are answered or not, each counted from when it was due.
async fn steady(address: SocketAddr, devices: &[Device], pace: u32) -> Result<Outcome, Failure> {
    let mut senders = Vec::new();
    for _ in 0..CONNECTIONS {
        senders.push(Arc::new(Mutex::new(client::connect(address).await?)));
    }
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for (number, device) in devices.iter().enumerate() {
        let due = begun + Duration::from_secs(1) / pace * u32::try_from(number)?;
        tokio::time::sleep_until(due.into()).await;
        let sender = Arc::clone(&senders[number % CONNECTIONS]);
        let call = device.confirmation.clone();
        tasks.spawn(async move {
            let (status, body) = client::send(&mut *sender.lock().await, &call, address).await?;
            Ok::<_, Failure>((number, due.elapsed(), status, body))
        });
    }
    let mut latencies = Vec::with_capacity(devices.len());
    while let Some(done) = tasks.join_next().await {
        let (number, took, status, body) = done??;
        if !status.is_success() {
            let why = String::from_utf8_lossy(&body);
            return Err(format!("a steady device was refused: {status} {why}").into());
        }
        devices[number].open(&body)?;
        latencies.push(took);
    }
    Ok(Outcome {
        answers: Vec::new(),
        latencies,
        errors: 0,
        elapsed: begun.elapsed(),
    })
}

/// Guesses at one-time passwords of labels that there are, and one as often confirmations that cannot be opened.
fn bad_confirmations(guessed: &[Device]) -> Result<Vec<Shot>, Failure> {
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    let mut shots = Vec::with_capacity(guessed.len() * 2);
    for device in guessed {
        shots.push(Shot::sealed(&device.guess(&mut rng)?));
        shots.push(Shot::sealed(&spoiled(&device.confirmation)));
    }
    Ok(shots)
}

/// A confirmation that was altered on its way: the server has to try to open it.
fn spoiled(good: &Call) -> Call {
    let mut body = good.body.to_vec();
    // Within the ciphertext, and still base64url.
    let place = body.len() - 30;
    body[place] = if body[place] == b'A' { b'B' } else { b'A' };
    Call {
        body: body.into(),
        ..good.clone()
    }
}

/// A guess of a password, each of another person.
fn sign_in(number: usize) -> Shot {
    Shot::form(
        "/api/fn/staff/sign-in",
        format!(
            "provider=demo&email=guess{number}%40gmec.example&password=correct%20horse&code=123456"
        ),
    )
}
