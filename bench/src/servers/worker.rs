//! One client after the other thing: somebody registers, a device enrols, is instructed, says what
//! it did, leaves.

use std::sync::Arc;
use std::time::Instant;

use gridpass_protocol::Directory;
use hyper::StatusCode;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::json;

use super::balancer::Balancer;
use super::devices::Enrolled;
use super::guesses;
use super::journal::Journal;
use crate::Failure;
use crate::client::{self, Call};
use crate::device::{self, Device, now};
use crate::server::Server;

/// Devices that a client looks after; whoever comes beyond leaves one.
const MOST: usize = 24;
/// Devices of a client whose secrets are looked for in the end.
const REMEMBERED: usize = 3;

/// What the provider's systems are let in with.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    pub(super) registrations: String,
    pub(super) instructions: String,
}

impl Tokens {
    pub(super) fn make(server: &Server) -> Result<Self, Failure> {
        Ok(Self {
            registrations: server.api_token()?,
            instructions: server.run(&[
                "token",
                "create",
                "--provider=demo",
                "--name=orders",
                "--scope=instructions:write",
            ])?,
        })
    }
}

/// A client with its devices.
pub(super) struct Worker {
    number: usize,
    pub(super) balancer: Balancer,
    pub(super) directory: Arc<Directory>,
    pub(super) tokens: Tokens,
    pub(super) journal: Arc<Journal>,
    pub(super) rng: ChaCha20Rng,
    registered: usize,
    pub(super) ordered: usize,
}

impl Worker {
    pub(super) fn new(
        number: usize,
        seed: u64,
        balancer: Balancer,
        directory: Arc<Directory>,
        tokens: Tokens,
        journal: Arc<Journal>,
    ) -> Self {
        Self {
            number,
            balancer,
            directory,
            tokens,
            journal,
            rng: ChaCha20Rng::seed_from_u64(seed),
            registered: 0,
            ordered: 0,
        }
    }

    /// Begins something new until then, and brings everything to its end.
    pub(super) async fn work(mut self, until: Instant) -> Result<(), Failure> {
        let mut devices: Vec<Enrolled> = Vec::new();
        while Instant::now() < until {
            match self.rng.next_u32() % 20 {
                0..=4 => devices.push(Enrolled::enrol(&mut self).await?),
                5 => guesses::guess(&mut self).await?,
                6 | 7 if !devices.is_empty() => {
                    let index = self.below(devices.len());
                    if devices[index].may_renew() {
                        devices[index].renew(&mut self).await?;
                    }
                }
                16 => self.browse().await?,
                17 if !devices.is_empty() => {
                    let index = self.below(devices.len());
                    if devices[index].may_renew() {
                        devices[index].renew_over_est(&mut self).await?;
                    }
                }
                18 if !devices.is_empty() => {
                    let index = self.below(devices.len());
                    devices[index].read_programs(&mut self).await?;
                }
                19 if !devices.is_empty() => {
                    let index = self.below(devices.len());
                    devices[index].ask_how_it_stands(&mut self).await?;
                }
                8.. if !devices.is_empty() => {
                    let index = self.below(devices.len());
                    devices[index].instruct(&mut self).await?;
                }
                _ => {}
            }
            if devices.len() > MOST {
                let mut leaving = devices.swap_remove(0);
                leaving.finish(&mut self).await?;
                leaving.leave(&mut self).await?;
            }
        }
        for device in &mut devices {
            device.finish(&mut self).await?;
        }
        Ok(())
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.rng.next_u32() as usize % bound
    }

    /// Whether something happens that happens once in so many times.
    pub(super) fn once_in(&mut self, times: u32) -> bool {
        self.rng.next_u32().is_multiple_of(times)
    }

    /// A label from the registrations API.
    pub(super) async fn register(&mut self) -> Result<Device, Failure> {
        self.registered += 1;
        let name = format!("K{}N{}", self.number, self.registered);
        let call = Call {
            path: "/api/v1/registrations".into(),
            headers: vec![
                (
                    "authorization",
                    format!("Bearer {}", self.tokens.registrations),
                ),
                ("content-type", "application/json".into()),
                ("idempotency-key", name.clone()),
            ],
            body: json!({
                "account": format!("B-{}", self.registered % 100),
                "device_id": format!("MANY-{name}"),
                "kind": "device",
                "channel": "api",
            })
            .to_string()
            .into(),
        };
        let answer = self.balancer.say(&call).await?.success()?;
        let device = Device::make(
            &device::link_of(&answer)?,
            &format!("MANY-{name}"),
            &self.directory,
            now(),
            &mut self.rng,
        )?;
        if self.registered <= REMEMBERED {
            let secrets = device.secrets();
            self.journal.note(|kept| kept.secrets.extend(secrets));
        }
        Ok(device)
    }

    /// Somebody looks at pages and asks for a code to sign in. Whatever they are answered, it is no
    /// fault.
    async fn browse(&mut self) -> Result<(), Failure> {
        let sign_in = Call {
            path: "/api/fn/sign-in".into(),
            headers: vec![("content-type", "application/x-www-form-urlencoded".into())],
            body: "provider=demo&account=A-1001".into(),
        };
        // A server that is killed meanwhile answers nothing.
        if let Ok(answer) = self.balancer.try_once(&sign_in).await {
            self.expect_no_fault("sign-in", answer.status);
        }
        for path in [
            "/",
            "/account",
            "/staff",
            "/developers",
            "/.well-known/gridpass",
        ] {
            let Some(server) = self.balancer.servers().first().copied() else {
                return Ok(());
            };
            if let Ok(status) = client::look(server, path).await {
                self.expect_no_fault(path, status);
            }
        }
        Ok(())
    }

    fn expect_no_fault(&self, what: &str, status: StatusCode) {
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            self.journal.amiss(format!("{what} was answered {status}"));
        }
    }
}
