//! The spelling of one header. Names of headers have no case (RFC 9110, 5.1), but libest, which many
//! devices are built with, finds `WWW-Authenticate` in this spelling alone, and hyper writes it in
//! others: without it such a device never sends its one-time password.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// As hyper begins an answer that asks for credentials, whatever the version.
const BEGINS: &[u8] = b"HTTP/1.";
const REFUSES: &[u8] = b" 401 ";
/// Of the same length, so that nothing moves.
const WRITTEN: &[u8] = b"\r\nWww-Authenticate:";
const WANTED: &[u8] = b"\r\nWWW-Authenticate:";

/// A connection whose answers spell it so.
#[derive(Debug)]
pub(super) struct Spelled<S>(pub(super) S);

/// The head of an answer in the wanted spelling, if it has another one.
fn respelled(written: &[u8]) -> Option<Vec<u8>> {
    let rest = written.strip_prefix(BEGINS)?;
    // After the digit of the minor version.
    if !rest.get(1..)?.starts_with(REFUSES) {
        return None;
    }
    let place = written
        .windows(WRITTEN.len())
        .position(|bytes| bytes == WRITTEN)?;
    let mut wanted = written.to_vec();
    wanted[place..place + WANTED.len()].copy_from_slice(WANTED);
    Some(wanted)
}

impl<S: AsyncRead + Unpin> AsyncRead for Spelled<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Spelled<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.0);
        match respelled(buffer) {
            Some(wanted) => stream.poll_write(context, &wanted),
            None => stream.poll_write(context, buffer),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_head_of_a_401_is_respelled() {
        let head = b"HTTP/1.0 401 Unauthorized\r\nWww-Authenticate: Basic\r\n\r\nbody";
        let wanted = b"HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\nbody";
        assert_eq!(respelled(head).as_deref(), Some(&wanted[..]));
        for other in [
            &b"HTTP/1.1 200 OK\r\n\r\n\r\nWww-Authenticate: in a body"[..],
            b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
            b"\r\nWww-Authenticate: in a body",
            b"HTTP/1.",
            b"",
        ] {
            assert_eq!(respelled(other), None);
        }
    }
}
