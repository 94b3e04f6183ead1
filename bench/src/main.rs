//! `cargo xtask bench`: what one server does over real HTTP, with durable commits and audit on.
//!
//! Prints a Markdown table and, with `--json FILE`, the same figures as JSON. Everything runs on this
//! machine, load generator included; nothing is asserted.

mod client;
mod device;
mod figures;
mod server;

use std::error::Error;
use std::path::PathBuf;

use clap::Parser;

use crate::figures::{Machine, Report};
use crate::server::Server;

/// How much, how wide, with what.
#[derive(Debug, Parser)]
struct Options {
    /// The release binary of the server.
    #[arg(long, default_value = "target/release/gridpass")]
    server: PathBuf,
    /// The built site, for the sizes of its bundles.
    #[arg(long, default_value = "target/site/pkg")]
    site: PathBuf,
    /// Enrollments to register and confirm.
    #[arg(long, default_value_t = 20_000)]
    enrollments: usize,
    /// Open connections, each with one request at a time.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Also write the figures here.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let options = Options::parse();
    let server = Server::start(&options.server).await?;
    let token = server.api_token().await?;

    eprintln!("registering {} device IDs …", options.enrollments);
    let requests = device::registrations(options.enrollments, &token);
    let before = server.cpu()?;
    let registered = client::run(server.address, requests, options.connections).await?;
    let registrations = figures::Run::of("registrations", &registered, server.cpu()? - before);

    eprintln!("making {} keys and sealed confirmations …", options.enrollments);
    let directory = client::get(server.address, "/.well-known/gridpass").await?;
    let prepared = device::confirmations(&registered.answers, &directory)?;
    let (devices, requests): (Vec<_>, Vec<_>) = prepared.into_iter().unzip();

    eprintln!("confirming …");
    let before = server.cpu()?;
    let confirmed = client::run(server.address, requests, options.connections).await?;
    let confirmations = figures::Run::of("confirmations", &confirmed, server.cpu()? - before);
    device::check_answers(&devices, &confirmed.answers)?;

    let report = Report {
        machine: Machine::read()?,
        connections: options.connections,
        runs: vec![registrations, confirmations],
        bundles: figures::bundles(&options.site)?,
    };
    println!("{report}");
    if let Some(file) = options.json {
        std::fs::write(file, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(())
}
