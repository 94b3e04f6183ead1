//! A server under load for as long as one likes, killed and troubled at random by a fixed seed: its disk
//! fills up, breaks, slows down, another process holds its database, its clock is wrong. Whether anything that
//! was answered is lost or happens twice, whether it grows, whether a secret of the run is in its log or its
//! database. Prints a Markdown table; ends with 1 if anything was amiss.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use gridpass_bench::servers::{Plan, Report, Troubles, run};
use gridpass_bench::{Failure, site};

/// How long, how much, with what.
#[derive(Debug, Parser)]
struct Options {
    /// The binary of the server.
    #[arg(long, default_value = "target/release/gridpass")]
    server: PathBuf,
    /// How long it goes on.
    #[arg(long, default_value_t = 60.0)]
    minutes: f64,
    /// Servers beside each other on one database.
    #[arg(long, default_value_t = 1)]
    servers: usize,
    /// Clients at once.
    #[arg(long, default_value_t = 12)]
    clients: usize,
    /// How long, at most, nothing happens between two faults, in seconds.
    #[arg(long, default_value_t = 6.0)]
    calm: f64,
    /// Decides what happens when, and what is done in which order.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let options = Options::parse();
    let folder = tempfile::tempdir_in("target")?;
    let plan = Plan {
        binary: options.server.clone(),
        site: site::make_up(folder.path())?,
        // What happens to the disk happens to a file.
        postgres: None,
        folder: folder.path().to_owned(),
        servers: options.servers,
        clients: options.clients,
        length: Duration::from_secs_f64(options.minutes * 60.0),
        calm: Duration::from_secs_f64(options.calm),
        seed: options.seed,
        troubles: Some(Troubles::new(folder.path())?),
    };
    eprintln!("{} minutes, seed {} …", options.minutes, options.seed);
    let report = run(&plan).await?;
    println!("{}", Report::HEAD);
    print!("{report}");
    if report.amiss.is_empty() {
        Ok(ExitCode::SUCCESS)
    } else {
        eprintln!("everything is kept in {}", folder.keep().display());
        Ok(ExitCode::FAILURE)
    }
}
