//! Confirmations over more and more connections: each width on a fresh server and database, with durable
//! commits and audit on. The rate must not fall when more come at once than the server works on.
//!
//! Nothing is asserted but that every confirmation is answered with a certificate.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use gridpass_bench::ledger::{Ledger, Rate, Unit};
use gridpass_bench::server::Server;
use gridpass_bench::{Failure, client, device};
use gridpass_testing_postgres::{Cluster, Durability};

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
    /// On which databases; PostgreSQL in a cluster of its own, which waits for the disk.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgresql")]
    databases: Vec<Database>,
    #[command(flatten)]
    ledger: Ledger,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgresql,
}

impl Database {
    const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgresql => "PostgreSQL",
        }
    }
}

/// What the figures go by.
const BENCH: &str = "connections";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    println!(
        "| database | connections | confirmations a second | p50 ms | p99 ms | to the first |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for database in &options.databases {
        let mut first = None;
        for connections in &options.connections {
            let rate = confirm(&options, *database, *connections).await?;
            let ratio = rate.per_second / *first.get_or_insert(rate.per_second);
            let name = database.name();
            println!(
                "| {name} | {connections} | {:.0} | {:.1} | {:.1} | {ratio:.2} |",
                rate.per_second, rate.p50_ms, rate.p99_ms
            );
            let name = format!("{name}, {connections} connections");
            options.ledger.note_run(BENCH, &name, &rate)?;
            let name = format!("{name}, to the first");
            options.ledger.note(BENCH, &name, ratio, Unit::Plain)?;
        }
    }
    Ok(())
}

async fn confirm(
    options: &Options,
    database: Database,
    connections: usize,
) -> Result<Rate, Failure> {
    let data = tempfile::tempdir_in("target")?;
    let site = options.site.to_str().ok_or("a strange folder")?;
    let cluster = match database {
        Database::Sqlite => None,
        Database::Postgresql => Some(Cluster::start(Durability::Durable)?),
    };
    let url = cluster.as_ref().map(Cluster::url);
    let mut settings = vec![("GRIDPASS_SITE__PKG", site)];
    settings.extend(url.as_deref().map(|url| ("GRIDPASS_DATABASE__URL", url)));
    let server = Server::start(&options.server, data.path(), &settings).await?;
    let registrations = device::registrations(options.enrollments, &server.api_token()?);
    let registered = client::run(server.address(), registrations, 32).await?;
    let directory = client::get(server.address(), "/.well-known/gridpass").await?;
    let devices = device::confirmations(&registered.answers, &directory)?;
    let confirmations = devices
        .iter()
        .map(|device| device.confirmation.clone())
        .collect();
    let confirmed = client::run(server.address(), confirmations, connections).await?;
    if confirmed.errors > 0 {
        return Err(format!("{} were refused", confirmed.errors).into());
    }
    for (device, answer) in devices.iter().zip(&confirmed.answers) {
        device.open(answer)?;
    }
    Ok(Rate::of(&confirmed))
}
