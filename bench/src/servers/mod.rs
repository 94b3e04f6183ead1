//! Several servers on one database, under load, killed at random: whether anything is lost or
//! happens twice.
//!
//! A run starts servers beside each other, drives what devices and a provider's systems do through
//! all of them in turn, as a balancer would, kills and restarts servers by a fixed seed meanwhile,
//! and then compares what was answered with what the database holds.

mod backup;
mod balancer;
mod database;
mod devices;
mod executioner;
mod guesses;
mod journal;
mod judge;
mod lists;
mod ocsp;
mod over_tls;
mod report;
mod secrets;
mod troubles;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gridpass_protocol::Directory;
use gridpass_provider::Database;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use self::executioner::Fleet;
use self::journal::Journal;
use self::worker::{Tokens, Worker};
use crate::{Failure, client};

pub use self::report::Report;
pub use self::troubles::Troubles;

/// What a run does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server's binary.
    pub binary: PathBuf,
    /// The built site, or one that was made up.
    pub site: PathBuf,
    /// Where key file, logs and, unless it is elsewhere, the database are.
    pub folder: PathBuf,
    /// The address of the database in PostgreSQL that they share; without it they share a file.
    pub postgres: Option<String>,
    /// How many servers.
    pub servers: usize,
    /// How many clients, each with one thing under way at a time.
    pub clients: usize,
    /// How long servers are killed and clients begin something new.
    pub length: Duration,
    /// How long, at most, nothing is killed between two strikes.
    pub calm: Duration,
    /// What is done in which order, and who is killed when.
    pub seed: u64,
    /// What happens to servers besides being killed, if anything.
    pub troubles: Option<Troubles>,
}

impl Plan {
    fn database(&self) -> Result<Database, Failure> {
        Ok(match &self.postgres {
            Some(url) => url.parse()?,
            None => self.folder.join("gridpass.sqlite").into(),
        })
    }
}

/// Runs it.
///
/// # Errors
/// The run could not go on; whatever was found amiss is in the report.
pub async fn run(plan: &Plan) -> Result<Report, Failure> {
    let fleet = Fleet::start(plan).await?;
    let balancer = fleet.balancer();
    let first = fleet.one()?;
    let tokens = Tokens::make(first)?;
    let directory = client::get(first.address(), "/.well-known/gridpass").await?;
    let directory: Arc<Directory> = Arc::new(serde_json::from_slice(&directory)?);
    let journal = Arc::new(Journal::default());
    let mut seeds = ChaCha20Rng::seed_from_u64(plan.seed);
    let begun = Instant::now();
    let until = begun + plan.length;
    let watching = tokio::spawn(lists::watch(balancer.clone(), Arc::clone(&journal)));
    let clients: Vec<_> = (0..plan.clients)
        .map(|number| {
            let worker = Worker::new(
                number,
                seeds.next_u64(),
                balancer.clone(),
                Arc::clone(&directory),
                tokens.clone(),
                Arc::clone(&journal),
            );
            tokio::spawn(worker.work(until))
        })
        .collect();
    // PostgreSQL is saved by its own tools.
    let saving = plan.postgres.is_none().then(|| {
        tokio::spawn(backup::take(
            fleet.console(),
            plan.folder.clone(),
            Arc::clone(&journal),
            begun + plan.length / 2,
        ))
    });
    let (fleet, strikes) = fleet
        .strike_until(until, plan, ChaCha20Rng::seed_from_u64(seeds.next_u64()))
        .await?;
    for client in clients {
        if let Err(failure) = client.await? {
            journal.amiss(format!("a client gave up: {failure}"));
        }
    }
    watching.abort();
    journal.note(|kept| kept.amiss.extend(strikes.beyond_bounds()));
    let elapsed = begun.elapsed();
    if let Some(saving) = saving {
        let backup = saving.await??;
        backup.judge(fleet.console(), &journal).await?;
    }
    judge::judge(plan, &fleet, &balancer, &tokens, &journal).await?;
    let database = database::name(&plan.database()?);
    Ok(Report::new(
        plan, database, elapsed, strikes, &balancer, &journal,
    ))
}
