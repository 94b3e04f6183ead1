//! One run of the server, and the pipe that it hangs on.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::Error;

/// How long the server may take to accept connections or to end, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The guard and the server below it. Both end when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    guard: Child,
    // `None` once dropped: that ends the server.
    commands: Option<ChildStdin>,
    news: Receiver<News>,
}

#[derive(Debug)]
enum News {
    /// It accepts connections.
    Ready,
    /// It has ended; what it last complained of.
    Ended(String),
}

impl Server {
    pub(crate) fn start(guard: &mut Command) -> Result<Self, Error> {
        let mut guard = guard.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let commands = guard.stdin.take();
        let said = guard
            .stderr
            .take()
            .expect("standard error is piped three lines above");
        let (tell, news) = channel();
        thread::Builder::new()
            .name("gridpass-testing-postgres".to_owned())
            .spawn(move || listen(said, &tell))?;
        Ok(Self {
            guard,
            commands,
            news,
        })
    }

    pub(crate) fn wait_until_ready(&self) -> Result<(), Error> {
        match self.next()? {
            News::Ready => Ok(()),
            News::Ended(said) => Err(Error::Failed(said)),
        }
    }

    /// Ends the server as `word` tells the guard, and waits until nothing of it is left running.
    pub(crate) fn end(mut self, word: &str) -> Result<(), Error> {
        if let Some(commands) = &mut self.commands {
            match commands.write_all(format!("{word}\n").as_bytes()) {
                // A guard that is gone ended its server before.
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
                _ => {}
            }
        }
        while !matches!(self.next()?, News::Ended(_)) {}
        Ok(())
    }

    fn next(&self) -> Result<News, Error> {
        self.news.recv_timeout(PATIENCE).map_err(|error| {
            Error::Failed(match error {
                RecvTimeoutError::Timeout => {
                    format!("no answer within {} seconds", PATIENCE.as_secs())
                }
                RecvTimeoutError::Disconnected => "it has ended before".to_owned(),
            })
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.commands = None;
        // The guard ends once the server has.
        let _ = self.guard.wait();
    }
}

/// Reads what the server says, and passes on what somebody waits for.
fn listen(said: ChildStderr, tell: &Sender<News>) {
    let mut complaint = String::new();
    for line in BufReader::new(said).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if line.contains("database system is ready to accept connections") {
            // Nobody may wait any more; the server must be read from all the same.
            let _ = tell.send(News::Ready);
        } else if line.contains("FATAL:") || line.contains("PANIC:") || line.starts_with("sh: ") {
            complaint = line.into_owned();
        }
    }
    let _ = tell.send(News::Ended(complaint));
}
