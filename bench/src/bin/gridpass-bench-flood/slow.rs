//! Clients that hardly get on: with the head of a request, with its body, with reading the answer.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gridpass_bench::Failure;
use gridpass_bench::strangers;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

use crate::trouble::Tally;

/// Between two bytes.
const BYTE: Duration = Duration::from_secs(1);
/// Whoever was sent away comes again after this long.
const AGAIN: Duration = Duration::from_millis(500);
/// What a slow reader has room for, in bytes; the system gives it some more.
const ROOM: u32 = 2048;
/// Answers that a slow reader asks for at once, the largest there are.
const ANSWERS: usize = 16;

/// One slow client: comes, is slow, is sent away, comes again. A third of them is slow in each way.
pub(crate) async fn visit(server: SocketAddr, number: usize, tally: Tally) {
    let address = u32::try_from(number).unwrap_or_default();
    loop {
        let visited = match number % 3 {
            0 => head(server, address).await,
            1 => body(server, address).await,
            _ => reader(server, address).await,
        };
        // However it ended, it counts as one visit.
        drop(visited);
        tally.fetch_add(1, Ordering::Relaxed);
        sleep(AGAIN).await;
    }
}

/// A head that never ends.
async fn head(server: SocketAddr, address: u32) -> Result<(), Failure> {
    let mut stream = strangers::connect(address, server, None).await?;
    let head = b"POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nX-Slow: ";
    stream.write_all(head).await?;
    loop {
        sleep(BYTE).await;
        stream.write_all(b"x").await?;
    }
}

/// A body that hardly begins.
async fn body(server: SocketAddr, address: u32) -> Result<(), Failure> {
    let mut stream = strangers::connect(address, server, None).await?;
    let head = b"POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/jose\r\n\
        Content-Length: 4000\r\n\r\n";
    stream.write_all(head).await?;
    loop {
        sleep(BYTE).await;
        stream.write_all(b"x").await?;
    }
}

/// Large answers, read a byte at a time.
async fn reader(server: SocketAddr, address: u32) -> Result<(), Failure> {
    let mut stream = strangers::connect(address, server, Some(ROOM)).await?;
    let ask = b"GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(&ask.repeat(ANSWERS)).await?;
    let mut byte = [0];
    while stream.read(&mut byte).await? > 0 {
        sleep(BYTE).await;
    }
    Ok(())
}
