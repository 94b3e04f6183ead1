//! The command line on PostgreSQL.

use gridpass_bench::Failure;
use gridpass_bench::client;
use gridpass_bench::device::{self, Device};
use gridpass_protocol::Directory;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use super::shared::{Shared, TestDatabase, run_with};
use crate::faults::stage::succeed;
use crate::fixture::Fixture;

const DEVICE_ID: &str = "COMMAND-0001";

/// Why a command was refused.
fn refusal(outcome: Result<String, Failure>) -> String {
    outcome.expect_err("it is refused").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_works_on_postgresql() -> Result<(), Failure> {
    let shared = Shared::new().await?;
    // The first command of all makes schema and keys.
    let registered = shared.run(&[
        "register",
        "--provider=demo",
        "--account=A-7001",
        "--device-id",
        DEVICE_ID,
        "--json",
    ])?;
    let registered: Value = serde_json::from_str(&registered)?;
    let link = registered["link"].as_str().ok_or("no link")?;

    let server = shared.server().await?;
    let directory = client::get(server.address(), "/.well-known/gridpass").await?;
    let directory: Directory = serde_json::from_slice(&directory)?;
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let device = Device::make(link, DEVICE_ID, &directory, device::now(), &mut rng)?;
    let answer = succeed(server.address(), &device.confirmation).await?;
    let enrollment = device.open(&answer)?.enrollment_id.to_string();
    let shown = server.run(&["enrollment", "show", &enrollment, "--json"])?;
    let shown: Value = serde_json::from_str(&shown)?;
    assert_eq!(shown["state"]["name"], "issued", "{shown}");

    server.api_token()?;
    let tokens = server.run(&["token", "list", "--provider=demo"])?;
    let (token, _) = tokens.split_once(' ').ok_or("a token")?;
    server.run(&["token", "revoke", "--provider=demo", token])?;
    let invited = server.run(&[
        "admin",
        "invite",
        "--provider=demo",
        "--email=one@demo.example",
        "--name=One",
    ])?;
    assert!(invited.contains("/staff/"), "{invited}");

    server.run(&["keys", "rotate", "--provider=demo"])?;
    server.run(&["keys", "exchange-key-file"])?;
    let keys = server.run(&["keys", "list"])?;
    assert!(keys.contains("key file  exchanged"), "{keys}");
    // The new key is the next one for 15 seconds, in which these commands may have run or not.
    let beside = keys.contains("next") || keys.contains("overlapping");
    assert!(keys.contains("current") && beside, "{keys}");
    let proof = server.run(&["store", "verify", "--json"])?;
    let proof: Value = serde_json::from_str(&proof)?;
    assert_eq!(proof["tables"]["certificates"], 1, "{proof}");
    assert_eq!(proof["findings"], json!([]));
    server.run(&["audit", "verify", "--provider=demo"])?;
    let again = succeed(server.address(), &device.confirmation).await?;
    assert_eq!(
        device.open(&again)?.enrollment_id.to_string(),
        enrollment,
        "the server goes on under another key file"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_file_has_is_refused_with_the_way_to_go() -> Result<(), Failure> {
    let shared = Shared::new().await?;
    let backup = shared.folder().join("backup").display().to_string();
    let refused = refusal(shared.run(&["backup", "--to", &backup]));
    assert!(refused.contains("pg_dump"), "{refused}");
    let refused = refusal(shared.run(&["restore", "--from", &backup]));
    assert!(refused.contains("--into"), "{refused}");
    let target = TestDatabase::new().await?;
    let refused = refusal(shared.run(&["store", "copy", "--to", &target.url()]));
    assert!(refused.contains("nothing to copy"), "{refused}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_moves_to_postgresql_and_goes_on_there() -> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let before = fixture.server().await?;
    let devices = Fixture::devices(&before, 3).await?;
    let confirmed = succeed(before.address(), &devices[0].confirmation).await?;
    let certificate = devices[0].open(&confirmed)?.certificate;
    before.ask_to_stop()?;
    assert!(block_in_place(|| before.wait())?);
    let proof = |settings: &[(&str, &str)]| -> Result<Value, Failure> {
        let proof = run_with(&fixture, settings, &["store", "verify", "--json"])?;
        let mut proof: Value = serde_json::from_str(&proof)?;
        // Only PostgreSQL has it: whose turn it is to write.
        let tables = proof["tables"].as_object_mut().ok_or("no tables")?;
        tables.remove("write_turn");
        Ok(proof)
    };
    let of_file = proof(&[])?;

    let target = TestDatabase::new().await?;
    let url = target.url();
    let there = [("GRIDPASS_DATABASE__URL", url.as_str())];
    let copied = run_with(&fixture, &[], &["store", "copy", "--to", &url])?;
    assert!(copied.contains("the same as in"), "{copied}");
    assert_eq!(proof(&there)?, of_file, "the same rows, the same audits");
    let again = refusal(run_with(&fixture, &[], &["store", "copy", "--to", &url]));
    assert!(again.contains("empty"), "{again}");

    let after = fixture.server_with(&there).await?;
    let repeated = succeed(after.address(), &devices[0].confirmation).await?;
    assert_eq!(devices[0].open(&repeated)?.certificate, certificate);
    let other = succeed(after.address(), &devices[1].confirmation).await?;
    devices[1].open(&other)?;
    after.run(&["audit", "verify", "--provider=demo"])?;
    Ok(())
}
