//! Several servers on one database, killed at random under load: whether anything is lost or
//! happens twice. Prints a Markdown table; ends with 1 if anything was amiss.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use gridpass_bench::servers::{Database, Plan, Report, run};
use gridpass_bench::{Failure, site};

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
    database: Engine,
    /// Decides who is killed when, and what is done in which order.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Also write the figures here.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    Sqlite,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let options = Options::parse();
    let mut reports = Vec::with_capacity(options.servers.len());
    for &servers in &options.servers {
        let folder = tempfile::tempdir_in("target")?;
        eprintln!("{servers} servers for {} minutes …", options.minutes);
        let report = run(&plan(&options, servers, folder.path())?).await?;
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

fn plan(options: &Options, servers: usize, folder: &Path) -> Result<Plan, Failure> {
    Ok(Plan {
        binary: options.server.clone(),
        site: site::make_up(folder)?,
        database: match options.database {
            Engine::Sqlite => Database::file_in(folder),
        },
        folder: folder.to_owned(),
        servers,
        clients: options.clients,
        length: Duration::from_secs_f64(options.minutes * 60.0),
        calm: Duration::from_secs_f64(options.calm),
        seed: options.seed,
        troubles: None,
    })
}
