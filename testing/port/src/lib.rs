//! A port of this machine that is kept for a program of a test until the program listens on it.
//!
//! A program that has to be told its port before it starts cannot ask the system for a free one. To look
//! for one and let it go again leaves a moment in which a connection of anybody else's takes it. A
//! [`Port`] stays bound without listening. Linux lets a second socket bind and listen beside one that
//! does not, if both say `SO_REUSEADDR` (socket(7)), as servers do; it gives the port to nobody who only
//! asks for a free one, and no outgoing connection takes it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A port of 127.0.0.1, kept as long as this lives.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    _kept: Socket,
}

impl Port {
    /// One that nobody has.
    ///
    /// # Errors
    /// There is none.
    pub fn new() -> io::Result<Self> {
        let kept = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        kept.set_reuse_address(true)?;
        kept.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        let address = kept.local_addr()?.as_socket();
        Ok(Self {
            address: address.ok_or(io::ErrorKind::AddrNotAvailable)?,
            _kept: kept,
        })
    }

    /// With the address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number alone.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.address.port()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_server_listens_there_again_and_again_and_nobody_is_given_it() -> io::Result<()> {
        let port = Port::new()?;
        assert_eq!(port.address().port(), port.number());
        assert!(
            TcpStream::connect(port.address()).is_err(),
            "nobody listens"
        );
        for _ in 0..2 {
            let server = TcpListener::bind(port.address())?;
            let client = TcpStream::connect(port.address())?;
            let (taken, _) = server.accept()?;
            assert_eq!(taken.peer_addr()?, client.local_addr()?);
        }
        // All there are: none of them is given out as a free one.
        let mut others = Vec::new();
        while let Ok(other) = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)) {
            assert_ne!(other.local_addr()?, port.address());
            others.push(other);
            if others.len() == 500 {
                break;
            }
        }
        Ok(())
    }
}
