//! Confirmations over more and more connections: each width on a fresh server and database, with durable
//! commits and audit on. The rate must not fall when more come at once than the server works on.
//!
//! Nothing is asserted but that every confirmation is answered with a certificate.

use std::path::PathBuf;

use clap::Parser;
use gridpass_bench::database::{self, Database};
use gridpass_bench::ledger::{Ledger, Rate, Unit};
use gridpass_bench::server::Server;
use gridpass_bench::{Failure, client, device};
use gridpass_testing_postgres::Cluster;
use tokio::task::block_in_place;

/// How much, how wide, with what.
#[derive(Debug, Parser)]
struct Options {
    /// The release binary of the server.
    #[arg(long, default_value = "target/release/gridpass")]
    server: PathBuf,
    /// The built site.
    #[arg(long, default_value = "target/site/pkg")]
    site: PathBuf,
    /// Enrollments for each width.
    #[arg(long, default_value_t = 10_000)]
    enrollments: usize,
    /// Open connections, each with one request at a time.
    #[arg(long, value_delimiter = ',', default_value = "32,64,128,256,512")]
    connections: Vec<usize>,
    /// Every width is measured so often, in turn, and the middle of its rates counts: what a machine does
    /// changes within minutes.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// On which databases; PostgreSQL in a cluster of its own, which waits for the disk.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgresql")]
    databases: Vec<Database>,
    #[command(flatten)]
    ledger: Ledger,
}

/// Confirmations before the first that counts, after which the database has seen what is typical.
const FIRST: usize = 1000;
/// What the figures go by.
const BENCH: &str = "connections";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    println!(
        "| database | connections | confirmations a second | p50 ms | p99 ms | to the first |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for store in &options.databases {
        let mut rates = vec![Vec::new(); options.connections.len()];
        for _ in 0..options.rounds {
            for (connections, rates) in options.connections.iter().zip(&mut rates) {
                rates.push(confirm(&options, *store, *connections).await?);
            }
        }
        let mut first = None;
        for (connections, rates) in options.connections.iter().zip(&mut rates) {
            rates.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
            let rate = rates.get(rates.len() / 2).ok_or("no round")?;
            let ratio = rate.per_second / *first.get_or_insert(rate.per_second);
            let name = store.name();
            println!(
                "| {name} | {connections} | {:.0} | {:.1} | {:.1} | {ratio:.2} |",
                rate.per_second, rate.p50_ms, rate.p99_ms
            );
            let name = format!("{name}, {connections} connections");
            options.ledger.note_run(BENCH, &name, rate)?;
            let name = format!("{name}, to the first");
            options.ledger.note(BENCH, &name, ratio, Unit::Plain)?;
        }
    }
    Ok(())
}

async fn confirm(options: &Options, store: Database, connections: usize) -> Result<Rate, Failure> {
    let data = tempfile::tempdir_in("target")?;
    let site = options.site.to_str().ok_or("a strange folder")?;
    let cluster = store.start()?;
    let url = cluster.as_ref().map(Cluster::url);
    let mut settings = vec![("GRIDPASS_SITE__PKG", site)];
    settings.extend(url.as_deref().map(|url| ("GRIDPASS_DATABASE__URL", url)));
    let server = Server::start(&options.server, data.path(), &settings).await?;
    let count = FIRST + options.enrollments;
    let registrations = device::registrations(count, &server.api_token()?);
    let registered = client::run(server.address(), registrations, 32).await?;
    let directory = client::get(server.address(), "/.well-known/gridpass").await?;
    let devices = device::confirmations(&registered.answers, &directory)?;
    let (first, devices) = devices.split_at(FIRST);
    device::confirm_all(server.address(), first, 32).await?;
    if let Some(cluster) = &cluster {
        block_in_place(|| database::analyze(cluster))?;
    }
    let confirmed = device::confirm_all(server.address(), devices, connections).await?;
    Ok(Rate::of(&confirmed))
}
