//! A closed loop of requests over kept connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::Failure;

/// One POST to send.
#[derive(Debug, Clone)]
pub struct Call {
    /// Where to, without the host.
    pub path: String,
    /// Beside `Host`.
    pub headers: Vec<(&'static str, String)>,
    /// What.
    pub body: Bytes,
}

/// What a run brought back, in the order of its requests.
#[derive(Debug)]
pub struct Outcome {
    /// The bodies.
    pub answers: Vec<Bytes>,
    /// From sending a request to having its whole answer.
    pub latencies: Vec<Duration>,
    /// Answers that were no success.
    pub errors: usize,
    /// The whole run.
    pub elapsed: Duration,
}

/// Sends every call once over `connections` connections, each waiting for its answer.
///
/// # Errors
/// When a connection cannot be made or breaks. An answer that is no success is counted, not returned.
pub async fn run(
    address: SocketAddr,
    calls: Vec<Call>,
    connections: usize,
) -> Result<Outcome, Failure> {
    let mut senders = Vec::with_capacity(connections);
    for _ in 0..connections {
        senders.push(connect(address).await?);
    }
    run_on(senders, &address.to_string(), calls).await
}

/// Sends every call once over these connections to `host`, each waiting for its answer.
///
/// # Errors
/// When a connection breaks. An answer that is no success is counted, not returned.
pub async fn run_on(
    senders: Vec<SendRequest<Full<Bytes>>>,
    host: &str,
    calls: Vec<Call>,
) -> Result<Outcome, Failure> {
    let calls = Arc::new(calls);
    let next = Arc::new(AtomicUsize::new(0));
    let host: Arc<str> = host.into();
    let started = Instant::now();
    let tasks: Vec<_> = senders
        .into_iter()
        .map(|sender| {
            tokio::spawn(drain(
                sender,
                Arc::clone(&calls),
                Arc::clone(&next),
                Arc::clone(&host),
            ))
        })
        .collect();
    let mut results = Vec::with_capacity(calls.len());
    for task in tasks {
        results.extend(task.await??);
    }
    let elapsed = started.elapsed();
    results.sort_unstable_by_key(|(index, ..)| *index);
    let errors = results
        .iter()
        .filter(|(_, status, ..)| !status.is_success())
        .count();
    let latencies = results.iter().map(|(_, _, latency, _)| *latency).collect();
    let answers = results.into_iter().map(|(.., body)| body).collect();
    Ok(Outcome {
        answers,
        latencies,
        errors,
        elapsed,
    })
}

async fn drain(
    mut sender: SendRequest<Full<Bytes>>,
    calls: Arc<Vec<Call>>,
    next: Arc<AtomicUsize>,
    host: Arc<str>,
) -> Result<Vec<(usize, StatusCode, Duration, Bytes)>, Failure> {
    let mut results = Vec::new();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(call) = calls.get(index) else {
            return Ok(results);
        };
        let started = Instant::now();
        let answer = exchange_with(&mut sender, call, &host).await?;
        let (status, took) = (answer.status(), started.elapsed());
        results.push((index, status, took, answer.into_body()));
    }
}

/// Sends one call on a connection; returns the status and the body of the answer.
///
/// # Errors
/// When the connection breaks before the answer is whole.
pub async fn send(
    sender: &mut SendRequest<Full<Bytes>>,
    call: &Call,
    address: SocketAddr,
) -> Result<(StatusCode, Bytes), Failure> {
    let answer = exchange(sender, call, address).await?;
    Ok((answer.status(), answer.into_body()))
}

/// Sends one call on a connection; returns the whole answer.
///
/// # Errors
/// When the connection breaks before the answer is whole.
pub async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    call: &Call,
    address: SocketAddr,
) -> Result<Response<Bytes>, Failure> {
    exchange_with(sender, call, &address.to_string()).await
}

/// The same with this host's name.
///
/// # Errors
/// When the connection breaks before the answer is whole.
pub async fn exchange_with(
    sender: &mut SendRequest<Full<Bytes>>,
    call: &Call,
    host: &str,
) -> Result<Response<Bytes>, Failure> {
    let mut request = Request::post(&call.path).header("host", host);
    for (name, value) in &call.headers {
        request = request.header(*name, value);
    }
    sender.ready().await?;
    let response = sender
        .send_request(request.body(Full::new(call.body.clone()))?)
        .await?;
    let (head, body) = response.into_parts();
    Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
}

/// Fetches one path.
///
/// # Errors
/// When the server does not answer with 200.
pub async fn get(address: SocketAddr, path: &str) -> Result<Bytes, Failure> {
    let mut sender = connect(address).await?;
    get_with(&mut sender, address, path, &[]).await
}

/// Fetches one path on a connection, with these headers.
///
/// # Errors
/// When the connection breaks, or the server does not answer with 200.
pub async fn get_with(
    sender: &mut SendRequest<Full<Bytes>>,
    address: SocketAddr,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<Bytes, Failure> {
    let answer = fetch(sender, address, path, headers).await?;
    if answer.status() != StatusCode::OK {
        return Err(format!("{path} answered {}", answer.status()).into());
    }
    Ok(answer.into_body())
}

/// Fetches one path on a connection, with these headers, whatever the answer is.
///
/// # Errors
/// When the connection breaks before the answer is whole.
pub async fn fetch(
    sender: &mut SendRequest<Full<Bytes>>,
    address: SocketAddr,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<Response<Bytes>, Failure> {
    fetch_from(sender, &address.to_string(), path, headers).await
}

/// The same with this host's name.
///
/// # Errors
/// When the connection breaks before the answer is whole.
pub async fn fetch_from(
    sender: &mut SendRequest<Full<Bytes>>,
    host: &str,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<Response<Bytes>, Failure> {
    let mut request = Request::get(path).header("host", host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    sender.ready().await?;
    let response = sender
        .send_request(request.body(Full::new(Bytes::new()))?)
        .await?;
    let (head, body) = response.into_parts();
    Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
}

/// The status that a path is answered with.
///
/// # Errors
/// When the connection breaks before the answer is whole.
pub async fn look(address: SocketAddr, path: &str) -> Result<StatusCode, Failure> {
    let mut sender = connect(address).await?;
    let request = Request::get(path)
        .header("host", address.to_string())
        .header("accept", "text/html")
        .body(Full::new(Bytes::new()))?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    answer.into_body().collect().await?;
    Ok(status)
}

/// Opens a connection.
///
/// # Errors
/// When nobody listens there.
pub async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, Failure> {
    over(TcpStream::connect(address).await?).await
}

/// Speaks HTTP over a connection that is there.
///
/// # Errors
/// When it breaks at once.
pub async fn over(stream: TcpStream) -> Result<SendRequest<Full<Bytes>>, Failure> {
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}
