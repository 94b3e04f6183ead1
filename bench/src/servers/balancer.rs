//! What stands before the servers: each call goes to the next one, and to another one if that one
//! does not answer.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use hyper::body::Bytes;
use tokio::sync::watch;

use crate::Failure;
use crate::client::{self, Call};

/// A call that nobody answers for so long has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
/// How long one server may take to answer.
pub(super) const ANSWER: Duration = Duration::from_secs(45);
/// Before a call is repeated that was refused for now.
pub(super) const REST: Duration = Duration::from_millis(20);

/// The way to the servers, for any number of clients.
#[derive(Debug, Clone)]
pub(super) struct Balancer {
    up: watch::Receiver<Vec<SocketAddr>>,
    next: Arc<AtomicUsize>,
    calls: Arc<Mutex<Calls>>,
}

/// What became of calls.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls {
    /// How long each took until it was answered, repetitions included.
    pub(super) latencies: Vec<Duration>,
    /// Tries that broke: nobody knows what the server did.
    pub(super) broken: usize,
    /// Answers that told to come back.
    pub(super) put_off: usize,
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

impl Answer {
    /// The body of a success.
    pub(super) fn success(self) -> Result<Bytes, Failure> {
        if self.status.is_success() {
            Ok(self.body)
        } else {
            Err(format!("{}: {}", self.status, String::from_utf8_lossy(&self.body)).into())
        }
    }
}

impl Balancer {
    pub(super) fn new(up: watch::Receiver<Vec<SocketAddr>>) -> Self {
        Self {
            up,
            next: Arc::default(),
            calls: Arc::default(),
        }
    }

    /// Sends the same bytes to one server after the other, until one answers.
    pub(super) async fn say(&self, call: &Call) -> Result<Answer, Failure> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            match tokio::time::timeout(ANSWER, self.try_once(call)).await {
                Ok(Ok(answer)) if is_for_later(answer.status) => self.calls().put_off += 1,
                Ok(Ok(answer)) => {
                    self.calls().latencies.push(begun.elapsed());
                    return Ok(answer);
                }
                Ok(Err(_)) | Err(_) => self.calls().broken += 1,
            }
            tokio::time::sleep(REST).await;
        }
        let waited = PATIENCE.as_secs();
        Err(format!("{} was not answered for {waited} s", call.path).into())
    }

    /// Sends it to the next server, once.
    pub(super) async fn try_once(&self, call: &Call) -> Result<Answer, Failure> {
        let address = self.next_server().await?;
        let mut sender = client::connect(address).await?;
        let (status, body) = client::send(&mut sender, call, address).await?;
        Ok(Answer { status, body })
    }

    /// The next server in turn, once there is one.
    pub(super) async fn next_server(&self) -> Result<SocketAddr, Failure> {
        let mut up = self.up.clone();
        let up = up.wait_for(|up| !up.is_empty()).await?;
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        Ok(up[turn % up.len()])
    }

    /// Every server that runs now.
    pub(super) fn servers(&self) -> Vec<SocketAddr> {
        self.up.borrow().clone()
    }

    pub(super) fn summary(&self) -> Calls {
        self.calls().clone()
    }

    /// No code that could panic runs under this lock.
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a client is told to come back.
pub(super) fn is_for_later(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
    )
}
