//! `gridpass health`: for supervisors that have no client of their own.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::config::Config;

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the listener for metrics, which is the one without TLS.
pub(super) fn ask(config: &Config) -> Result<(), Box<dyn Error>> {
    let metrics = config
        .metrics
        .as_ref()
        .ok_or("metrics.listen is not set: without it there is nobody to ask here")?;
    let mut address = metrics.listen;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let failed = |error| format!("the server does not answer at {address}: {error}");
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: health\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer).map_err(failed)?;
    if answer.starts_with(b"HTTP/1.1 200 ") {
        println!("it lives");
        return Ok(());
    }
    Err("the server answers, but not that it lives".into())
}
