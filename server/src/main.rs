//! `gridpass`: the portal and its command line.

mod cli;
mod client_ip;
mod config;
mod door;
mod est;
mod http;
mod jobs;
mod live;
#[cfg(test)]
mod matrix;
mod metrics;
mod mtls;
mod problem;
mod randomness;
mod router;
mod security;
mod serve;
mod site;
mod state;
mod telemetry;
#[cfg(test)]
mod testing;
mod traces;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::run(cli::Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gridpass: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}
