//! The agent of a gateway that has no screen: enrols it with a label, speaks with its provider, and
//! has programs on the gateway carry out what the provider asks for.
//!
//! Everything happens in one thread, one step after the other. What must not be forgotten is on
//! the disk before the next step begins, so a power cut at any moment loses nothing and does
//! nothing twice.

mod agent;
mod backoff;
mod clock;
mod command;
mod config;
mod enroll;
mod est;
mod files;
mod handover;
mod hook;
mod issuance;
mod journal;
mod keys;
mod label;
mod line;
mod picture;
mod portal;
mod report;
mod state;
mod stop;
mod store;
mod token;

use std::{io::IsTerminal, process::ExitCode};

use clap::Parser;
use tracing_subscriber::EnvFilter;

use command::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter =
        EnvFilter::try_from_env("GRIDPASS_GATEWAY_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match command::run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("gridpass-gateway: {error}");
            error.exit_code()
        }
    }
}
