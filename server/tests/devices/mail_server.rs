//! A mail server that can be killed: what it has taken over is kept, everything else is lost with it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use gridpass_bench::Failure;

/// Mails that were taken over, by message id: how often each came, and what it says.
pub(crate) type Taken = Arc<Mutex<BTreeMap<String, (usize, String)>>>;

pub(crate) struct MailServer {
    port: u16,
    taken: Taken,
    life: Option<Life>,
}

/// One life of the server.
struct Life {
    ended: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
    thread: thread::JoinHandle<()>,
}

impl MailServer {
    /// One that is not running yet, on a port of its own.
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self {
            port: TcpListener::bind("127.0.0.1:0")?.local_addr()?.port(),
            taken: Arc::default(),
            life: None,
        })
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn taken(&self) -> Taken {
        Arc::clone(&self.taken)
    }

    pub(crate) fn start(&mut self) -> Result<(), Failure> {
        if self.life.is_some() {
            return Ok(());
        }
        let listener = TcpListener::bind(("127.0.0.1", self.port))?;
        let ended = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(Mutex::new(Vec::new()));
        let (over, open, taken) = (
            Arc::clone(&ended),
            Arc::clone(&connections),
            Arc::clone(&self.taken),
        );
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(handle) = stream.try_clone() {
                    lock(&open).push(handle);
                }
                let (over, taken) = (Arc::clone(&over), Arc::clone(&taken));
                // A connection that breaks is what this server is for.
                thread::spawn(move || converse(&stream, &over, &taken).ok());
            }
        });
        self.life = Some(Life {
            ended,
            connections,
            thread,
        });
        Ok(())
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn kill(&mut self) {
        let Some(life) = self.life.take() else { return };
        life.ended.store(true, Ordering::SeqCst);
        for connection in lock(&life.connections).drain(..) {
            // One that has ended by itself cannot be ended again.
            let _ = connection.shutdown(Shutdown::Both);
        }
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
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

/// RFC 5321, as far as it takes.
fn converse(stream: &TcpStream, over: &AtomicBool, taken: &Taken) -> std::io::Result<()> {
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
                let mail = read_mail(&mut lines)?;
                // A server that is dead takes nothing over; one that lives keeps it before it says so.
                if over.load(Ordering::SeqCst) {
                    return Ok(());
                }
                keep(taken, mail);
                say("250 taken")?;
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 fine")?,
        }
    }
}

fn read_mail(lines: &mut BufReader<&TcpStream>) -> std::io::Result<String> {
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

fn keep(taken: &Taken, mail: String) {
    let id = mail
        .lines()
        .find_map(|line| line.strip_prefix("Message-ID: "))
        .unwrap_or_default()
        .to_owned();
    let mut taken = lock(taken);
    let entry = taken.entry(id).or_insert((0, mail));
    entry.0 += 1;
}
