//! Small servers beside the portal. They answer, or take a connection and say nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gridpass_bench::Failure;

/// A server that takes every connection and never says a word.
pub(super) struct Silent {
    pub(super) port: u16,
    held: Arc<Mutex<Vec<TcpStream>>>,
}

impl Silent {
    pub(super) fn new() -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let held = Arc::<Mutex<Vec<TcpStream>>>::default();
        let keeping = Arc::clone(&held);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                lock(&keeping).push(stream);
            }
        });
        Ok(Self { port, held })
    }

    pub(super) fn connections(&self) -> usize {
        lock(&self.held).len()
    }
}

/// A server that speaks HTTP, and answers what it likes to.
pub(super) struct Neighbour {
    pub(super) port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Requests so far.
    asked: Mutex<usize>,
    /// Connections of those that are not answered.
    held: Mutex<Vec<TcpStream>>,
}

/// The body of the answer to a request for this path; nothing is said without one.
type Answer = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Neighbour {
    /// Starts one; `make` knows its port.
    pub(super) fn start<A>(make: impl FnOnce(u16) -> A) -> Result<Self, Failure>
    where
        A: Fn(&str) -> Option<String> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let answer: Arc<Answer> = Arc::new(make(port));
        let state = Arc::<State>::default();
        let kept = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, state) = (Arc::clone(&answer), Arc::clone(&kept));
                // Whoever is tired of waiting breaks off.
                std::thread::spawn(move || state.converse(stream, &*answer).ok());
            }
        });
        Ok(Self { port, state })
    }

    pub(super) fn asked(&self) -> usize {
        *lock(&self.state.asked)
    }
}

impl State {
    fn converse(&self, stream: TcpStream, answer: &Answer) -> std::io::Result<()> {
        let mut reader = BufReader::new(&stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        reader.read_exact(&mut vec![0; length])?;
        let body = answer(&path);
        *lock(&self.asked) += 1;
        let Some(body) = body else {
            lock(&self.held).push(stream);
            return Ok(());
        };
        write!(
            &stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        )
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
