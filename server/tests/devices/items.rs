//! Instructions, with the server killed before, while and after it hears and answers: every one is
//! carried out once, and the provider knows of each.

use std::collections::BTreeSet;

use gridpass_bench::Failure;
use gridpass_bench::client::{Call, connect, send};
use gridpass_bench::server::Server;
use gridpass_bench::talker::Talker;
use gridpass_protocol::{Item, Outcome};
use gridpass_provider::{ApiClient, ApiTokenId};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::fixture::{Fixture, kill_while};

const INSTRUCTIONS: usize = 40;

/// A server that is killed again and again, a device that goes on, and a system that instructs it.
struct Stage<'a> {
    fixture: &'a Fixture,
    server: Option<Server>,
    kills: usize,
    rng: ChaCha20Rng,
}

/// The device's side: what it keeps, and what it has done.
struct Worker {
    talker: Talker,
    enrollment: String,
    /// The instructions that were carried out.
    done: BTreeSet<String>,
    /// Carried out and not reported yet.
    to_report: Vec<uuid::Uuid>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_instruction_is_carried_out_once_whenever_the_server_is_killed() -> Result<(), Failure>
{
    let fixture = Fixture::new()?;
    let mut stage = Stage {
        fixture: &fixture,
        server: None,
        kills: 0,
        rng: ChaCha20Rng::seed_from_u64(40),
    };
    stage.start().await?;
    let token = stage.server()?.run(&[
        "token",
        "create",
        "--provider=demo",
        "--name=orders",
        "--scope=instructions:write",
    ])?;
    let mut worker = stage.enrol().await?;
    let mut sent = Vec::new();
    for number in 0..INSTRUCTIONS {
        let call = instruction(&token, &worker.enrollment, number);
        let answer: Value = serde_json::from_slice(&stage.say(&call).await?)?;
        let id = answer["instruction_id"].as_str().ok_or("no id")?;
        sent.push(id.to_owned());
        worker.poll(&mut stage).await?;
        worker.report(&mut stage).await?;
    }
    worker.poll(&mut stage).await?;
    assert!(worker.to_report.is_empty());
    assert!(stage.kills >= INSTRUCTIONS, "killed {} times", stage.kills);
    let orders: BTreeSet<_> = sent.iter().cloned().collect();
    assert_eq!(orders.len(), INSTRUCTIONS, "each order is an instruction");
    assert_eq!(
        worker.done, orders,
        "what was ordered was done, and no more"
    );
    if let Some(server) = stage.server.take() {
        assert!(!server.log()?.contains("panicked"), "nothing panicked");
        server.kill()?;
    }
    let installation = fixture.installation()?;
    let client = ApiClient {
        id: ApiTokenId::from_uuid(uuid::Uuid::nil()),
        provider: "demo".parse()?,
        name: "orders".into(),
        scopes: Vec::new(),
    };
    for id in &sent {
        let seen = installation.instruction(&client, id.parse()?)?;
        assert_eq!((seen.counts.executed, seen.counts.total()), (1, 1), "{id}");
    }
    Ok(())
}

/// The same instruction again is the same one: it has a key.
fn instruction(token: &str, enrollment: &str, number: usize) -> Call {
    let body = json!({
        "enrollments": [enrollment],
        "name": "set-point",
        "arguments": { "number": number },
    });
    Call {
        path: "/api/v1/instructions".into(),
        headers: vec![
            ("content-type", "application/json".into()),
            ("authorization", format!("Bearer {token}")),
            ("idempotency-key", format!("order-{number}")),
        ],
        body: body.to_string().into(),
    }
}

impl Worker {
    /// Asks what there is, and does what it has not done yet.
    async fn poll(&mut self, stage: &mut Stage<'_>) -> Result<(), Failure> {
        let call = self.talker.poll(&mut stage.rng)?;
        self.exchange(stage, &call).await
    }

    /// Says what was done.
    async fn report(&mut self, stage: &mut Stage<'_>) -> Result<(), Failure> {
        while let Some(item) = self.to_report.pop() {
            let call = self
                .talker
                .receipt(item, Outcome::Executed, &mut stage.rng)?;
            self.exchange(stage, &call).await?;
        }
        Ok(())
    }

    async fn exchange(&mut self, stage: &mut Stage<'_>, call: &Call) -> Result<(), Failure> {
        let answer = stage.say(call).await?;
        for item in self.talker.hear(&answer)? {
            let Item::Instruction { id, .. } = item else {
                continue;
            };
            // What the device knows to have done it does not do again.
            if self.done.insert(id.to_string()) {
                self.to_report.push(id);
            } else if !self.to_report.contains(&id) {
                return Err(format!("{id} was reported and is told again").into());
            }
        }
        Ok(())
    }
}

impl Stage<'_> {
    fn server(&self) -> Result<&Server, Failure> {
        self.server.as_ref().ok_or_else(|| "no server runs".into())
    }

    async fn start(&mut self) -> Result<(), Failure> {
        self.server = Some(self.fixture.server().await?);
        Ok(())
    }

    fn kill(&mut self) -> Result<(), Failure> {
        self.kills += 1;
        self.server.take().ok_or("no server runs")?.kill()
    }

    async fn enrol(&mut self) -> Result<Worker, Failure> {
        let device = Fixture::devices(self.server()?, 1).await?.remove(0);
        let answer = self.send(&device.confirmation).await?;
        let mut worker = Worker {
            enrollment: device.open(&answer)?.enrollment_id.to_string(),
            talker: Talker::new(&device, &answer)?,
            done: BTreeSet::new(),
            to_report: Vec::new(),
        };
        let hello = worker.talker.hello(&mut self.rng)?;
        let answer = self.send(&hello).await?;
        worker.talker.hear(&answer)?;
        Ok(worker)
    }

    /// Says something although the server may be killed at any moment, and repeats it until it is
    /// answered.
    async fn say(&mut self, call: &Call) -> Result<Vec<u8>, Failure> {
        match self.rng.next_u32() % 4 {
            0 => return self.send(call).await,
            // Before it hears.
            1 => self.kill()?,
            2 => self.kill_while(call.clone()).await?,
            // After it has answered: the answer is lost.
            _ => {
                self.send(call).await?;
                self.kill()?;
            }
        }
        self.start().await?;
        self.send(call).await
    }

    async fn kill_while(&mut self, call: Call) -> Result<(), Failure> {
        let server = self.server.take().ok_or("no server runs")?;
        kill_while(server, call).await?;
        self.kills += 1;
        Ok(())
    }

    async fn send(&self, call: &Call) -> Result<Vec<u8>, Failure> {
        let server = self.server()?;
        let mut sender = connect(server.address()).await?;
        let (status, answer) = send(&mut sender, call, server.address()).await?;
        assert!(
            status.is_success(),
            "{status}: {}",
            String::from_utf8_lossy(&answer)
        );
        Ok(answer.to_vec())
    }
}
