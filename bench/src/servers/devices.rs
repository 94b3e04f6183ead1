//! What a device does from its label on, and what it keeps.

use std::collections::BTreeSet;
use std::time::Instant;

use gridpass_protocol::{Item, Outcome};
use hyper::body::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ocsp::{self, Standing};
use super::worker::Worker;
use crate::Failure;
use crate::client::Call;
use crate::device::Device;
use crate::talker::Talker;

/// How long a device waits for an instruction that is on its way, in seconds.
const WAIT: u32 = 5;

/// So many new keys a device asks for: a server gives it ten in an hour, and a call whose answer a kill took
/// away may have been one.
const MOST_RENEWALS: u32 = 6;

/// A device in service.
pub(super) struct Enrolled {
    pub(super) id: Uuid,
    pub(super) talker: Talker,
    /// Instructions that were carried out: the device's own journal.
    done: BTreeSet<Uuid>,
    to_report: Vec<Uuid>,
    renewals: u32,
}

impl Enrolled {
    /// From the label to the first message.
    pub(super) async fn enrol(worker: &mut Worker) -> Result<Self, Failure> {
        let device = worker.register().await?;
        let call = &device.confirmation;
        let answer = if worker.once_in(3) {
            // Two servers hear it at once: one issues, and the other one repeats that.
            worker.journal.note(|kept| kept.repeated += 1);
            let (one, other) = tokio::join!(worker.balancer.say(call), worker.balancer.say(call));
            other?.success()?;
            same(worker, &device, &one?.success()?, call).await?
        } else {
            let answer = worker.balancer.say(call).await?.success()?;
            if worker.once_in(3) {
                worker.journal.note(|kept| kept.repeated += 1);
                same(worker, &device, &answer, call).await?
            } else {
                answer
            }
        };
        let issuance = device.open(&answer)?;
        worker
            .journal
            .certified(issuance.enrollment_id, issuance.certificate);
        let mut enrolled = Self {
            id: issuance.enrollment_id,
            talker: Talker::new(&device, &answer)?,
            done: BTreeSet::new(),
            to_report: Vec::new(),
            renewals: 0,
        };
        let hello = enrolled.talker.hello(&mut worker.rng)?;
        enrolled.exchange(worker, &hello).await?;
        Ok(enrolled)
    }

    /// Whether it asks for one more new key, which counts.
    pub(super) fn may_renew(&mut self) -> bool {
        self.renewals += 1;
        self.renewals <= MOST_RENEWALS
    }

    /// A new key.
    pub(super) async fn renew(&mut self, worker: &mut Worker) -> Result<(), Failure> {
        let call = self.talker.rekey(&mut worker.rng)?;
        self.exchange(worker, &call).await?;
        // The new key is the device's once it has spoken.
        let hello = self.talker.hello(&mut worker.rng)?;
        self.exchange(worker, &hello).await?;
        let (certificate, _) = self.talker.identity();
        worker.journal.certified(self.id, certificate);
        Ok(())
    }

    /// An instruction, fetched or waited for, carried out and reported.
    pub(super) async fn instruct(&mut self, worker: &mut Worker) -> Result<(), Failure> {
        worker.ordered += 1;
        let order = self.order(worker)?;
        if worker.once_in(3) {
            self.wait_for(worker, &order).await?;
        } else {
            self.send_order(worker, &order).await?;
        }
        self.poll(worker).await?;
        // Some report later, with others.
        if !worker.once_in(4) {
            self.report(worker).await?;
        }
        Ok(())
    }

    /// The device waits at one server while another one is told what to do.
    async fn wait_for(&mut self, worker: &mut Worker, order: &Call) -> Result<(), Failure> {
        let mut waiting = self.talker.poll(&mut worker.rng)?;
        waiting.headers.push(("prefer", format!("wait={WAIT}")));
        let balancer = worker.balancer.clone();
        let call = waiting.clone();
        let polling = tokio::spawn(async move {
            let answer = balancer.try_once(&call).await;
            (answer, Instant::now())
        });
        self.send_order(worker, order).await?;
        let ordered = Instant::now();
        let (answer, heard) = polling.await?;
        let answer = match answer {
            Ok(answer) if answer.status.is_success() => answer.body,
            // The server that it waited at is gone or busy: the same bytes again.
            _ => worker.balancer.say(&waiting).await?.success()?,
        };
        let before = self.done.len();
        self.hear(worker, &answer)?;
        if self.done.len() > before {
            worker
                .journal
                .note(|kept| kept.woken.push(heard.saturating_duration_since(ordered)));
        }
        Ok(())
    }

    fn order(&self, worker: &Worker) -> Result<Call, Failure> {
        let body = json!({
            "enrollments": [self.id.to_string()],
            "name": "set-point",
            "arguments": { "number": worker.ordered },
        });
        Ok(Call {
            path: "/api/v1/instructions".into(),
            headers: vec![
                ("content-type", "application/json".into()),
                (
                    "authorization",
                    format!("Bearer {}", worker.tokens.instructions),
                ),
                ("idempotency-key", format!("{}-{}", self.id, worker.ordered)),
            ],
            body: serde_json::to_vec(&body)?.into(),
        })
    }

    async fn send_order(&self, worker: &mut Worker, order: &Call) -> Result<(), Failure> {
        let twice = worker.once_in(4);
        let first = worker.balancer.say(order);
        let mut ids = BTreeSet::new();
        if twice {
            let (first, second) = tokio::join!(first, worker.balancer.say(order));
            ids.extend([instruction_id(&first?.success()?)?]);
            ids.extend([instruction_id(&second?.success()?)?]);
        } else {
            ids.extend([instruction_id(&first.await?.success()?)?]);
        }
        worker.journal.note(|kept| {
            if ids.len() > 1 {
                kept.amiss
                    .push("one order became two instructions".to_owned());
            }
            kept.instructed.extend(ids.iter().map(|id| (*id, self.id)));
        });
        Ok(())
    }

    async fn poll(&mut self, worker: &mut Worker) -> Result<(), Failure> {
        let call = self.talker.poll(&mut worker.rng)?;
        self.exchange(worker, &call).await
    }

    async fn report(&mut self, worker: &mut Worker) -> Result<(), Failure> {
        while let Some(item) = self.to_report.pop() {
            let call = self
                .talker
                .receipt(item, Outcome::Executed, &mut worker.rng)?;
            self.exchange(worker, &call).await?;
        }
        Ok(())
    }

    /// Nothing is left to be done or to be said.
    pub(super) async fn finish(&mut self, worker: &mut Worker) -> Result<(), Failure> {
        self.poll(worker).await?;
        self.report(worker).await?;
        self.poll(worker).await?;
        if !self.to_report.is_empty() {
            worker.journal.amiss(format!(
                "{} is told of an instruction after it has finished",
                self.id
            ));
        }
        Ok(())
    }

    /// Takes itself out of service.
    pub(super) async fn leave(&mut self, worker: &mut Worker) -> Result<(), Failure> {
        let call = self.talker.revoke("left", &mut worker.rng)?;
        let answer = worker.balancer.say(&call).await?;
        // Whoever has left may be told so when the first answer was lost.
        if answer.status.is_success() {
            self.talker.hear(&answer.body)?;
        }
        worker.journal.note(|kept| kept.revoked += 1);
        if worker.once_in(4) {
            let (certificate, _) = self.talker.identity();
            ocsp::ask(worker, self.id, &certificate, Standing::Revoked).await?;
        }
        Ok(())
    }

    pub(super) async fn exchange(
        &mut self,
        worker: &mut Worker,
        call: &Call,
    ) -> Result<(), Failure> {
        // Now and then the first answer is lost on its way to the device.
        if worker.once_in(6) {
            let _ = worker.balancer.try_once(call).await;
        }
        let answer = worker.balancer.say(call).await?.success()?;
        self.hear(worker, &answer)
    }

    fn hear(&mut self, worker: &Worker, answer: &Bytes) -> Result<(), Failure> {
        let items = self.talker.hear(answer)?;
        worker.journal.note(|kept| kept.messages += 1);
        for item in items {
            let Item::Instruction { id, .. } = item else {
                continue;
            };
            // What the device knows to have done it does not do again.
            if self.done.insert(id) {
                self.to_report.push(id);
                worker.journal.note(|kept| {
                    if !kept.executed.insert(id) {
                        kept.amiss
                            .push(format!("{id} was carried out by two devices"));
                    }
                });
            } else if !self.to_report.contains(&id) {
                worker
                    .journal
                    .amiss(format!("{id} was reported and is told again"));
            }
        }
        Ok(())
    }
}

/// Sends the confirmation again and compares the certificates.
async fn same(
    worker: &Worker,
    device: &Device,
    answer: &Bytes,
    call: &Call,
) -> Result<Bytes, Failure> {
    let again = worker.balancer.say(call).await?.success()?;
    let (before, now) = (device.open(answer)?, device.open(&again)?);
    if before.certificate != now.certificate || before.enrollment_id != now.enrollment_id {
        worker.journal.amiss(format!(
            "{} has two certificates for one confirmation",
            before.enrollment_id
        ));
    }
    Ok(again)
}

fn instruction_id(answer: &[u8]) -> Result<Uuid, Failure> {
    let answer: Value = serde_json::from_slice(answer)?;
    Ok(answer["instruction_id"].as_str().ok_or("no id")?.parse()?)
}
