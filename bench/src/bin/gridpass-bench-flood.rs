//! What others notice of slow and greedy clients: devices confirm at a steady pace, calm and beside a thousand
//! slow clients, a flood of bad confirmations, of handshakes, of sign-ins of staff. Every kind of client comes
//! from an address of its own (127.0.0.0/8). Everything runs on this machine, the floods included, so that they
//! also take the processor that the server would have; their number a second is said beside.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use gridpass_bench::client::Call;
use gridpass_bench::server::Server;
use gridpass_bench::{Failure, client, device, site};
use gridpass_protocol::Directory;
use gridpass_protocol::directory::certificate_from_pem;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::Serialize;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

const SLOW: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const GREEDY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// How much, with what.
#[derive(Debug, Parser)]
struct Options {
    /// The release binary of the server.
    #[arg(long, default_value = "target/release/gridpass")]
    server: PathBuf,
    /// Confirmations in each part.
    #[arg(long, default_value_t = 1000)]
    confirmations: usize,
    /// Confirmations a second.
    #[arg(long, default_value_t = 50)]
    pace: u32,
    /// Slow clients.
    #[arg(long, default_value_t = 1000)]
    slow: usize,
    /// Greedy clients, each as fast as it is answered.
    #[arg(long, default_value_t = 16)]
    greedy: usize,
    /// Also write the figures here.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// What the steady devices noticed in one part.
#[derive(Debug, Serialize)]
struct Part {
    name: &'static str,
    confirmations: usize,
    errors: usize,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    /// p99 as a multiple of the calm one.
    times_calm: f64,
    /// What the greedy ones got done a second, refusals included.
    greedy_per_second: f64,
}

/// Those who make trouble, until they are dropped.
struct Trouble {
    tasks: JoinSet<()>,
    done: Arc<AtomicUsize>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let data = tempfile::tempdir_in("target")?;
    let pkg = site::make_up(data.path())?;
    let pkg = pkg.to_str().ok_or("a path that is no text")?;
    let server =
        Server::start(&options.server, data.path(), &[("GRIDPASS_SITE__PKG", pkg)]).await?;
    let parts = 5;
    let token = server.api_token()?;
    let registrations = device::registrations(options.confirmations * parts, &token);
    let registered = client::run(server.address(), registrations, 16).await?;
    let directory = client::get(server.address(), "/.well-known/gridpass").await?;
    let prepared = device::confirmations(&registered.answers, &directory)?;
    let mut calls: Vec<Call> = prepared.into_iter().map(|one| one.confirmation).collect();
    let bad = spoiled(calls.first().ok_or("there is nothing to confirm")?);
    let handshakes = Handshakes::of(&serde_json::from_slice(&directory)?)?;

    let mut figures: Vec<Part> = Vec::new();
    for name in [
        "calm",
        "slow clients",
        "bad confirmations",
        "handshakes",
        "staff sign-ins",
    ] {
        let trouble = match name {
            "slow clients" => Some(slow(server.address(), options.slow)),
            "bad confirmations" => {
                Some(greedy(server.address(), options.greedy, vec![bad.clone()]))
            }
            "handshakes" => Some(handshakes.flood(options.greedy)),
            "staff sign-ins" => Some(greedy(server.address(), options.greedy, sign_ins())),
            _ => None,
        };
        let own = calls.split_off(calls.len() - options.confirmations);
        let begun = Instant::now();
        let (mut latencies, errors) = steady(server.address(), own, options.pace).await?;
        let greedy = trouble
            .as_ref()
            .map_or(0, |one| one.done.load(Ordering::Relaxed));
        drop(trouble.map(|mut one| one.tasks.abort_all()));
        latencies.sort_unstable();
        let at = |share: f64| {
            let place = (latencies.len().saturating_sub(1) as f64 * share).round() as usize;
            latencies
                .get(place)
                .map_or(0.0, |took| took.as_secs_f64() * 1e3)
        };
        let calm = figures.first().map_or(at(0.99), |calm| calm.p99_ms);
        figures.push(Part {
            name,
            confirmations: latencies.len(),
            errors,
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            max_ms: at(1.0),
            times_calm: at(0.99) / calm,
            greedy_per_second: greedy as f64 / begun.elapsed().as_secs_f64(),
        });
    }
    show(&figures);
    if let Some(file) = options.json {
        std::fs::write(file, serde_json::to_vec_pretty(&figures)?)?;
    }
    Ok(())
}

fn show(figures: &[Part]) {
    println!(
        "| beside | confirmations | errors | p50 ms | p99 ms | max ms | p99 × calm | greedy a second |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    for part in figures {
        println!(
            "| {} | {} | {} | {:.1} | {:.1} | {:.1} | {:.2} | {:.0} |",
            part.name,
            part.confirmations,
            part.errors,
            part.p50_ms,
            part.p99_ms,
            part.max_ms,
            part.times_calm,
            part.greedy_per_second
        );
    }
}

/// Sends the calls one after the other at a pace, whether those before are answered or not, each counted from
/// when it was due.
async fn steady(
    address: SocketAddr,
    calls: Vec<Call>,
    pace: u32,
) -> Result<(Vec<Duration>, usize), Failure> {
    let mut senders = Vec::new();
    for _ in 0..8 {
        senders.push(Arc::new(tokio::sync::Mutex::new(
            client::connect(address).await?,
        )));
    }
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for (number, call) in calls.into_iter().enumerate() {
        let due = begun + Duration::from_secs(1) / pace * u32::try_from(number)?;
        tokio::time::sleep_until(due.into()).await;
        let sender = Arc::clone(&senders[number % senders.len()]);
        tasks.spawn(async move {
            let (status, _) = client::send(&mut *sender.lock().await, &call, address).await?;
            Ok::<_, Failure>((due.elapsed(), status.is_success()))
        });
    }
    let mut latencies = Vec::new();
    let mut errors = 0;
    while let Some(done) = tasks.join_next().await {
        let (took, is_good) = done??;
        latencies.push(took);
        errors += usize::from(!is_good);
    }
    Ok((latencies, errors))
}

/// A connection from an address of its own.
async fn connect_from(from: Ipv4Addr, to: SocketAddr) -> Result<TcpStream, Failure> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    Ok(socket.connect(to).await?)
}

/// Clients that send a byte a second of a request that never ends, and come again when they are sent away.
fn slow(address: SocketAddr, count: usize) -> Trouble {
    let mut tasks = JoinSet::new();
    let done = Arc::new(AtomicUsize::new(0));
    for _ in 0..count {
        let done = Arc::clone(&done);
        tasks.spawn(async move {
            loop {
                if let Ok(mut stream) = connect_from(SLOW, address).await {
                    let head = b"POST /api/v1/confirmations HTTP/1.1\r\nHost: x\r\nX-Slow: ";
                    let mut sent = stream.write_all(head).await;
                    while sent.is_ok() {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                        sent = stream.write_all(b"x").await;
                    }
                }
                done.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
    }
    Trouble { tasks, done }
}

/// Clients that ask as fast as they are answered.
fn greedy(address: SocketAddr, count: usize, calls: Vec<Call>) -> Trouble {
    let mut tasks = JoinSet::new();
    let (done, calls) = (Arc::new(AtomicUsize::new(0)), Arc::new(calls));
    for _ in 0..count {
        let (done, calls) = (Arc::clone(&done), Arc::clone(&calls));
        tasks.spawn(async move {
            loop {
                let Ok(mut sender) = greedy_connection(address).await else {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                };
                while let Some(call) = calls.get(done.fetch_add(1, Ordering::Relaxed) % calls.len())
                {
                    if client::send(&mut sender, call, address).await.is_err() {
                        break;
                    }
                }
            }
        });
    }
    Trouble { tasks, done }
}

async fn greedy_connection(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = connect_from(GREEDY, address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// A confirmation that is sealed to the provider and altered on its way: the server has to try to open it.
fn spoiled(good: &Call) -> Call {
    let mut body = good.body.to_vec();
    if let Some(last) = body.last_mut() {
        *last = if *last == b'A' { b'B' } else { b'A' };
    }
    Call {
        body: body.into(),
        ..good.clone()
    }
}

/// Guesses of passwords, each for another person.
fn sign_ins() -> Vec<Call> {
    (0..10_000)
        .map(|number| Call {
            path: "/api/fn/staff/sign-in".to_owned(),
            headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
            body: format!(
                "provider=demo&email=guess{number}%40demo.example&password=correct%20horse&code=123456"
            )
            .into(),
        })
        .collect()
}

/// Whom a client of the listener for devices believes.
struct Handshakes {
    connector: TlsConnector,
    address: SocketAddr,
    name: ServerName<'static>,
}

impl Handshakes {
    fn of(directory: &Directory) -> Result<Self, Failure> {
        let entry = directory.providers.first().ok_or("there is no provider")?;
        let url = entry.mtls_url.as_deref().ok_or("there is no listener")?;
        let (host, port) = url
            .trim_start_matches("https://")
            .rsplit_once(':')
            .ok_or("the listener has no port")?;
        let mut anchors = RootCertStore::empty();
        for pem in &entry.certificates {
            anchors.add(CertificateDer::from(certificate_from_pem(pem)?))?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(anchors)
            .with_no_client_auth();
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            address: (Ipv4Addr::LOCALHOST, port.parse()?).into(),
            name: ServerName::try_from(host.to_owned())?,
        })
    }

    /// Clients that shake hands and go away.
    fn flood(&self, count: usize) -> Trouble {
        let mut tasks = JoinSet::new();
        let done = Arc::new(AtomicUsize::new(0));
        for _ in 0..count {
            let done = Arc::clone(&done);
            let (connector, address, name) =
                (self.connector.clone(), self.address, self.name.clone());
            tasks.spawn(async move {
                loop {
                    if let Ok(stream) = connect_from(GREEDY, address).await {
                        // Let in or not: both is work for the server.
                        drop(connector.connect(name.clone(), stream).await);
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Trouble { tasks, done }
    }
}
