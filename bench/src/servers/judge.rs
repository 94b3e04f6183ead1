//! Compares what clients were answered with what the database holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Plan;
use super::balancer::Balancer;
use super::database::{self, Certificate, Held};
use super::executioner::Fleet;
use super::guesses::JUDGED;
use super::journal::{Journal, Kept};
use super::secrets;
use super::worker::Tokens;
use crate::Failure;
use crate::client::{self, get_with};

/// Writes down whatever is not as it must be.
pub(super) async fn judge(
    plan: &Plan,
    fleet: &Fleet,
    balancer: &Balancer,
    tokens: &Tokens,
    journal: &Journal,
) -> Result<(), Failure> {
    let kept = journal.read();
    let held = database::read(&plan.database()?).await?;
    let mut amiss = certificates(&held.certificates, &kept);
    amiss.extend(guesses(&held, &kept)?);
    amiss.extend(instructions(balancer, tokens, &kept).await?);
    let server = fleet.one()?;
    let verified = server.run(&["audit", "verify", "--provider=demo"]);
    amiss.extend(
        verified
            .err()
            .map(|failure| format!("the audit: {failure}")),
    );
    amiss.extend(secrets::found(plan, tokens, &kept)?);
    if server.log()?.contains("panicked") {
        amiss.push("a server panicked".to_owned());
    }
    journal.note(|kept| kept.amiss.extend(amiss));
    Ok(())
}

/// What was answered is there, and nothing is there twice.
fn certificates(rows: &[Certificate], kept: &Kept) -> Vec<String> {
    let mut amiss = Vec::new();
    let (mut serials, mut keys) = (BTreeSet::new(), BTreeMap::new());
    let mut held = BTreeMap::new();
    for row in rows {
        let enrollment = uuid::Uuid::from_bytes(row.enrollment);
        if !serials.insert(&row.serial) {
            amiss.push(format!("a serial number of {enrollment} is there twice"));
        }
        let owner = keys.entry(&row.key).or_insert(enrollment);
        if *owner != enrollment {
            amiss.push(format!("{enrollment} and {owner} have one key"));
        }
        held.insert(&row.certificate, enrollment);
    }
    for (certificate, enrollment) in &kept.certificates {
        if held.get(certificate) != Some(enrollment) {
            amiss.push(format!(
                "a certificate of {enrollment} is not in the database"
            ));
        }
    }
    amiss
}

/// Every label that was guessed at was judged as often as it may be, and not once more.
fn guesses(held: &Held, kept: &Kept) -> Result<Vec<String>, Failure> {
    let mut amiss = Vec::new();
    let failures: BTreeMap<_, _> = held.failures.iter().copied().collect();
    let mut judged: BTreeMap<String, i64> = BTreeMap::new();
    for detail in &held.judged {
        let detail: Value = serde_json::from_str(detail)?;
        let id = detail["temporary_id"]
            .as_str()
            .ok_or("an entry without a label")?;
        *judged.entry(id.to_owned()).or_default() += 1;
    }
    for id in &kept.guessed {
        let counted = failures.get(id.as_bytes()).copied().unwrap_or(0);
        let written = judged.get(&id.to_string()).copied().unwrap_or(0);
        if (counted, written) != (i64::from(JUDGED), i64::from(JUDGED)) {
            amiss.push(format!(
                "{id}: {counted} guesses are counted and {written} are in the audit"
            ));
        }
    }
    Ok(amiss)
}

/// What was ordered was done, once, and the provider knows.
async fn instructions(
    balancer: &Balancer,
    tokens: &Tokens,
    kept: &Kept,
) -> Result<Vec<String>, Failure> {
    let mut amiss = Vec::new();
    let ordered: BTreeSet<_> = kept.instructed.keys().copied().collect();
    for id in ordered.symmetric_difference(&kept.executed) {
        amiss.push(format!(
            "{id} was ordered and not done, or done and not ordered"
        ));
    }
    let bearer = format!("Bearer {}", tokens.instructions);
    let server = *balancer.servers().first().ok_or("no server runs")?;
    let mut sender = client::connect(server).await?;
    for id in &ordered {
        let path = format!("/api/v1/instructions/{id}");
        let answer = get_with(&mut sender, server, &path, &[("authorization", &bearer)]).await?;
        let seen: Value = serde_json::from_slice(&answer)?;
        let counts = seen["counts"].as_object().ok_or("no counts")?;
        let total: u64 = counts.values().filter_map(Value::as_u64).sum();
        if (seen["counts"]["executed"].as_u64(), total) != (Some(1), 1) {
            amiss.push(format!("{id} is recorded as {}", seen["counts"]));
        }
    }
    Ok(amiss)
}
