//! A fleet of devices after their enrollment: how many polls a second one server answers, how long it
//! takes to tell all of them of an event, and what a device costs that waits for news.
//!
//! Devices enrol ahead, in this process. What they compute (keys, seals, signatures) is done between
//! the measured parts, because in the field a hundred thousand processors do it; what is measured is
//! the server, over real connections. Nothing is asserted.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser;
use gridpass_bench::client::{self, Call};
use gridpass_bench::database::{self, Database};
use gridpass_bench::device::Device;
use gridpass_bench::ledger::{Ledger, Unit};
use gridpass_bench::server::Server;
use gridpass_bench::staff::operator;
use gridpass_bench::strangers::Strangers;
use gridpass_bench::talker::Talker;
use gridpass_bench::tls::{Connection, DeviceLine};
use gridpass_bench::{Failure, device};
use gridpass_protocol::{Directory, Item, Origin, Outcome, UpKind};
use gridpass_provider::{
    Actor, Clock as _, ConfirmationRequest, EventDraft, Gridpass, InstallationConfig, Limits,
    ProgramDraft, Signal, SignalKind, StaffSession, SystemClock, Target,
};
use gridpass_testing_postgres::Cluster;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use tokio::task::block_in_place;
use uuid::Uuid;

/// How much.
#[derive(Debug, Parser)]
struct Options {
    /// The release binary of the server.
    #[arg(long, default_value = "target/release/gridpass")]
    server: PathBuf,
    /// The built site.
    #[arg(long, default_value = "target/site/pkg")]
    site: PathBuf,
    /// Devices that are enrolled.
    #[arg(long, default_value_t = 100_000)]
    devices: usize,
    /// Of these, how many poll in the measured rounds.
    #[arg(long, default_value_t = 20_000)]
    polling: usize,
    /// Connections at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Devices that keep a connection of their own, poll on it, and then wait on it.
    #[arg(long, default_value_t = 2000)]
    waiting: usize,
    /// Polls of each of these.
    #[arg(long, default_value_t = 10)]
    polls: usize,
    /// Where the database is made; by default in a folder that is removed afterwards.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// On which database; PostgreSQL in a cluster of its own.
    #[arg(long, default_value = "sqlite")]
    database: Database,
    #[command(flatten)]
    ledger: Ledger,
}

/// What the figures go by.
const BENCH: &str = "fleet";

/// Devices after which the database has seen what is typical.
const FIRST: usize = 1000;
/// How long a device waits for news.
const WAIT: u32 = 60;
/// Until all that wait have said so to the server.
const SETTLED: Duration = Duration::from_secs(5);

fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let temporary = tempfile::tempdir_in("target")?;
    let folder = options
        .folder
        .as_deref()
        .unwrap_or(temporary.path())
        .to_owned();
    let cluster = options.database.start()?;
    let url = cluster.as_ref().map(Cluster::url);
    let gridpass = Arc::new(open(&folder, url.as_deref())?);
    let begun = Instant::now();
    let mut fleet = enrol(&gridpass, 0..options.devices.min(FIRST))?;
    cluster.as_ref().map(database::analyze).transpose()?;
    fleet.extend(enrol(&gridpass, fleet.len()..options.devices)?);
    eprintln!(
        "{} devices enrolled in {:.0} s",
        fleet.len(),
        begun.elapsed().as_secs_f64()
    );
    let (staff, _) = operator(&gridpass)?;
    tokio::runtime::Runtime::new()?.block_on(measure(
        &options,
        &folder,
        url.as_deref(),
        &gridpass,
        &staff,
        fleet,
    ))
}

async fn measure(
    options: &Options,
    folder: &Path,
    url: Option<&str>,
    gridpass: &Arc<Gridpass>,
    staff: &StaffSession,
    mut fleet: Vec<Talker>,
) -> Result<(), Failure> {
    let site = options.site.to_str().ok_or("a strange folder")?;
    let mut settings = vec![("GRIDPASS_SITE__PKG", site)];
    settings.extend(url.map(|url| ("GRIDPASS_DATABASE__URL", url)));
    let server = Server::start(&options.server, folder, &settings).await?;
    println!(
        "| what | requests | seconds | a second | p50 ms | p99 ms | server CPU µs a request |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|");
    let hello = |talker: &mut Talker, rng: &mut ChaCha20Rng| talker.hello(rng);
    speak("hello, sealed", &server, options, &mut fleet, hello).await?;
    let polling = options.polling.min(fleet.len());
    let poll = |talker: &mut Talker, rng: &mut ChaCha20Rng| talker.poll(rng);
    speak(
        "polls, sealed",
        &server,
        options,
        &mut fleet[..polling],
        poll,
    )
    .await?;
    event(&server, options, gridpass, staff, &mut fleet).await?;
    let waiting = options.waiting.min(fleet.len());
    over_tls(&server, options, &mut fleet[..waiting]).await
}

/// Every device says one thing, sealed ahead; prints how that went, returns what they were answered.
async fn speak(
    name: &str,
    server: &Server,
    options: &Options,
    fleet: &mut [Talker],
    say: impl Fn(&mut Talker, &mut ChaCha20Rng) -> Result<Call, Failure>,
) -> Result<Vec<Vec<Item>>, Failure> {
    let mut rng = ChaCha20Rng::seed_from_u64(device::now().0);
    let calls = fleet
        .iter_mut()
        .map(|talker| say(talker, &mut rng))
        .collect::<Result<Vec<_>, _>>()?;
    let cpu = server.cpu()?;
    let outcome = client::run(server.address(), calls, options.connections).await?;
    let cpu = server.cpu()?.saturating_sub(cpu);
    if outcome.errors > 0 {
        return Err(format!("{name}: {} were refused", outcome.errors).into());
    }
    row(
        &options.ledger,
        name,
        outcome.elapsed,
        outcome.latencies,
        cpu,
    )?;
    fleet
        .iter_mut()
        .zip(&outcome.answers)
        .map(|(talker, answer)| talker.hear(answer))
        .collect()
}

fn row(
    ledger: &Ledger,
    name: &str,
    elapsed: Duration,
    mut latencies: Vec<Duration>,
    cpu: Duration,
) -> Result<(), Failure> {
    latencies.sort_unstable();
    let at = |share: usize| {
        let index = latencies.len().saturating_sub(1) * share / 100;
        latencies
            .get(index)
            .map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    };
    let (requests, seconds) = (latencies.len(), elapsed.as_secs_f64());
    let each = cpu.as_secs_f64() * 1e6 / requests.max(1) as f64;
    println!(
        "| {name} | {requests} | {seconds:.1} | {:.0} | {:.1} | {:.1} | {each:.0} |",
        requests as f64 / seconds,
        at(50),
        at(99),
    );
    ledger.note(BENCH, name, requests as f64 / seconds, Unit::PerSecond)?;
    ledger.note(BENCH, &format!("{name}, p99"), at(99), Unit::Milliseconds)
}

/// An event for all: until it lies in every mailbox, until everybody has fetched it, until everybody
/// has acknowledged it.
async fn event(
    server: &Server,
    options: &Options,
    gridpass: &Arc<Gridpass>,
    staff: &StaffSession,
    fleet: &mut [Talker],
) -> Result<(), Failure> {
    let actor = Actor::staff(staff);
    let draft = ProgramDraft {
        name: "Summer peak".to_owned(),
        description: String::new(),
    };
    let program = block_in_place(|| gridpass.make_dr_program(staff, draft, actor.clone()))?;
    let draft = EventDraft {
        program,
        name: "Heat wave".to_owned(),
        starts_at: gridpass.clock_now().plus(3600),
        length: 3600,
        randomize_start: 0,
        signal: Signal {
            kind: SignalKind::Simple,
            amounts: vec!["1".parse()?],
        },
        priority: None,
        incentive: None,
        targets: vec![Target::All],
    };
    let (begun, cpu) = (Instant::now(), server.cpu()?);
    let id = block_in_place(|| gridpass.make_dr_event(staff, draft, actor.clone()))?;
    let counts =
        || block_in_place(|| gridpass.dr_event(staff, id, &actor)).map(|event| event.counts);
    while counts()?.recipients < fleet.len() as u64 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let cpu = server.cpu()?.saturating_sub(cpu);
    let told = vec![begun.elapsed(); fleet.len()];
    row(
        &options.ledger,
        "event into every mailbox",
        begun.elapsed(),
        told,
        cpu,
    )?;
    let poll = |talker: &mut Talker, rng: &mut ChaCha20Rng| talker.poll(rng);
    let heard = speak("event fetched, sealed", server, options, fleet, poll).await?;
    let mut items = heard.iter().map(|items| {
        items
            .iter()
            .find_map(event_id)
            .ok_or("a device did not hear of the event")
    });
    let items = items.by_ref().collect::<Result<Vec<Uuid>, _>>()?;
    let next = std::cell::Cell::new(0);
    let receipt = |talker: &mut Talker, rng: &mut ChaCha20Rng| {
        let item = items[next.replace(next.get() + 1)];
        talker.receipt(item, Outcome::Acknowledged, rng)
    };
    speak(
        "event acknowledged, sealed",
        server,
        options,
        fleet,
        receipt,
    )
    .await?;
    let counts = counts()?;
    eprintln!(
        "{} of {} acknowledged",
        counts.acknowledged, counts.recipients
    );
    Ok(())
}

fn event_id(item: &Item) -> Option<Uuid> {
    match item {
        Item::Event { id, .. } => Some(*id),
        _ => None,
    }
}

/// Devices with a connection each: polls in plain JSON, then all of them wait.
async fn over_tls(server: &Server, options: &Options, fleet: &mut [Talker]) -> Result<(), Failure> {
    let directory = client::get(server.address(), "/.well-known/gridpass").await?;
    let directory: Directory = serde_json::from_slice(&directory)?;
    let line = DeviceLine::of(directory.providers.first().ok_or("no provider")?)?;
    let before = server.memory()?;
    let (begun, cpu) = (Instant::now(), server.cpu()?);
    let mut connections = Vec::with_capacity(fleet.len());
    let mut shaken = Vec::with_capacity(fleet.len());
    let strangers = Strangers::default();
    for talker in fleet.iter() {
        let started = Instant::now();
        let stream = strangers.connect(line.address()?).await?;
        connections.push(line.connect_over(stream, talker).await?);
        shaken.push(started.elapsed());
    }
    let cpu = server.cpu()?.saturating_sub(cpu);
    row(
        &options.ledger,
        "handshakes with certificates",
        begun.elapsed(),
        shaken,
        cpu,
    )?;
    let (begun, cpu) = (Instant::now(), server.cpu()?);
    let latencies = poll_all(options, fleet, &mut connections).await?;
    let cpu = server.cpu()?.saturating_sub(cpu);
    row(
        &options.ledger,
        "polls, JSON over mTLS",
        begun.elapsed(),
        latencies,
        cpu,
    )?;
    let mut tasks = Vec::with_capacity(fleet.len());
    for (talker, mut connection) in fleet.iter().zip(connections) {
        let message = talker.plain(UpKind::Poll)?;
        tasks.push(tokio::spawn(
            async move { connection.say(message, WAIT).await },
        ));
    }
    tokio::time::sleep(SETTLED).await;
    let waiting = tasks.iter().filter(|task| !task.is_finished()).count();
    let each = server.memory()?.saturating_sub(before) / fleet.len().max(1) as u64;
    println!("\n{waiting} devices wait, each on a connection of its own: {each} bytes a device.");
    let bytes = each as f64;
    options
        .ledger
        .note(BENCH, "memory of a device that waits", bytes, Unit::Bytes)?;
    for task in tasks {
        task.abort();
    }
    Ok(())
}

/// So many polls of every device, `connections` devices at a time.
async fn poll_all(
    options: &Options,
    fleet: &mut [Talker],
    connections: &mut [Connection],
) -> Result<Vec<Duration>, Failure> {
    let mut latencies = Vec::with_capacity(fleet.len() * options.polls);
    for (talkers, connections) in fleet
        .chunks_mut(options.connections)
        .zip(connections.chunks_mut(options.connections))
    {
        let each = talkers
            .iter_mut()
            .zip(connections)
            .map(|(talker, connection)| poll_on(options.polls, talker, connection));
        for took in join_all(each).await {
            latencies.extend(took?);
        }
    }
    Ok(latencies)
}

async fn poll_on(
    polls: usize,
    talker: &mut Talker,
    connection: &mut Connection,
) -> Result<Vec<Duration>, Failure> {
    let mut latencies = Vec::with_capacity(polls);
    for _ in 0..polls {
        let message = talker.plain(UpKind::Poll)?;
        let begun = Instant::now();
        let (status, answer) = connection.say(message, 0).await?;
        latencies.push(begun.elapsed());
        if !status.is_success() {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&answer)).into());
        }
        talker.hear_plain(&answer)?;
    }
    Ok(latencies)
}

/// All of these at once, on this task: they borrow what they work on.
async fn join_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut pending: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut ready = true;
        for (future, outcome) in &mut pending {
            if outcome.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *outcome = Some(value),
                    std::task::Poll::Pending => ready = false,
                }
            }
        }
        if ready {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    pending
        .into_iter()
        .filter_map(|(_, outcome)| outcome)
        .collect()
}

/// Registers and enrols so many devices, on every core.
fn enrol(gridpass: &Arc<Gridpass>, all: Range<usize>) -> Result<Vec<Talker>, Failure> {
    // More threads than cores: most of them wait for a group to be committed.
    const THREADS: usize = 16;
    let directory = gridpass.directory(None);
    let share = all.len().div_ceil(THREADS);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|worker| {
                let directory = &directory;
                let begin = all.start + worker * share;
                let numbers = begin..all.end.min(begin + share);
                scope.spawn(move || {
                    let mut rng = ChaCha20Rng::seed_from_u64(begin as u64 + 1);
                    numbers
                        .map(|number| enrol_one(gridpass, directory, number, &mut rng))
                        .collect::<Result<Vec<_>, String>>()
                })
            })
            .collect();
        let mut fleet = Vec::with_capacity(all.len());
        for worker in workers {
            fleet.extend(worker.join().map_err(|_| "a worker panicked")??);
        }
        Ok(fleet)
    })
}

fn enrol_one(
    gridpass: &Gridpass,
    directory: &Directory,
    number: usize,
    rng: &mut ChaCha20Rng,
) -> Result<Talker, String> {
    let mut enrolled = || -> Result<Talker, Failure> {
        let device_id = format!("FLEET{number:08}");
        let registered = gridpass.register(
            device::registration("demo", &format!("B-{}", number % 1000), &device_id)?,
            Actor::system(),
        )?;
        let label = registered.handed().ok_or("the label was sent away")?;
        let link = label.link.as_str();
        let device = Device::make(link, &device_id, directory, device::now(), rng)?;
        let answer = gridpass.confirm(ConfirmationRequest {
            temporary_id: registered.temporary_id,
            jwe: std::str::from_utf8(&device.confirmation.body)?,
            client: std::net::Ipv4Addr::LOCALHOST.into(),
            request_id: None,
        })?;
        Talker::new(&device, answer.as_bytes())
    };
    enrolled().map_err(|error| format!("device {number}: {error}"))
}

fn open(folder: &Path, url: Option<&str>) -> Result<Gridpass, Failure> {
    let provider = serde_json::json!({
        "id": "demo",
        "name": "Green Mountain Electric Coop",
        "label_profile": "compact",
        "channels": ["screen", "email", "letter", "api"],
    });
    let config = InstallationConfig {
        database: match url {
            Some(url) => url.parse()?,
            None => folder.join("gridpass.sqlite").into(),
        },
        key_file: folder.join("gridpass.key"),
        origin: Origin::parse("https://portal.gmec.example")?,
        providers: vec![serde_json::from_value(provider)?],
        limits: Limits::default(),
    };
    let random = Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(SystemClock.now().0)));
    Ok(Gridpass::open(config, Arc::new(SystemClock), random)?)
}
