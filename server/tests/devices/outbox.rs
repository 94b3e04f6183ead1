//! Server and mail server are killed at random: every mail leaves at least once, and nothing that it said is
//! left in any file of the database. A mail of which the sender never heard that it was taken leaves again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gridpass_bench::Failure;
use gridpass_bench::client::{Call, connect, send};
use gridpass_bench::server::Server;
use gridpass_protocol::{Link, TemporaryId};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tokio::time::{interval, timeout};

use crate::fixture::Fixture;
use crate::mail_server::{Ends, MailServer, lock};

const ROUNDS: usize = 12;
const MAILS_A_ROUND: usize = 15;
/// What is waited for at most at the end.
const PATIENCE: Duration = Duration::from_secs(120);
/// A look at what there is to see.
const GLANCE: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread")]
async fn every_mail_leaves_though_both_servers_die_and_no_file_keeps_what_it_said()
-> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let mut stage = Stage::new(&fixture)?;
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let mut answered = BTreeSet::new();

    // The first mails wait, for there is no mail server yet: this is what must not be left in the end.
    let server = stage.server().await?;
    let token = server.api_token()?;
    answered.extend(
        stage
            .register(&server, &token, MAILS_A_ROUND, usize::MAX)
            .await?,
    );
    let sealed = stage.sealed_contents()?;
    assert_eq!(sealed.len(), MAILS_A_ROUND);
    for content in &sealed {
        assert!(stage.is_in_files(content)?, "what waits is in the files");
    }
    server.kill()?;

    for round in 0..ROUNDS {
        let server = stage.server().await?;
        if rng.next_u32() % 3 > 0 {
            stage.mail.start(Ends::Killed)?;
        }
        stage.advance_clock()?;
        let until = 2 + rng.next_u32() as usize % (MAILS_A_ROUND - 2);
        answered.extend(
            stage
                .register(&server, &token, MAILS_A_ROUND, until)
                .await?,
        );
        stage.idle(u64::from(rng.next_u32() % 400)).await;
        if round % 2 == 0 {
            stage.mail.kill();
        }
        stage.idle(u64::from(rng.next_u32() % 200)).await;
        server.kill()?;
        stage.mail.kill();
    }

    // One is taken over, and its sender never hears of it.
    let server = stage.server().await?;
    answered.extend(stage.register(&server, &token, 1, 1).await?);
    stage.mail.start(Ends::AfterOneMail)?;
    let unheard = timeout(PATIENCE, stage.until_dead()).await??;
    stage.mail.kill();

    stage.mail.start(Ends::Killed)?;
    timeout(PATIENCE, stage.until_all_left(&answered, &unheard)).await??;
    timeout(PATIENCE, stage.until_forgotten(&sealed)).await??;
    assert!(!server.log()?.contains("panicked"), "nothing panicked");
    Ok(())
}

/// What the test plays on.
struct Stage<'a> {
    fixture: &'a Fixture,
    mail: MailServer,
    clock: PathBuf,
    now: u64,
    registered: usize,
}

impl<'a> Stage<'a> {
    fn new(fixture: &'a Fixture) -> Result<Self, Failure> {
        let mut stage = Self {
            fixture,
            mail: MailServer::new()?,
            clock: fixture.folder().join("clock"),
            now: 1_798_761_600,
            registered: 0,
        };
        stage.advance_clock()?;
        Ok(stage)
    }

    async fn server(&self) -> Result<Server, Failure> {
        let port = self.mail.port().to_string();
        let clock = self.clock.to_str().ok_or("a strange folder")?;
        self.fixture
            .server_with(&[
                ("GRIDPASS_DEV__CLOCK_FILE", clock),
                ("GRIDPASS_DELIVERY__WORKERS", "4"),
                ("GRIDPASS_DELIVERY__SMTP__HOST", "127.0.0.1"),
                ("GRIDPASS_DELIVERY__SMTP__PORT", &port),
                ("GRIDPASS_DELIVERY__SMTP__TLS", "none"),
                ("GRIDPASS_DELIVERY__SMTP__FROM", "portal@gmec.example"),
            ])
            .await
    }

    /// Beyond the time after which a message that somebody took counts as abandoned.
    fn advance_clock(&mut self) -> Result<(), Failure> {
        self.now += 130;
        let next = self.clock.with_extension("next");
        std::fs::write(&next, self.now.to_string())?;
        // At once whole: the server reads it at any moment.
        Ok(std::fs::rename(next, &self.clock)?)
    }

    /// Lets the servers do what they do for so many milliseconds.
    async fn idle(&self, milliseconds: u64) {
        let _ = timeout(
            Duration::from_millis(milliseconds),
            std::future::pending::<()>(),
        )
        .await;
    }

    /// Registers devices by mail, and returns the temporary ids of the first `until` that were answered.
    async fn register(
        &mut self,
        server: &Server,
        token: &str,
        count: usize,
        until: usize,
    ) -> Result<Vec<TemporaryId>, Failure> {
        let mut sender = connect(server.address()).await?;
        let mut answered = Vec::new();
        for _ in 0..count.min(until) {
            self.registered += 1;
            let body = json!({
                "account": "A-1001",
                "device_id": format!("SN-4711-{:06}", self.registered),
                "kind": "device",
                "channel": "email",
            });
            let call = Call {
                path: "/api/v1/registrations".to_owned(),
                headers: vec![
                    ("authorization", format!("Bearer {token}")),
                    ("content-type", "application/json".to_owned()),
                ],
                body: body.to_string().into(),
            };
            let (status, body) = send(&mut sender, &call, server.address()).await?;
            assert!(
                status.is_success(),
                "{status}: {}",
                String::from_utf8_lossy(&body)
            );
            let answer: Value = serde_json::from_slice(&body)?;
            assert!(
                answer["label"].is_null(),
                "the label goes to the customer alone"
            );
            let id = answer["temporary_id"].as_str().ok_or("no temporary id")?;
            answered.push(id.parse()?);
        }
        Ok(answered)
    }

    /// Waits until the mail server has died of a mail; its message id.
    async fn until_dead(&mut self) -> Result<String, Failure> {
        let mut glances = interval(GLANCE);
        loop {
            glances.tick().await;
            self.let_time_pass()?;
            if let Some(id) = self.mail.last() {
                return Ok(id);
            }
        }
    }

    /// Waits until a mail of each of these was taken over, and that of `unheard` once more.
    async fn until_all_left(
        &mut self,
        answered: &BTreeSet<TemporaryId>,
        unheard: &str,
    ) -> Result<(), Failure> {
        let mut glances = interval(GLANCE);
        loop {
            glances.tick().await;
            self.let_time_pass()?;
            let taken = self.mail.taken();
            let taken = lock(&taken);
            let left: BTreeSet<TemporaryId> = taken
                .values()
                .filter_map(|(_, mail)| temporary_id(mail))
                .collect();
            let came_again = taken.get(unheard).is_some_and(|(copies, _)| *copies > 1);
            if answered.is_subset(&left) && came_again {
                return Ok(());
            }
        }
    }

    /// Waits until nothing of these contents is in any file.
    async fn until_forgotten(&mut self, sealed: &[Vec<u8>]) -> Result<(), Failure> {
        let mut glances = interval(GLANCE);
        loop {
            glances.tick().await;
            self.let_time_pass()?;
            if !self.sealed_contents()?.is_empty() {
                continue;
            }
            let mut parts = sealed.iter().flat_map(|c| c.chunks_exact(c.len() / 4));
            if !parts.try_fold(false, |found, part| {
                Ok::<_, Failure>(found || self.is_in_files(part)?)
            })? {
                return Ok(());
            }
        }
    }

    /// Lets what waits come due. Only when nothing is: on a slow machine the clock must not outrun
    /// the senders, until nobody wants the labels any more.
    fn let_time_pass(&mut self) -> Result<(), Failure> {
        let due: bool = self.database()?.query_row(
            "SELECT EXISTS (SELECT 1 FROM outbox
                 WHERE state IN ('waiting', 'sending') AND next_attempt_at <= ?1)",
            [i64::try_from(self.now)?],
            |row| row.get(0),
        )?;
        if due { Ok(()) } else { self.advance_clock() }
    }

    fn database(&self) -> Result<Connection, Failure> {
        let database = self.fixture.folder().join("gridpass.sqlite");
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(PATIENCE)?;
        Ok(connection)
    }

    fn sealed_contents(&self) -> Result<Vec<Vec<u8>>, Failure> {
        let connection = self.database()?;
        let mut statement = connection
            .prepare("SELECT sealed_content FROM outbox WHERE sealed_content IS NOT NULL")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn is_in_files(&self, bytes: &[u8]) -> Result<bool, Failure> {
        for name in ["gridpass.sqlite", "gridpass.sqlite-wal"] {
            if holds(&self.fixture.folder().join(name), bytes)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn holds(file: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    let content = match std::fs::read(file) {
        Ok(content) => content,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    Ok(content.windows(bytes.len()).any(|window| window == bytes))
}

/// Of the label in the text of a mail, which is quoted-printable (RFC 2045, 6.7).
fn temporary_id(mail: &str) -> Option<TemporaryId> {
    let text = mail.replace("=\r\n", "").replace("=3D", "=");
    let word = text
        .split_whitespace()
        .find(|word| word.contains("/e#") && word.starts_with("http"))?;
    Some(Link::parse(word).ok()?.1.temporary_id)
}
