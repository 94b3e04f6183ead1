//! A mail server that can be killed: what it has taken over is kept, everything else is lost with it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use gridpass_bench::Failure;
use gridpass_testing_port::Port;

/// Mails that were taken over, by message id: how often each came, and what it says.
pub(crate) type Taken = Arc<Mutex<BTreeMap<String, (usize, String)>>>;

pub(crate) struct MailServer {
    port: Port,
    taken: Taken,
    life: Option<Life>,
}

/// How a life ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// When it is killed.
    Killed,
    /// By itself: it takes one mail over and dies before it says so.
    AfterOneMail,
}

/// One life of the server.
struct Life {
    state: Arc<LifeState>,
    thread: thread::JoinHandle<()>,
}

struct LifeState {
    ends: Ends,
    ended: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
    taken: Taken,
    /// The mail that this life ended with.
    last: Mutex<Option<String>>,
}

impl MailServer {
    /// One that is not running yet, on a port of its own.
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self {
            port: Port::new()?,
            taken: Arc::default(),
            life: None,
        })
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port.number()
    }

    pub(crate) fn taken(&self) -> Taken {
        Arc::clone(&self.taken)
    }

    pub(crate) fn start(&mut self, ends: Ends) -> Result<(), Failure> {
        if self.life.is_some() {
            return Ok(());
        }
        let listener = TcpListener::bind(self.port.address())?;
        let state = Arc::new(LifeState {
            ends,
            ended: AtomicBool::new(false),
            connections: Mutex::default(),
            taken: Arc::clone(&self.taken),
            last: Mutex::default(),
        });
        let life = Arc::clone(&state);
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if life.ended.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(handle) = stream.try_clone() {
                    lock(&life.connections).push(handle);
                }
                let life = Arc::clone(&life);
                // A connection that breaks is what this server is for.
                thread::spawn(move || life.converse(&stream).ok());
            }
        });
        self.life = Some(Life { state, thread });
        Ok(())
    }

    /// The message id of the mail with which this life ended by itself; `None` before.
    pub(crate) fn last(&self) -> Option<String> {
        let life = self.life.as_ref()?;
        lock(&life.state.last).clone()
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn kill(&mut self) {
        let Some(life) = self.life.take() else { return };
        life.state.end();
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(self.port.address());
        let _ = life.thread.join();
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LifeState {
    fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        for connection in lock(&self.connections).drain(..) {
            // One that has ended by itself cannot be ended again.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    /// RFC 5321, as far as it takes.
    fn converse(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream);
        let say = |line: &str| (&*stream).write_all(format!("{line}\r\n").as_bytes());
        say("220 localhost")?;
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let verb: String = line.trim().chars().take(4).collect();
            match verb.to_uppercase().as_str() {
                "DATA" => {
                    say("354 go on")?;
                    match self.take_over(read_mail(&mut lines)?) {
                        TakenOver::Yes => say("250 taken")?,
                        TakenOver::NotSaid => return Ok(()),
                    }
                }
                "QUIT" => return say("221 bye"),
                _ => say("250 fine")?,
            }
        }
    }

    /// A server that is dead takes nothing over; one that lives keeps it before it says so.
    fn take_over(&self, mail: String) -> TakenOver {
        // Whoever comes after the last mail finds that it was the last.
        let mut last = lock(&self.last);
        if self.ended.load(Ordering::SeqCst) {
            return TakenOver::NotSaid;
        }
        let id = keep(&self.taken, mail);
        if self.ends == Ends::AfterOneMail {
            self.end();
            *last = Some(id);
            return TakenOver::NotSaid;
        }
        TakenOver::Yes
    }
}

/// Whether a sender hears that its mail was taken over.
enum TakenOver {
    Yes,
    NotSaid,
}

pub(crate) fn read_mail(lines: &mut BufReader<&TcpStream>) -> std::io::Result<String> {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(mail);
        }
        mail.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

/// Returns its message id.
fn keep(taken: &Taken, mail: String) -> String {
    let id = mail
        .lines()
        .find_map(|line| line.strip_prefix("Message-ID: "))
        .unwrap_or_default()
        .to_owned();
    lock(taken).entry(id.clone()).or_insert((0, mail)).0 += 1;
    id
}
