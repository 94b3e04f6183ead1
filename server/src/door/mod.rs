//! The door that every connection of both listeners comes through: how many there may be, from whom, and
//! how slow they may be. What is allowed in then waits for its turn ([`gridpass_app::ssr::Turns`]).
//!
//! A client that is slow or greedy loses its connection; others do not notice.

mod acceptor;
mod activity;
mod body;
mod open_files;
mod places;
mod request;
mod standing;
mod stream;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use ipnet::IpNet;

pub(crate) use acceptor::AtDoor;
pub(crate) use body::is_too_slow;
pub(crate) use request::bounded;
pub(crate) use standing::{Standing, StandingPlace};

use self::places::Places;
use crate::config::Http;

/// A client gets this long for its handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// And this long to send the head of a request, from the moment it may begin.
pub(crate) const HEAD: Duration = Duration::from_secs(10);
/// A connection that nobody asks anything on is closed after this long.
const QUIET: Duration = Duration::from_secs(60);
/// An answer that does not get on for this long takes its connection with it. Longer than any wait that a
/// client may wish for, and than the silence between two signs of life of a stream.
const STUCK: Duration = Duration::from_secs(120);
/// While an answer waits for its reader, the reader takes at least [`TAKEN`] bytes in this time, or all.
const READING: Duration = Duration::from_secs(30);
const TAKEN: usize = 16 * 1024;

/// The head of a request, all of it, in bytes; also what is read from a connection at once.
const MOST_HEAD: usize = 32 * 1024;
const MOST_HEADERS: usize = 64;
/// Of one connection of HTTP/2.
const MOST_STREAMS: u32 = 64;
/// Requests that were taken back before they were looked at; more end the connection (CVE-2023-44487).
const MOST_TAKEN_BACK: usize = 20;
/// Faults of a client's frames; more end the connection.
const MOST_FAULTS: usize = 64;
/// What waits to be sent on one stream, in bytes.
const MOST_WAITING: usize = 64 * 1024;
/// A connection of HTTP/2 that is silent for so long is asked whether it is alive, and has as long again to
/// say so.
const ALIVE: Duration = Duration::from_secs(20);

/// The limits of one server.
#[derive(Debug)]
pub(crate) struct Door {
    places: Arc<Places>,
}

impl Door {
    /// Proxies that are trusted speak for many: what holds for one client does not hold for them.
    pub(crate) fn new(http: &Http, proxies: &[IpNet]) -> Arc<Self> {
        let most = open_files::room_for(http.connections);
        Arc::new(Self {
            places: Arc::new(Places::new(http, most, proxies.to_vec())),
        })
    }

    /// Accepts connections as `inner` does, within the limits.
    pub(crate) fn before<A>(self: &Arc<Self>, inner: A) -> AtDoor<A> {
        AtDoor::new(inner, Arc::clone(&self.places))
    }
}

/// Bounds what one connection may do with HTTP.
pub(crate) fn tune(builder: &mut Builder<TokioExecutor>) {
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(MOST_HEAD)
        .max_headers(MOST_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MOST_STREAMS)
        .max_pending_accept_reset_streams(MOST_TAKEN_BACK)
        .max_local_error_reset_streams(MOST_FAULTS)
        .max_header_list_size(u32::try_from(MOST_HEAD).unwrap_or(u32::MAX))
        .max_send_buf_size(MOST_WAITING)
        .keep_alive_interval(ALIVE)
        .keep_alive_timeout(ALIVE);
}
