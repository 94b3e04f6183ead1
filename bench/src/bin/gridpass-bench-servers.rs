//! Several servers on one database, killed at random under load: whether anything is lost or
//! happens twice. Prints a Markdown table; ends with 1 if anything was amiss.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use gridpass_bench::database::Database;
use gridpass_bench::servers::{Plan, Report, run};
use gridpass_bench::{Failure, site};
use gridpass_provider::testkit;
use gridpass_testing_postgres::Cluster;

/// How many, how long, on what.
#[derive(Debug, Parser)]
struct Options {
    /// The release binary of the server.
    #[arg(long, default_value = "target/release/gridpass")]
    server: PathBuf,
    /// Servers beside each other; several numbers are several runs.
    #[arg(long, value_delimiter = ',', default_value = "2,4")]
    servers: Vec<usize>,
    /// How long each run goes on, in minutes.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Clients at once.
    #[arg(long, default_value_t = 12)]
    clients: usize,
    /// How long, at most, nothing is killed, in seconds.
    #[arg(long, default_value_t = 6.0)]
    calm: f64,
    /// What the servers share.
    #[arg(long, default_value = "sqlite")]
    database: Database,
    /// Decides who is killed when, and what is done in which order.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Also write the figures here.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> Result<ExitCode, Failure> {
    let options = Options::parse();
    // It ends with this program.
    let cluster = options.database.start()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut reports = Vec::with_capacity(options.servers.len());
    for &servers in &options.servers {
        let folder = tempfile::tempdir_in("target")?;
        eprintln!("{servers} servers for {} minutes …", options.minutes);
        let postgres = match &cluster {
            Some(cluster) => Some(make_database(cluster, reports.len())?),
            None => None,
        };
        let plan = plan(&options, servers, postgres, folder.path())?;
        let report = runtime.block_on(run(&plan))?;
        if !report.amiss.is_empty() {
            eprintln!("everything is kept in {}", folder.keep().display());
        }
        reports.push(report);
    }
    println!("{}", Report::HEAD);
    for report in &reports {
        print!("{report}");
    }
    if let Some(file) = options.json {
        std::fs::write(file, serde_json::to_vec_pretty(&reports)?)?;
    }
    let all_is_well = reports.iter().all(|report| report.amiss.is_empty());
    Ok(if all_is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A database of one run; returns its address.
fn make_database(cluster: &Cluster, number: usize) -> Result<String, Failure> {
    let name = format!("run_{number}");
    let connection = testkit::database(&cluster.url().parse()?)?;
    connection.execute_batch(&format!("CREATE DATABASE {name}"))?;
    Ok(cluster.url_of(&name))
}

fn plan(
    options: &Options,
    servers: usize,
    postgres: Option<String>,
    folder: &Path,
) -> Result<Plan, Failure> {
    Ok(Plan {
        binary: options.server.clone(),
        site: site::make_up(folder)?,
        postgres,
        folder: folder.to_owned(),
        servers,
        clients: options.clients,
        length: Duration::from_secs_f64(options.minutes * 60.0),
        calm: Duration::from_secs_f64(options.calm),
        seed: options.seed,
        troubles: None,
    })
}
