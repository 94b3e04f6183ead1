//! A device that waits for something to lie in its mailbox.

use std::net::SocketAddr;
use std::time::Duration;

use gridpass_bench::Failure;
use gridpass_bench::client::{Call, get};
use gridpass_bench::server::Server;
use gridpass_bench::talker::Talker;
use gridpass_protocol::Item;
use hyper::StatusCode;
use hyper::body::Bytes;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};
use uuid::Uuid;

use crate::faults::stage::{ask, succeed};
use crate::fixture::Fixture;

/// As long as anybody may wait: who is answered sooner was woken.
pub(super) const WAIT: Duration = Duration::from_secs(60);
/// A look at what there is to see.
const GLANCE: Duration = Duration::from_millis(50);
/// A device that does not begin to wait within this never does.
const BEGINS_WITHIN: Duration = Duration::from_secs(30);

/// An enrolled device.
pub(super) struct Waiter {
    talker: Talker,
    enrollment: Uuid,
    rng: ChaCha20Rng,
}

impl Waiter {
    /// Confirms at one server and says hello at the other one.
    pub(super) async fn enrol(one: &Server, other: &Server) -> Result<Self, Failure> {
        let mut rng = ChaCha20Rng::seed_from_u64(23);
        let devices = Fixture::devices(one, 1).await?;
        let answer = succeed(one.address(), &devices[0].confirmation).await?;
        let mut talker = Talker::new(&devices[0], &answer)?;
        let hello = talker.hello(&mut rng)?;
        talker.hear(&succeed(other.address(), &hello).await?)?;
        Ok(Self {
            talker,
            enrollment: devices[0].open(&answer)?.enrollment_id,
            rng,
        })
    }

    /// Asks whether there is anything, and waits for it. The server shows at `metrics` that somebody
    /// waits before this returns.
    pub(super) async fn wait_at(
        &mut self,
        server: &Server,
        metrics: SocketAddr,
    ) -> Result<JoinHandle<Result<(StatusCode, Bytes), Failure>>, Failure> {
        let mut poll = self.talker.poll(&mut self.rng)?;
        poll.headers
            .push(("prefer", format!("wait={}", WAIT.as_secs())));
        let address = server.address();
        let waiting = tokio::spawn(async move { ask(address, &poll).await });
        timeout(BEGINS_WITHIN, until_somebody_waits(metrics)).await??;
        Ok(waiting)
    }

    /// The instructions that an answer brings.
    pub(super) fn hear(&mut self, answer: &[u8]) -> Result<Vec<Uuid>, Failure> {
        let items = self.talker.hear(answer)?;
        let instruction = |item| match item {
            Item::Instruction { id, .. } => Some(id),
            _ => None,
        };
        Ok(items.into_iter().filter_map(instruction).collect())
    }

    /// Asks whether there is anything, without waiting.
    pub(super) async fn poll_at(&mut self, server: &Server) -> Result<(), Failure> {
        let poll = self.talker.poll(&mut self.rng)?;
        self.talker.hear(&succeed(server.address(), &poll).await?)?;
        Ok(())
    }

    /// An instruction for it.
    pub(super) fn instruction(&self, token: &str) -> Call {
        let body = json!({
            "enrollments": [self.enrollment.to_string()],
            "name": "set-point",
            "arguments": { "number": 7 },
        });
        Call {
            path: "/api/v1/instructions".into(),
            headers: vec![
                ("content-type", "application/json".into()),
                ("authorization", format!("Bearer {token}")),
                ("idempotency-key", "order".into()),
            ],
            body: body.to_string().into(),
        }
    }
}

/// The id of an instruction that was accepted.
pub(super) fn instruction_id(answer: &[u8]) -> Result<Uuid, Failure> {
    let answer: Value = serde_json::from_slice(answer)?;
    Ok(answer["instruction_id"].as_str().ok_or("no id")?.parse()?)
}

async fn until_somebody_waits(metrics: SocketAddr) -> Result<(), Failure> {
    let mut glances = interval(GLANCE);
    loop {
        let shown = get(metrics, "/metrics").await?;
        let shown = std::str::from_utf8(&shown)?;
        if shown
            .lines()
            .any(|line| line == "gridpass_mailbox_listeners 1")
        {
            return Ok(());
        }
        glances.tick().await;
    }
}
