//! PostgreSQL is killed under a server with a load, again and again: nothing that was answered is
//! lost, whatever was not succeeds on repetition, and the server goes on by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gridpass_bench::device::Device;
use gridpass_bench::{Failure, client};
use gridpass_provider::{Database, testkit};
use gridpass_testing_postgres::{Cluster, Durability};
use hyper::StatusCode;
use hyper::body::Bytes;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::faults::stage::{ask, until_ready};
use crate::fixture::Fixture;

const DEVICES: usize = 96;
const CONNECTIONS: usize = 16;
/// How often PostgreSQL is killed.
const KILLS: usize = 2;
/// The server is whole again within this after PostgreSQL is.
const HEALED_WITHIN: Duration = Duration::from_secs(30);

/// Certificates by device.
type Certificates = BTreeMap<usize, Vec<u8>>;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_postgresql_being_killed_in_the_middle() -> Result<(), Failure> {
    let mut cluster = spawn_blocking(|| Cluster::start(Durability::Durable)).await??;
    let url = cluster.url();
    let fixture = Fixture::new()?;
    let server = fixture
        .server_with(&[("GRIDPASS_DATABASE__URL", &url)])
        .await?;
    let address = server.address();
    let devices = Arc::new(Fixture::devices(&server, DEVICES).await?);
    let mut answered = Certificates::new();
    let mut put_off = 0;
    for kill in 0..KILLS {
        let waiting = waiting(&answered);
        let lifetime = waiting.len() / (KILLS + 1 - kill) / 2;
        let mut load = Load::begin(address, &devices, waiting);
        answered.extend(load.answers(lifetime).await?);
        // Others are under way.
        cluster = spawn_blocking(move || cluster.kill().map(|()| cluster)).await??;
        answered.extend(load.answers(DEVICES).await?);
        put_off += load.put_off;
        cluster = spawn_blocking(move || cluster.start_again().map(|()| cluster)).await??;
        timeout(HEALED_WITHIN, until_ready(address)).await?;
    }
    assert!(put_off >= KILLS, "{put_off} confirmations met no database");
    let mut rest = Load::begin(address, &devices, waiting(&answered));
    answered.extend(rest.answers(DEVICES).await?);
    let log = server.log()?;
    assert_eq!((answered.len(), rest.put_off), (DEVICES, 0), "{log}");

    let calls = devices.iter().map(|device| device.confirmation.clone());
    let repeated = client::run(address, calls.collect(), CONNECTIONS).await?;
    let log = server.log()?;
    assert_eq!(
        repeated.errors, 0,
        "what was answered is answered again: {log}"
    );
    for (index, answer) in repeated.answers.iter().enumerate() {
        let certificate = devices[index].open(answer)?.certificate;
        assert_eq!(answered.get(&index), Some(&certificate), "device {index}");
    }
    let given: BTreeSet<_> = answered.into_values().collect();
    assert_eq!(
        spawn_blocking(move || kept(&url)).await??,
        given.into_iter().collect::<Vec<_>>(),
        "one certificate each, and no others"
    );
    server.run(&["audit", "verify", "--provider=demo"])?;
    assert!(!server.log()?.contains("panicked"), "nothing panicked");
    drop(server);
    Ok(())
}

/// Who has no certificate.
fn waiting(answered: &Certificates) -> Vec<usize> {
    (0..DEVICES)
        .filter(|device| !answered.contains_key(device))
        .collect()
}

/// Every certificate that the database holds, in order.
fn kept(url: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let database: Database = url.parse()?;
    let connection = testkit::database(&database)?;
    let mut statement =
        connection.prepare_cached("SELECT certificate FROM certificates ORDER BY certificate")?;
    Ok(statement.query_map([], |row| row.get(0))?)
}

/// Confirmations that are under way.
struct Load {
    devices: Arc<Vec<Device>>,
    answers: mpsc::UnboundedReceiver<(usize, StatusCode, Bytes)>,
    /// Confirmations that were told to come back.
    put_off: usize,
}

impl Load {
    /// Each of `waiting` confirms once.
    fn begin(address: SocketAddr, devices: &Arc<Vec<Device>>, waiting: Vec<usize>) -> Self {
        let (report, answers) = mpsc::unbounded_channel();
        let (waiting, next) = (Arc::new(waiting), Arc::new(AtomicUsize::new(0)));
        for _ in 0..CONNECTIONS {
            let (devices, waiting) = (Arc::clone(devices), Arc::clone(&waiting));
            let (next, report) = (Arc::clone(&next), report.clone());
            tokio::spawn(async move {
                while let Some(&index) = waiting.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let (status, body) = ask(address, &devices[index].confirmation).await?;
                    report.send((index, status, body))?;
                }
                Ok::<(), Failure>(())
            });
        }
        Self {
            devices: Arc::clone(devices),
            answers,
            put_off: 0,
        }
    }

    /// The certificates of the next answers: so many, or all that are left.
    async fn answers(&mut self, most: usize) -> Result<Certificates, Failure> {
        let mut certificates = Certificates::new();
        while certificates.len() < most {
            let Some((index, status, body)) = self.answers.recv().await else {
                break;
            };
            if status == StatusCode::SERVICE_UNAVAILABLE {
                self.put_off += 1;
                continue;
            }
            let said = String::from_utf8_lossy(&body);
            assert!(status.is_success(), "{status}: {said}");
            certificates.insert(index, self.devices[index].open(&body)?.certificate);
        }
        Ok(certificates)
    }
}
