//! What trouble is ordered of the process that makes it.

use std::net::SocketAddr;

use gridpass_bench::client::Call;
use serde::{Deserialize, Serialize};

/// One kind of trouble. Whoever makes it reads it from its input, one line of JSON, and goes on until that ends.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Clients that begin a request or an answer and hardly get on with it.
    Slow {
        /// Whom they visit.
        server: SocketAddr,
        /// How many.
        clients: usize,
    },
    /// Calls, each over a connection of its own.
    Calls {
        /// Whom they visit.
        server: SocketAddr,
        /// These, again and again.
        shots: Vec<Shot>,
        /// How fast.
        pace: Pace,
    },
    /// Handshakes that nothing follows.
    Handshakes {
        /// The listener, `https://<host>:<port>`.
        url: String,
        /// Who it has to be, PEM.
        certificates: Vec<String>,
        /// How fast.
        pace: Pace,
    },
}

/// How fast a flood runs.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Pace {
    /// At most so many a second.
    pub a_second: u32,
    /// At most so many that are not answered yet.
    pub at_once: u32,
}

/// A call as it is handed over.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Shot {
    path: String,
    content_type: String,
    body: String,
}

impl Shot {
    /// A form that is posted to `path`.
    pub(crate) fn form(path: &str, body: String) -> Self {
        Self {
            path: path.to_owned(),
            content_type: "application/x-www-form-urlencoded".to_owned(),
            body,
        }
    }

    /// What a device says, or somebody who pretends to be one.
    pub(crate) fn sealed(call: &Call) -> Self {
        Self {
            path: call.path.clone(),
            content_type: "application/jose".to_owned(),
            body: String::from_utf8_lossy(&call.body).into_owned(),
        }
    }

    pub(crate) fn into_call(self) -> Call {
        Call {
            path: self.path,
            headers: vec![("content-type", self.content_type)],
            body: self.body.into(),
        }
    }
}
