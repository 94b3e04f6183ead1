//! Clients from everywhere: each connection from an address of its own, so that no limit of one client
//! helps the server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::net::{TcpSocket, TcpStream};

use crate::Failure;

/// The first of them; all of `127.0.0.0/8` is this machine.
const FIRST: Ipv4Addr = Ipv4Addr::new(127, 2, 0, 0);
/// So many, in turn.
const MANY: u32 = 1 << 20;

/// The addresses in turn.
#[derive(Clone, Debug, Default)]
pub struct Strangers(Arc<AtomicU32>);

impl Strangers {
    /// A connection of the next one.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn connect(&self, server: SocketAddr) -> Result<TcpStream, Failure> {
        let number = self.0.fetch_add(1, Ordering::Relaxed) % MANY;
        connect(number, server, None).await
    }
}

/// A connection of this one, which takes so many bytes before it has to be read, or as many as is usual.
///
/// # Errors
/// When nobody listens there.
pub async fn connect(
    number: u32,
    server: SocketAddr,
    taken: Option<u32>,
) -> Result<TcpStream, Failure> {
    let socket = TcpSocket::new_v4()?;
    if let Some(taken) = taken {
        socket.set_recv_buffer_size(taken)?;
    }
    let from = Ipv4Addr::from_bits(FIRST.to_bits() + number);
    socket.bind((from, 0).into())?;
    Ok(socket.connect(server).await?)
}
