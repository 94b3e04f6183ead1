//! A server is asked to stop while a device waits at it and a client keeps it from ending.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use gridpass_bench::Failure;
use gridpass_testing_port::Port;
use hyper::StatusCode;

use super::shared::Shared;
use super::waiter::Waiter;

/// How long open requests may take once it stops.
const GRACE: &str = "3 s";
/// The grace for requests, as much for what blocks, and time for a busy machine. Less than a device
/// would wait.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_answers_who_waits_and_ends_whoever_keeps_it() -> Result<(), Failure> {
    let shared = Shared::new().await?;
    let port = Port::new()?;
    let metrics = port.address();
    let shown = metrics.to_string();
    let settings = [
        ("GRIDPASS_METRICS__LISTEN", shown.as_str()),
        ("GRIDPASS_HTTP__SHUTDOWN_GRACE", GRACE),
    ];
    let (stopping, staying) = tokio::try_join!(shared.server_with(&settings), shared.server())?;
    let mut device = Waiter::enrol(&stopping, &staying).await?;
    let waiting = device.wait_at(&stopping, metrics).await?;
    // Somebody who never comes to the end of a request.
    let mut endless = TcpStream::connect(stopping.address())?;
    write!(
        endless,
        "POST /api/v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/jose\r\n\
         Content-Length: 100\r\n\r\nbegun"
    )?;

    stopping.ask_to_stop()?;
    let begun = Instant::now();
    let (status, answer) = waiting.await??;
    assert_eq!(status, StatusCode::OK);
    let told = device.hear(&answer)?;
    assert!(told.is_empty(), "there is nothing, and it knows: {told:?}");
    let ended = tokio::task::spawn_blocking(move || stopping.wait()).await??;
    let took = begun.elapsed();
    assert!(ended, "it calls that a success");
    assert!(took < ENDS_WITHIN, "{took:?}");
    device.poll_at(&staying).await?;
    Ok(())
}
