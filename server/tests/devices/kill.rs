//! `kill -9` at any moment loses nothing that was answered and leaves nothing half done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::fixture::Fixture;
use gridpass_bench::Failure;
use gridpass_bench::client::{self, connect, send};
use gridpass_bench::device::Device;
use gridpass_bench::server::Server;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use tokio::sync::{mpsc, oneshot};

const DEVICES: usize = 1000;
const CONNECTIONS: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_and_what_was_not_succeeds_on_repetition() -> Result<(), Failure>
{
    let fixture = Fixture::new()?;
    let mut server = fixture.server().await?;
    let devices = Arc::new(Fixture::devices(&server, DEVICES).await?);
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    let mut answered: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
    let mut kills = 0;
    while answered.len() < DEVICES {
        // So many a life at most: a busy machine, on which the kill comes late, lives no fewer lives.
        let waiting: Vec<usize> = (0..DEVICES)
            .filter(|i| !answered.contains_key(i))
            .take(DEVICES / 5)
            .collect();
        let lifetime = 20 + (rng.next_u32() % 100) as usize;
        kills += usize::from(lifetime < waiting.len());
        answered.extend(confirm_until_killed(server, &devices, waiting, lifetime).await?);
        server = fixture.server().await?;
    }
    assert!(
        kills >= 5,
        "the server was killed in the middle {kills} times"
    );

    let calls = devices
        .iter()
        .map(|device| device.confirmation.clone())
        .collect();
    let repeated = client::run(server.address(), calls, CONNECTIONS).await?;
    assert_eq!(
        repeated.errors, 0,
        "a repeated confirmation is answered again"
    );
    let mut certificates = BTreeSet::new();
    for (index, answer) in repeated.answers.iter().enumerate() {
        let certificate = devices[index].open(answer)?.certificate;
        assert_eq!(
            answered.get(&index),
            Some(&certificate),
            "device {index} has one certificate"
        );
        certificates.insert(certificate);
    }
    assert_eq!(
        certificates.len(),
        DEVICES,
        "no certificate was given to two devices"
    );
    assert!(!server.log()?.contains("panicked"), "nothing panicked");
    Ok(())
}

/// Sends the confirmations of `waiting` and kills the server when `lifetime` of them are answered, while
/// others are under way. Returns the certificates that arrived.
async fn confirm_until_killed(
    server: Server,
    devices: &Arc<Vec<Device>>,
    waiting: Vec<usize>,
    lifetime: usize,
) -> Result<BTreeMap<usize, Vec<u8>>, Failure> {
    let address = server.address();
    let next = Arc::new(AtomicUsize::new(0));
    let waiting = Arc::new(waiting);
    let (report, mut reports) = mpsc::unbounded_channel();
    for _ in 0..CONNECTIONS {
        let (devices, waiting, next) =
            (Arc::clone(devices), Arc::clone(&waiting), Arc::clone(&next));
        let report = report.clone();
        tokio::spawn(async move {
            let mut sender = connect(address).await?;
            while let Some(&index) = waiting.get(next.fetch_add(1, Ordering::SeqCst)) {
                let (status, body) =
                    send(&mut sender, &devices[index].confirmation, address).await?;
                report.send((index, status, body))?;
            }
            Ok::<(), Failure>(())
        });
    }
    drop(report);
    let (kill, killed) = oneshot::channel::<()>();
    let executioner = tokio::task::spawn_blocking(move || {
        let _ = killed.blocking_recv();
        server.kill()
    });
    let mut kill = Some(kill);
    let mut certificates = BTreeMap::new();
    while let Some((index, status, body)) = reports.recv().await {
        assert!(
            status.is_success(),
            "{status}: {}",
            String::from_utf8_lossy(&body)
        );
        certificates.insert(index, devices[index].open(&body)?.certificate);
        if certificates.len() >= lifetime {
            drop(kill.take());
        }
    }
    drop(kill);
    executioner.await??;
    Ok(certificates)
}
