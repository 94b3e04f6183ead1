//! `cargo xtask bench`: what one server does over real HTTP, with durable commits and audit on.
//!
//! Prints a Markdown table and, with `--json FILE`, the same figures as lines of JSON. Everything runs on
//! this machine, load generator included; nothing is asserted.

mod figures;

use std::path::PathBuf;

use clap::Parser;
use gridpass_bench::client::Call;
use gridpass_bench::ledger::Ledger;
use gridpass_bench::server::Server;
use gridpass_bench::talker::Talker;
use gridpass_bench::{Failure, client, device, enumeration};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::figures::Report;

/// Something that a device says.
type Say = fn(&mut Talker, &mut ChaCha20Rng) -> Result<Call, Failure>;

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
    /// Pairs of requests that compare what exists with what does not.
    #[arg(long, default_value_t = 2_000)]
    pairs: usize,
    #[command(flatten)]
    ledger: Ledger,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let data = tempfile::tempdir_in("target")?;
    let server = Server::start(&options.server, data.path(), &[]).await?;
    let token = server.api_token()?;

    eprintln!("registering {} device IDs …", options.enrollments);
    let requests = device::registrations(options.enrollments, &token);
    let before = server.cpu()?;
    let registered = client::run(server.address(), requests, options.connections).await?;
    let registrations = figures::Run::of("registrations", &registered, server.cpu()? - before);

    eprintln!(
        "making {} keys and sealed confirmations …",
        options.enrollments
    );
    let directory = client::get(server.address(), "/.well-known/gridpass").await?;
    let prepared = device::confirmations(&registered.answers, &directory)?;
    let requests = prepared
        .iter()
        .map(|device| device.confirmation.clone())
        .collect();

    eprintln!("confirming …");
    let before = server.cpu()?;
    let confirmed = client::run(server.address(), requests, options.connections).await?;
    let confirmations = figures::Run::of("confirmations", &confirmed, server.cpu()? - before);
    let mut talkers = prepared
        .iter()
        .zip(&confirmed.answers)
        .map(|(device, answer)| Talker::new(device, answer))
        .collect::<Result<Vec<_>, _>>()?;

    eprintln!("saying hello, then polling …");
    let mut runs = vec![registrations, confirmations];
    let mut rng = ChaCha20Rng::seed_from_u64(8);
    for (name, say) in [
        ("messages: hello", Talker::hello as Say),
        ("messages: poll", Talker::poll as Say),
        ("messages: rekey", Talker::rekey as Say),
    ] {
        let requests = talkers
            .iter_mut()
            .map(|talker| say(talker, &mut rng))
            .collect::<Result<Vec<_>, _>>()?;
        let before = server.cpu()?;
        let answered = client::run(server.address(), requests, options.connections).await?;
        runs.push(figures::Run::of(name, &answered, server.cpu()? - before));
        for (talker, answer) in talkers.iter_mut().zip(&answered.answers) {
            talker.hear(answer)?;
        }
    }

    drop(server);

    eprintln!("comparing answers for what exists and what does not …");
    let data = tempfile::tempdir_in("target")?;
    let server = Server::start(&options.server, data.path(), &enumeration::SETTINGS).await?;
    let comparisons = vec![
        enumeration::sign_in(&server, options.pairs).await?,
        enumeration::confirmation(&server, options.pairs).await?,
    ];

    let report = Report {
        connections: options.connections,
        runs,
        comparisons,
        bundles: figures::bundles(&options.site)?,
    };
    println!("{report}");
    report.note(&options.ledger)
}
