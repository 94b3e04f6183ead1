//! The servers, and who kills them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha20Rng;
use rand_core::Rng;
use tokio::sync::watch;

use super::Plan;
use super::balancer::Balancer;
use crate::Failure;
use crate::server::{Console, Server};

/// One in so many strikes hits every server.
const ALL: u32 = 8;

/// How the log of a server ends whose port somebody else has.
const PORT_TAKEN: &str = "Address already in use (os error 98)\n";

/// The servers of a run.
#[derive(Debug)]
pub(super) struct Fleet {
    binary: PathBuf,
    folder: PathBuf,
    settings: Vec<(String, String)>,
    servers: Vec<Option<Server>>,
    up: watch::Sender<Vec<SocketAddr>>,
}

/// What was done to the servers.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Strikes {
    /// Servers that were killed.
    pub(super) killed: usize,
    /// How often none was left.
    pub(super) all: usize,
    /// How often there was other trouble.
    pub(super) troubles: usize,
    /// The most memory that one of them had, in bytes.
    pub(super) memory: u64,
    /// The most threads.
    pub(super) threads: usize,
    /// The most open files and connections.
    pub(super) files: usize,
}

/// More threads than turns, workers and the runtime together have.
const MOST_THREADS: usize = 140;
/// More files than connections, clients and database together need.
const MOST_FILES: usize = 600;
/// More memory than a server of a few thousand devices needs, in bytes.
const MOST_MEMORY: u64 = 512 << 20;

impl Strikes {
    /// What a server had too much of.
    pub(super) fn beyond_bounds(&self) -> Vec<String> {
        let mut amiss = Vec::new();
        if self.threads > MOST_THREADS {
            amiss.push(format!("a server had {} threads", self.threads));
        }
        if self.files > MOST_FILES {
            amiss.push(format!("a server had {} open files", self.files));
        }
        if self.memory > MOST_MEMORY {
            amiss.push(format!("a server had {} bytes of memory", self.memory));
        }
        amiss
    }
}

impl Fleet {
    /// Starts every server; the first one makes the database, the others find it or wait for it.
    pub(super) async fn start(plan: &Plan) -> Result<Self, Failure> {
        let site = plan
            .site
            .to_str()
            .ok_or("the site is in a strange folder")?;
        let mut settings = vec![
            // What stands before the servers has one name.
            ("GRIDPASS_ORIGIN", "http://localhost:3000".to_owned()),
            ("GRIDPASS_SITE__PKG", site.to_owned()),
            // All clients come from one address.
            (
                "GRIDPASS_LIMITS__OTP_FAILURES_PER_IP",
                "100000000".to_owned(),
            ),
        ];
        settings.extend(
            plan.postgres
                .iter()
                .map(|url| ("GRIDPASS_DATABASE__URL", url.clone())),
        );
        if let Some(troubles) = &plan.troubles {
            settings.extend(troubles.settings()?);
        }
        let mut fleet = Self {
            binary: plan.binary.clone(),
            folder: plan.folder.clone(),
            settings: settings
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            servers: Vec::new(),
            up: watch::Sender::default(),
        };
        // All at once: the first start makes database and keys, and is part of what is tried.
        let starting: Vec<_> = (0..plan.servers)
            .map(|_| tokio::spawn(fleet.starting()))
            .collect();
        for server in starting {
            fleet.servers.push(Some(server.await??));
        }
        fleet.tell();
        Ok(fleet)
    }

    fn starting(&self) -> impl Future<Output = Result<Server, Failure>> + Send + 'static {
        let (binary, folder, settings) = (
            self.binary.clone(),
            self.folder.clone(),
            self.settings.clone(),
        );
        async move {
            let settings: Vec<_> = settings
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            loop {
                match Server::start(&binary, &folder, &settings).await {
                    // A client has taken the free port before the server could.
                    Err(failure) if failure.to_string().ends_with(PORT_TAKEN) => {}
                    started => return started,
                }
            }
        }
    }

    pub(super) fn balancer(&self) -> Balancer {
        Balancer::new(self.up.subscribe())
    }

    /// The command line beside the servers.
    pub(super) fn console(&self) -> Console {
        Console::new(&self.binary, &self.folder, &self.settings)
    }

    /// One that runs.
    pub(super) fn one(&self) -> Result<&Server, Failure> {
        self.servers
            .iter()
            .flatten()
            .next()
            .ok_or_else(|| "no server runs".into())
    }

    /// Kills and restarts servers until then; all of them run when this returns.
    pub(super) async fn strike_until(
        mut self,
        until: Instant,
        plan: &Plan,
        mut rng: ChaCha20Rng,
    ) -> Result<(Self, Strikes), Failure> {
        let calm = plan.calm;
        let mut strikes = Strikes::default();
        loop {
            let rest = part_of(calm, &mut rng);
            if Instant::now() + rest >= until {
                tokio::time::sleep_until(until.into()).await;
                return Ok((self, strikes));
            }
            tokio::time::sleep(rest).await;
            self.look(&mut strikes)?;
            let trouble = match &plan.troubles {
                Some(troubles) if rng.next_u32().is_multiple_of(2) => {
                    strikes.troubles += 1;
                    Some(troubles.begin(&mut rng)?)
                }
                _ => None,
            };
            let victims = if trouble.is_some() {
                tokio::time::sleep(part_of(calm, &mut rng)).await;
                self.look(&mut strikes)?;
                self.choose_in_trouble(&mut rng)
            } else {
                self.choose(&mut rng)
            };
            strikes.killed += victims.len();
            strikes.all += usize::from(victims.len() == self.servers.len());
            for victim in &victims {
                if let Some(server) = self.servers[*victim].take() {
                    tokio::task::spawn_blocking(move || server.kill()).await??;
                }
            }
            self.tell();
            tokio::time::sleep(part_of(calm / 2, &mut rng)).await;
            if let Some(trouble) = trouble {
                trouble.end()?;
            }
            let starting: Vec<_> = victims
                .iter()
                .map(|_| tokio::spawn(self.starting()))
                .collect();
            for (victim, server) in victims.iter().zip(starting) {
                self.servers[*victim] = Some(server.await??);
                self.tell();
            }
        }
    }

    /// What every server has of what is bounded.
    fn look(&self, strikes: &mut Strikes) -> Result<(), Failure> {
        for server in self.servers.iter().flatten() {
            strikes.memory = strikes.memory.max(server.memory()?);
            strikes.threads = strikes.threads.max(server.threads()?);
            strikes.files = strikes.files.max(server.open_files()?);
        }
        Ok(())
    }

    /// Often none: trouble is to be lived through. Else some are killed in the middle of it.
    fn choose_in_trouble(&self, rng: &mut ChaCha20Rng) -> Vec<usize> {
        if rng.next_u32().is_multiple_of(3) {
            self.choose(rng)
        } else {
            Vec::new()
        }
    }

    /// Some of the servers, seldom all of them.
    fn choose(&self, rng: &mut ChaCha20Rng) -> Vec<usize> {
        let all = self.servers.len();
        let wanted = if rng.next_u32().is_multiple_of(ALL) || all == 1 {
            all
        } else {
            1 + rng.next_u32() as usize % (all - 1)
        };
        let mut left: Vec<usize> = (0..all).collect();
        (0..wanted)
            .map(|_| left.swap_remove(rng.next_u32() as usize % left.len()))
            .collect()
    }

    /// Clients only meet what runs. Whatever is killed is told afterwards: they find out by
    /// themselves.
    fn tell(&self) {
        let up = self.servers.iter().flatten().map(Server::address).collect();
        self.up.send_replace(up);
    }
}

/// Between a tenth of this time and all of it.
fn part_of(time: Duration, rng: &mut ChaCha20Rng) -> Duration {
    time / 10 + (time * 9 / 10).mul_f64(f64::from(rng.next_u32()) / f64::from(u32::MAX))
}
