//! A closed loop of requests over kept connections.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

type Failure = Box<dyn Error + Send + Sync>;

/// One request to send, without its target host.
pub(crate) struct Call {
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

/// What a run brought back, in the order of its requests.
pub(crate) struct Outcome {
    pub answers: Vec<Bytes>,
    pub latencies: Vec<Duration>,
    pub errors: usize,
    pub elapsed: Duration,
}

/// Sends every call once over `connections` connections, each waiting for its answer.
///
/// # Errors
/// When a connection cannot be made or breaks. An answer that is no success is counted, not returned.
pub(crate) async fn run(
    address: SocketAddr,
    calls: Vec<Call>,
    connections: usize,
) -> Result<Outcome, Failure> {
    let calls = Arc::new(calls);
    let next = Arc::new(AtomicUsize::new(0));
    let mut senders = Vec::with_capacity(connections);
    for _ in 0..connections {
        senders.push(connect(address).await?);
    }
    let started = Instant::now();
    let tasks: Vec<_> = senders
        .into_iter()
        .map(|sender| tokio::spawn(drain(sender, Arc::clone(&calls), Arc::clone(&next), address)))
        .collect();
    let mut results = Vec::with_capacity(calls.len());
    for task in tasks {
        results.extend(task.await??);
    }
    let elapsed = started.elapsed();
    results.sort_unstable_by_key(|(index, ..)| *index);
    let errors = results.iter().filter(|(_, status, ..)| !status.is_success()).count();
    let latencies = results.iter().map(|(_, _, latency, _)| *latency).collect();
    let answers = results.into_iter().map(|(.., body)| body).collect();
    Ok(Outcome { answers, latencies, errors, elapsed })
}

async fn drain(
    mut sender: SendRequest<Full<Bytes>>,
    calls: Arc<Vec<Call>>,
    next: Arc<AtomicUsize>,
    address: SocketAddr,
) -> Result<Vec<(usize, StatusCode, Duration, Bytes)>, Failure> {
    let mut results = Vec::new();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(call) = calls.get(index) else { return Ok(results) };
        let mut request = Request::post(&call.path).header("host", address.to_string());
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let started = Instant::now();
        let response = sender.send_request(request.body(Full::new(call.body.clone()))?).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        results.push((index, status, started.elapsed(), body));
    }
}

/// Fetches one path.
///
/// # Errors
/// When the server does not answer with 200.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Result<Bytes, Failure> {
    let mut sender = connect(address).await?;
    let request = Request::get(path)
        .header("host", address.to_string())
        .body(Full::new(Bytes::new()))?;
    let response = sender.send_request(request).await?;
    if response.status() != StatusCode::OK {
        return Err(format!("{path} answered {}", response.status()).into());
    }
    Ok(response.into_body().collect().await?.to_bytes())
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}
