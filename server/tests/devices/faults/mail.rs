//! A mail server that says nothing, one that puts everybody off at first, one that breaks off in the
//! middle of a mail.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gridpass_bench::Failure;
use gridpass_bench::client;
use gridpass_bench::device;
use rusqlite::{Connection, OptionalExtension};
use tokio::time::{interval, timeout};

use super::stage::{sign_in, succeed};
use crate::fixture::Fixture;
use crate::mail_server::read_mail;

/// What needs no mail server waits for none.
const BOUND: Duration = Duration::from_secs(5);
/// Longer than a mail server is given for a command.
const PATIENCE: Duration = Duration::from_secs(120);
/// A look at what there is to see.
const GLANCE: Duration = Duration::from_millis(200);

/// What it does to whoever comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// Accepts, and never says a word.
    Silent,
    /// Refuses everybody's first try for now (451), as greylisting does.
    Greylists,
    /// Breaks off in the middle of a mail.
    BreaksOff,
    Takes,
}

#[derive(Clone)]
pub(super) struct MoodyServer(Arc<State>);

struct State {
    mood: Mutex<Mood>,
    put_off: Mutex<BTreeSet<String>>,
    taken: Mutex<Vec<String>>,
    /// Connections of a silent one.
    held: Mutex<Vec<TcpStream>>,
    /// Conversations that it ended badly.
    spoilt: Mutex<usize>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MoodyServer {
    pub(super) fn start(mood: Mood) -> Result<(Self, u16), Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let server = Self(Arc::new(State {
            mood: Mutex::new(mood),
            put_off: Mutex::default(),
            taken: Mutex::default(),
            held: Mutex::default(),
            spoilt: Mutex::default(),
        }));
        let accepting = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = accepting.clone();
                // A connection that breaks is what this server is for.
                std::thread::spawn(move || server.converse(stream).ok());
            }
        });
        Ok((server, port))
    }

    fn set(&self, mood: Mood) {
        *lock(&self.0.mood) = mood;
    }

    fn mood(&self) -> Mood {
        *lock(&self.0.mood)
    }

    pub(super) fn taken(&self) -> usize {
        lock(&self.0.taken).len()
    }

    /// RFC 5321, as far as it takes.
    fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        if self.mood() == Mood::Silent {
            *lock(&self.0.spoilt) += 1;
            lock(&self.0.held).push(stream);
            return Ok(());
        }
        let mut lines = BufReader::new(&stream);
        let say = |line: &str| (&stream).write_all(format!("{line}\r\n").as_bytes());
        say("220 localhost")?;
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim().to_uppercase();
            match line.get(..4).unwrap_or(&line) {
                "RCPT" if self.puts_off(&line) => say("451 come again")?,
                "DATA" => {
                    say("354 go on")?;
                    if self.mood() == Mood::BreaksOff {
                        let mut first = String::new();
                        lines.read_line(&mut first)?;
                        *lock(&self.0.spoilt) += 1;
                        return Ok(());
                    }
                    let mail = read_mail(&mut lines)?;
                    lock(&self.0.taken).push(mail);
                    say("250 taken")?;
                }
                "QUIT" => return say("221 bye"),
                _ => say("250 fine")?,
            }
        }
    }

    fn puts_off(&self, recipient: &str) -> bool {
        let puts_off =
            self.mood() == Mood::Greylists && lock(&self.0.put_off).insert(recipient.to_owned());
        *lock(&self.0.spoilt) += usize::from(puts_off);
        puts_off
    }
}

/// The settings of a portal that hands its mail to this port, by this clock.
pub(super) fn reached_at<'a>(port: &'a str, clock: &'a str) -> [(&'static str, &'a str); 5] {
    [
        ("GRIDPASS_DEV__CLOCK_FILE", clock),
        ("GRIDPASS_DELIVERY__SMTP__HOST", "127.0.0.1"),
        ("GRIDPASS_DELIVERY__SMTP__PORT", port),
        ("GRIDPASS_DELIVERY__SMTP__TLS", "none"),
        ("GRIDPASS_DELIVERY__SMTP__FROM", "portal@gmec.example"),
    ]
}

/// A portal whose mail goes to a server in this mood: whoever asks for a code is answered at once, and
/// when the mail server has come to its senses the mail leaves, once.
async fn survives(mood: Mood) -> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let (mail, port) = MoodyServer::start(mood)?;
    let clock = fixture.folder().join("clock");
    let now = device::now().0;
    let set_clock = |seconds: u64| {
        let next = clock.with_extension("next");
        std::fs::write(&next, seconds.to_string())?;
        std::fs::rename(next, &clock)
    };
    set_clock(now)?;
    let (port, file) = (port.to_string(), fixture.folder().join("clock"));
    let server = fixture
        .server_with(&reached_at(&port, file.to_str().ok_or("a strange folder")?))
        .await?;
    let address = server.address();
    let begun = Instant::now();
    succeed(address, &sign_in()).await?;
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    let mut glances = interval(GLANCE);
    let spoilt = async {
        while *lock(&mail.0.spoilt) == 0 {
            glances.tick().await;
        }
    };
    timeout(PATIENCE, spoilt).await?;
    client::get(address, "/readyz").await?;
    if mood != Mood::Greylists {
        assert_eq!(mail.taken(), 0);
        mail.set(Mood::Takes);
    }
    let taken = async {
        while mail.taken() == 0 {
            glances.tick().await;
            if let Some(at) = put_off_until(&fixture)? {
                set_clock(at.max(now))?;
            }
        }
        Ok::<_, Failure>(())
    };
    timeout(PATIENCE, taken).await??;
    let settled = async {
        while !is_settled(&fixture)? {
            glances.tick().await;
        }
        Ok::<_, Failure>(())
    };
    timeout(PATIENCE, settled).await??;
    assert_eq!(mail.taken(), 1, "it left once");
    assert!(!server.log()?.contains("panicked"), "nothing panicked");
    Ok(())
}

/// Whether the mail counts as sent.
fn is_settled(fixture: &Fixture) -> Result<bool, Failure> {
    let sql = "SELECT settled_at FROM outbox WHERE kind = 'mail' AND state = 'sent'";
    Ok(time_of(fixture, sql)?.is_some())
}

/// When the mail is tried again, if it was put off.
fn put_off_until(fixture: &Fixture) -> Result<Option<u64>, Failure> {
    let sql = "SELECT next_attempt_at FROM outbox WHERE kind = 'mail' AND state = 'waiting'";
    time_of(fixture, sql)
}

fn time_of(fixture: &Fixture, sql: &str) -> Result<Option<u64>, Failure> {
    let database = Connection::open(fixture.folder().join("gridpass.sqlite"))?;
    database.busy_timeout(PATIENCE)?;
    let found: Option<i64> = database.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(found.map(u64::try_from).transpose()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_says_nothing_holds_nobody_up() -> Result<(), Failure> {
    survives(Mood::Silent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_puts_off_gets_the_mail_later() -> Result<(), Failure> {
    survives(Mood::Greylists).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_breaks_off_gets_the_mail_again() -> Result<(), Failure> {
    survives(Mood::BreaksOff).await
}
