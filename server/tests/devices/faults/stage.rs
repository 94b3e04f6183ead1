//! A server with devices at every point of their enrollment, and what is asked of it while it
//! cannot write and afterwards.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gridpass_bench::Failure;
use gridpass_bench::client::{self, Call, connect, exchange, send};
use gridpass_bench::device::{self, Device, link_of};
use gridpass_bench::server::Server;
use gridpass_bench::talker::Talker;
use gridpass_bench::tls::DeviceLine;
use gridpass_protocol::Directory;
use hyper::body::Bytes;
use hyper::{Response, StatusCode};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tokio::time::{interval, timeout};

use crate::fixture::Fixture;

/// Whatever the fault, an answer comes within this: the turn, the writer's patience, and time for a
/// busy machine.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);
/// The server is whole again within this after the fault is over.
const HEALED_WITHIN: Duration = Duration::from_secs(30);
/// Whoever asks whether the server is ready learns of a fault within this.
pub(crate) const SEEN_WITHIN: Duration = Duration::from_secs(20);
/// A look at what there is to see.
const GLANCE: Duration = Duration::from_millis(100);
/// Clients that come at once.
const CROWD: usize = 150;
/// More threads than turns, workers and the runtime together have.
const MOST_THREADS: usize = 130;
/// Memory that a crowd may cost, in bytes.
const MOST_MEMORY: u64 = 128 << 20;

/// How many rows every table has, and what is in those that say how enrollments stand.
type Content = BTreeMap<String, String>;

/// A device that has its label: its confirmation, and one with a mistyped device ID.
struct Enrolling {
    right: Device,
    mistyped: Device,
}

pub(super) struct Stage {
    pub(super) fixture: Fixture,
    pub(super) server: Server,
    token: String,
    /// Confirms although it is refused at first.
    first: Enrolling,
    /// Mistypes first.
    second: Enrolling,
    /// Enrolled, with a message that is not answered yet.
    talker: Talker,
}

impl Stage {
    pub(super) async fn new(fixture: Fixture, server: Server) -> Result<Self, Failure> {
        let token = server.api_token()?;
        let registered = client::run(server.address(), device::registrations(3, &token), 1).await?;
        assert_eq!(registered.errors, 0);
        let directory = client::get(server.address(), "/.well-known/gridpass").await?;
        let directory: Directory = serde_json::from_slice(&directory)?;
        let mut rng = ChaCha20Rng::seed_from_u64(17);
        let mut enrolling = Vec::new();
        for (index, answer) in registered.answers.iter().enumerate() {
            let link = link_of(answer)?;
            let mut make = |id: &str| Device::make(&link, id, &directory, device::now(), &mut rng);
            enrolling.push(Enrolling {
                right: make(&format!("BENCH{index:08}"))?,
                mistyped: make("MISTYPED-ID")?,
            });
        }
        let [first, second, enrolled] =
            <[Enrolling; 3]>::try_from(enrolling).map_err(|_| "three were registered")?;
        let answer = succeed(server.address(), &enrolled.right.confirmation).await?;
        let mut talker = Talker::new(&enrolled.right, &answer)?;
        let hello = talker.hello(&mut rng)?;
        talker.hear(&succeed(server.address(), &hello).await?)?;
        talker.poll(&mut rng)?;
        Ok(Self {
            fixture,
            server,
            token,
            first,
            second,
            talker,
        })
    }

    /// A registration that can be repeated.
    fn registration(&self, number: usize) -> Call {
        let body = json!({
            "account": "A-1001",
            "device_id": format!("FAULT{number:08}"),
            "kind": "device",
            "channel": "api",
        });
        Call {
            path: "/api/v1/registrations".into(),
            headers: vec![
                ("authorization", format!("Bearer {}", self.token)),
                ("content-type", "application/json".into()),
                ("idempotency-key", format!("fault-{number}")),
            ],
            body: body.to_string().into(),
        }
    }

    fn pending(&self) -> Result<Call, Failure> {
        Ok(self.talker.pending().ok_or("nothing was said")?)
    }

    /// While the database cannot be written: whoever asks is told so, and when to come again, and
    /// nothing of it is kept.
    pub(super) async fn everything_is_refused(&self) -> Result<(), Failure> {
        let address = self.server.address();
        let before = self.content()?;
        let calls = [
            self.first.right.confirmation.clone(),
            self.second.mistyped.confirmation.clone(),
            self.pending()?,
            self.registration(0),
            sign_in(),
        ];
        let asked: Vec<_> = calls
            .into_iter()
            .map(|call| tokio::spawn(async move { refused(address, &call).await }))
            .collect();
        for asked in asked {
            asked.await??;
        }
        timeout(SEEN_WITHIN, until_not_ready(address)).await?;
        client::get(address, "/healthz").await?;
        assert_eq!(self.content()?, before, "what was refused is not written");
        Ok(())
    }

    /// Under a clock that is wrong: whatever is answered, no fault of ours is among it, and a right
    /// confirmation that is refused is not spent.
    pub(super) async fn nothing_is_spent(&self) -> Result<(), Failure> {
        let address = self.server.address();
        let calls = [
            self.first.right.confirmation.clone(),
            self.pending()?,
            self.registration(0),
            sign_in(),
        ];
        for call in calls {
            let (status, body) = ask(address, &call).await?;
            let body = String::from_utf8_lossy(&body);
            assert!(!status.is_server_error(), "{}: {body}", call.path);
        }
        Ok(())
    }

    /// The device that is enrolled is let in with its certificate, and answered.
    pub(super) async fn the_enrolled_comes_in_over_tls(&self) -> Result<(), Failure> {
        let directory = client::get(self.server.address(), "/.well-known/gridpass").await?;
        let directory: Directory = serde_json::from_slice(&directory)?;
        let line = DeviceLine::of(&directory.providers[0])?;
        let mut sender = line.open(Some(self.talker.identity())).await?;
        let call = Call {
            path: "/openadr3/3.1.0/auth/token".into(),
            headers: vec![("content-type", "application/x-www-form-urlencoded".into())],
            body: "grant_type=client_credentials".into(),
        };
        let answer = client::exchange_with(&mut sender, &call, line.host()).await?;
        assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
        Ok(())
    }

    /// While the database cannot be written, many come at once: all are answered, and the server
    /// grows by no more than its bounds.
    pub(super) async fn a_crowd_is_borne(&self) -> Result<(), Failure> {
        let address = self.server.address();
        let memory = self.server.memory()?;
        let asked: Vec<_> = (0..CROWD)
            .map(|number| {
                let call = self.registration(1000 + number);
                tokio::spawn(async move { refused(address, &call).await })
            })
            .collect();
        let mut most_threads = 0;
        for asked in asked {
            most_threads = most_threads.max(self.server.threads()?);
            asked.await??;
        }
        assert!(most_threads <= MOST_THREADS, "{most_threads} threads");
        let grown = self.server.memory()?.saturating_sub(memory);
        assert!(grown <= MOST_MEMORY, "{grown} bytes more");
        Ok(())
    }

    /// When the fault is over, without a restart: whatever was refused succeeds on repetition, as
    /// if it had been sent but now; and all of it survives a kill.
    pub(super) async fn everything_goes_on(mut self) -> Result<(), Failure> {
        let address = self.server.address();
        timeout(HEALED_WITHIN, until_ready(address)).await?;
        let certificate = self.confirm_first().await?;
        assert_eq!(self.confirm_first().await?, certificate, "one certificate");

        let (status, body) = ask(address, &self.second.mistyped.confirmation).await?;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        let problem: Value = serde_json::from_slice(&body)?;
        assert_eq!(problem["remaining"], 4, "what was refused cost no try");
        succeed(address, &self.second.right.confirmation).await?;

        let answer = succeed(address, &self.pending()?).await?;
        self.talker.hear(&answer)?;
        let registered = succeed(address, &self.registration(0)).await?;
        let again = succeed(address, &self.registration(0)).await?;
        let id = |answer: &[u8]| Ok::<_, Failure>(enrollment_of(&serde_json::from_slice(answer)?));
        assert_eq!(id(&registered)?, id(&again)?, "one registration");
        succeed(address, &sign_in()).await?;

        let database = self.database()?;
        let count = |sql| database.query_row(sql, [], |row| row.get::<_, i64>(0));
        assert_eq!(count("SELECT COUNT(*) FROM certificates")?, 3);
        assert_eq!(
            count("SELECT COUNT(DISTINCT enrollment_id) FROM certificates")?,
            3,
            "no device has two"
        );
        drop(database);
        self.server.run(&["audit", "verify", "--provider=demo"])?;
        let log = self.server.log()?;
        assert!(!log.contains("panicked"), "nothing panicked: {log}");

        self.server.kill()?;
        self.server = self.fixture.server().await?;
        assert_eq!(self.confirm_first().await?, certificate, "it was kept");
        Ok(())
    }

    async fn confirm_first(&self) -> Result<Vec<u8>, Failure> {
        let device = &self.first.right;
        let answer = succeed(self.server.address(), &device.confirmation).await?;
        Ok(device.open(&answer)?.certificate)
    }

    pub(super) fn database(&self) -> Result<Connection, Failure> {
        let database = self.fixture.folder().join("gridpass.sqlite");
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(ANSWERED_WITHIN)?;
        Ok(connection)
    }

    fn content(&self) -> Result<Content, Failure> {
        let database = self.database()?;
        let mut names = database.prepare(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        )?;
        let names: Vec<String> = names
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut content = Content::new();
        for name in names {
            let sql = format!("SELECT COUNT(*) FROM {name}");
            let rows: i64 = database.query_row(&sql, [], |row| row.get(0))?;
            content.insert(name, rows.to_string());
        }
        for (what, sql) in [
            (
                "states",
                "SELECT COALESCE(GROUP_CONCAT(state), '') FROM (SELECT state FROM enrollments ORDER BY id)",
            ),
            (
                "tries",
                "SELECT COALESCE(CAST(SUM(failures) AS TEXT), '') FROM mapping_failures",
            ),
        ] {
            content.insert(
                what.to_owned(),
                database.query_row(sql, [], |row| row.get(0))?,
            );
        }
        Ok(content)
    }
}

fn enrollment_of(answer: &Value) -> Option<String> {
    answer["enrollment_id"].as_str().map(str::to_owned)
}

/// A customer asks for a code.
pub(super) fn sign_in() -> Call {
    Call {
        path: "/api/fn/sign-in".into(),
        headers: vec![("content-type", "application/x-www-form-urlencoded".into())],
        body: "provider=demo&account=A-1001".into(),
    }
}

pub(crate) async fn until_not_ready(address: SocketAddr) {
    let mut glances = interval(GLANCE);
    while client::get(address, "/readyz").await.is_ok() {
        glances.tick().await;
    }
}

pub(crate) async fn until_ready(address: SocketAddr) {
    let mut glances = interval(GLANCE);
    while client::get(address, "/readyz").await.is_err() {
        glances.tick().await;
    }
}

/// Asks on a connection of its own.
pub(crate) async fn ask(address: SocketAddr, call: &Call) -> Result<(StatusCode, Bytes), Failure> {
    let mut sender = connect(address).await?;
    send(&mut sender, call, address).await
}

/// Asks, and has success.
pub(crate) async fn succeed(address: SocketAddr, call: &Call) -> Result<Bytes, Failure> {
    let (status, body) = ask(address, call).await?;
    assert!(
        status.is_success() || status.is_redirection(),
        "{}: {status}: {}",
        call.path,
        String::from_utf8_lossy(&body)
    );
    Ok(body)
}

/// Asks, and is told in time to come again.
async fn refused(address: SocketAddr, call: &Call) -> Result<(), Failure> {
    let started = Instant::now();
    let mut sender = connect(address).await?;
    let answer = exchange(&mut sender, call, address).await?;
    let took = started.elapsed();
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    let path = &call.path;
    assert_eq!(answer.status(), 503, "{path}: {body}");
    assert!(took < ANSWERED_WITHIN, "{path} took {took:?}");
    let seconds: u64 = header(&answer, "retry-after")?.parse()?;
    assert!((1..=60).contains(&seconds), "{path}: {seconds}");
    if path.starts_with("/api/v1/") {
        assert_eq!(header(&answer, "content-type")?, "application/problem+json");
        assert!(
            body.contains("urn:gridpass:problem:service-unavailable"),
            "{body}"
        );
    }
    Ok(())
}

fn header<'a>(answer: &'a Response<Bytes>, name: &str) -> Result<&'a str, Failure> {
    let value = answer
        .headers()
        .get(name)
        .ok_or_else(|| format!("no {name}: {answer:?}"))?;
    Ok(value.to_str()?)
}
