//! Somebody tries one-time passwords, at every server at once.

use serde_json::Value;

use super::worker::Worker;
use crate::Failure;

/// Guesses at one label, all under way at once: more than twice what is judged.
const GUESSES: usize = 12;
/// How many of them are judged (protocol, Verification).
pub(super) const JUDGED: u32 = 5;

/// Guesses until the label is locked; then the right one-time password opens nothing either.
pub(super) async fn guess(worker: &mut Worker) -> Result<(), Failure> {
    let device = worker.register().await?;
    let temporary_id = device.temporary_id();
    worker
        .journal
        .note(|kept| kept.guessed.insert(temporary_id));
    let mut guessing = Vec::with_capacity(GUESSES);
    for _ in 0..GUESSES {
        let call = device.guess(&mut worker.rng)?;
        let balancer = worker.balancer.clone();
        guessing.push(tokio::spawn(async move { balancer.say(&call).await }));
    }
    let (mut judged, mut locked) = (0, 0);
    for guess in guessing {
        let answer = guess.await??;
        match problem(&answer.body)?.as_str() {
            "invalid-otp" => judged += 1,
            "locked" => locked += 1,
            other => worker
                .journal
                .amiss(format!("a guess at {temporary_id} was answered {other}")),
        }
    }
    if judged > JUDGED {
        worker
            .journal
            .amiss(format!("{judged} guesses at {temporary_id} were judged"));
    }
    let right = worker.balancer.say(&device.confirmation).await?;
    if right.status.is_success() || problem(&right.body)? != "locked" {
        worker
            .journal
            .amiss(format!("{temporary_id} opens after it was locked"));
    }
    worker.journal.note(|kept| {
        kept.judged += judged as usize;
        kept.locked += locked;
    });
    Ok(())
}

/// The name of a problem: the end of its type.
fn problem(body: &[u8]) -> Result<String, Failure> {
    let problem: Value = serde_json::from_slice(body)?;
    let name = problem["type"].as_str().ok_or("no problem document")?;
    Ok(name
        .rsplit(['/', ':', '#'])
        .next()
        .unwrap_or(name)
        .to_owned())
}
