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
use crate::server::Server;

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
        settings.extend(plan.database.settings());
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
        calm: Duration,
        mut rng: ChaCha20Rng,
    ) -> Result<(Self, Strikes), Failure> {
        let mut strikes = Strikes::default();
        loop {
            let rest = part_of(calm, &mut rng);
            if Instant::now() + rest >= until {
                tokio::time::sleep_until(until.into()).await;
                return Ok((self, strikes));
            }
            tokio::time::sleep(rest).await;
            let victims = self.choose(&mut rng);
            strikes.killed += victims.len();
            strikes.all += usize::from(victims.len() == self.servers.len());
            for victim in &victims {
                if let Some(server) = self.servers[*victim].take() {
                    tokio::task::spawn_blocking(move || server.kill()).await??;
                }
            }
            self.tell();
            tokio::time::sleep(part_of(calm / 2, &mut rng)).await;
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
