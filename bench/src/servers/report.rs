//! What a run did and found.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::Plan;
use super::balancer::Balancer;
use super::executioner::Strikes;
use super::journal::Journal;

/// What a run did, and what it found amiss: nothing, if all is well.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The engine.
    pub database: &'static str,
    /// Servers beside each other.
    pub servers: usize,
    /// Clients at once.
    pub clients: usize,
    /// From the first call to the last.
    pub seconds: f64,
    /// The seed that repeats it.
    pub seed: u64,
    /// Servers that were killed.
    pub killed: usize,
    /// How often every server was killed at once.
    pub all_killed: usize,
    /// How often there was other trouble.
    pub troubles: usize,
    /// The most memory that a server had, in MiB.
    pub memory_mib: u64,
    /// The most threads.
    pub threads: usize,
    /// The most open files.
    pub files: usize,
    /// Calls that were answered.
    pub calls: usize,
    /// Tries that broke off and were repeated.
    pub broken: usize,
    /// Answers that told to come back.
    pub put_off: usize,
    /// Half of the calls took no longer than this, repetitions included, in milliseconds.
    pub p50_ms: f64,
    /// 99 of 100.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
    /// Certificates that devices were given.
    pub certificates: usize,
    /// Confirmations that were repeated or sent to two servers at once.
    pub repeated: usize,
    /// Labels that were guessed at.
    pub guessed: usize,
    /// Guesses that were judged.
    pub judged: usize,
    /// Guesses that were not.
    pub locked: usize,
    /// Messages of devices.
    pub messages: usize,
    /// Instructions that were carried out.
    pub instructions: usize,
    /// Devices that waited at one server while another one was told.
    pub waited: usize,
    /// Half of them heard of it so much later, in milliseconds.
    pub woken_p50_ms: f64,
    /// 95 of 100.
    pub woken_p95_ms: f64,
    /// Devices that left.
    pub revoked: usize,
    /// Revocation lists that were seen.
    pub lists: usize,
    /// New keys that were certified over EST.
    pub over_est: usize,
    /// Lists that were read over OpenADR.
    pub read: usize,
    /// OCSP answers that were verified.
    pub ocsp: usize,
    /// Certificates in the backup that was taken in the middle.
    pub backed_up: usize,
    /// What must not be.
    pub amiss: Vec<String>,
}

impl Report {
    pub(super) fn new(
        plan: &Plan,
        database: &'static str,
        elapsed: Duration,
        strikes: Strikes,
        balancer: &Balancer,
        journal: &Journal,
    ) -> Self {
        let mut calls = balancer.summary();
        let mut kept = journal.read();
        calls.latencies.sort_unstable();
        kept.woken.sort_unstable();
        Self {
            database,
            servers: plan.servers,
            clients: plan.clients,
            seconds: elapsed.as_secs_f64(),
            seed: plan.seed,
            killed: strikes.killed,
            all_killed: strikes.all,
            troubles: strikes.troubles,
            memory_mib: strikes.memory >> 20,
            threads: strikes.threads,
            files: strikes.files,
            calls: calls.latencies.len(),
            broken: calls.broken,
            put_off: calls.put_off,
            p50_ms: at(&calls.latencies, 50),
            p99_ms: at(&calls.latencies, 99),
            max_ms: at(&calls.latencies, 100),
            certificates: kept.certificates.len(),
            repeated: kept.repeated,
            guessed: kept.guessed.len(),
            judged: kept.judged,
            locked: kept.locked,
            messages: kept.messages,
            instructions: kept.executed.len(),
            waited: kept.woken.len(),
            woken_p50_ms: at(&kept.woken, 50),
            woken_p95_ms: at(&kept.woken, 95),
            revoked: kept.revoked,
            lists: kept.lists.len(),
            over_est: kept.over_est,
            read: kept.read,
            ocsp: kept.ocsp,
            backed_up: kept.backed_up,
            amiss: kept.amiss,
        }
    }

    /// The head of the table.
    pub const HEAD: &str = "\
| database | servers | clients | minutes | killed (all at once) | troubled | memory MiB | threads | files | calls | broken off | put off \
| p50 ms | p99 ms | max ms | certificates | repeated | labels guessed at | judged | locked \
| messages | instructions once | woken p50 ms | p95 ms | left | lists | over EST | read over OpenADR | OCSP | in the backup | amiss |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|";
}

/// So many hundredths are no longer than this, in milliseconds.
fn at(sorted: &[Duration], hundredths: usize) -> f64 {
    let index = sorted.len().saturating_sub(1) * hundredths / 100;
    sorted
        .get(index)
        .map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| {} | {} | {} | {:.1} | {} ({}) | {} | {} | {} | {} | {} | {} | {} | {:.1} | {:.0} | {:.0} | {} | {} \
             | {} | {} | {} | {} | {} | {:.0} | {:.0} | {} | {} | {} | {} | {} | {} | {} |",
            self.database,
            self.servers,
            self.clients,
            self.seconds / 60.0,
            self.killed,
            self.all_killed,
            self.troubles,
            self.memory_mib,
            self.threads,
            self.files,
            self.calls,
            self.broken,
            self.put_off,
            self.p50_ms,
            self.p99_ms,
            self.max_ms,
            self.certificates,
            self.repeated,
            self.guessed,
            self.judged,
            self.locked,
            self.messages,
            self.instructions,
            self.woken_p50_ms,
            self.woken_p95_ms,
            self.revoked,
            self.lists,
            self.over_est,
            self.read,
            self.ocsp,
            self.backed_up,
            self.amiss.len(),
        )?;
        for amiss in &self.amiss {
            writeln!(f, "amiss: {amiss}")?;
        }
        Ok(())
    }
}
