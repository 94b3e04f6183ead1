//! A connection that ends when its client is too slow.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::activity::Activity;
use super::places::Place;
use super::{READING, TAKEN};

/// A connection, its place, and its patience.
pub(crate) struct Watched<S> {
    stream: S,
    activity: Arc<Activity>,
    /// Fires no later than the activity's deadline.
    quiet: Pin<Box<Sleep>>,
    waiting: Option<Waiting>,
    _place: Option<Place>,
}

/// Something waits for its reader.
struct Waiting {
    until: Pin<Box<Sleep>>,
    taken: usize,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, activity: Arc<Activity>, place: Option<Place>) -> Self {
        Self {
            quiet: Box::pin(sleep_until(activity.deadline())),
            stream,
            activity,
            waiting: None,
            _place: place,
        }
    }

    /// Whether the connection has been quiet for too long; else wakes its task in time.
    fn check_quiet(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        while self.quiet.as_mut().poll(context).is_ready() {
            let deadline = self.activity.deadline();
            if deadline <= Instant::now() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.quiet.as_mut().reset(deadline);
        }
        Ok(())
    }

    /// Counts what was taken, or how long nothing was.
    fn after_write(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(count)) => {
                if let Some(waiting) = &mut self.waiting {
                    waiting.taken = waiting.taken.saturating_add(count);
                }
                Poll::Ready(Ok(count))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => match self.check_reader(context) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
        }
    }

    /// Whether the reader takes what waits for it.
    fn check_reader(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let waiting = self.waiting.get_or_insert_with(|| Waiting {
            until: Box::pin(sleep_until(Instant::now() + READING)),
            taken: 0,
        });
        while waiting.until.as_mut().poll(context).is_ready() {
            if waiting.taken < TAKEN {
                return Err(io::ErrorKind::TimedOut.into());
            }
            waiting.taken = 0;
            waiting.until.as_mut().reset(Instant::now() + READING);
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Err(error) = self.check_quiet(context) {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, buffer);
        self.after_write(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.after_write(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Ready(flushed) => {
                // All that there was is on its way.
                self.waiting = None;
                Poll::Ready(flushed)
            }
            Poll::Pending => match self.check_reader(context) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_shutdown(context) {
            Poll::Pending => match self.check_reader(context) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
            ready => ready,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;
    use crate::door::HEAD;

    fn watched(room: usize) -> (Watched<DuplexStream>, DuplexStream) {
        let (server, client) = duplex(room);
        (Watched::new(server, Activity::new(), None), client)
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_asks_nothing_is_sent_away_even_if_it_keeps_talking() {
        let (mut server, mut client) = watched(64);
        let begun = Instant::now();
        let read = tokio::spawn(async move {
            let mut byte = [0];
            loop {
                if let Err(error) = server.read_exact(&mut byte).await {
                    return error.kind();
                }
            }
        });
        // One byte a second, as slow clients do.
        while !read.is_finished() {
            let _ = client.write_all(b"x").await;
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        assert_eq!(read.await.unwrap(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() < HEAD * 2, "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_nothing_is_sent_away() {
        let (mut server, _client) = watched(1024);
        let error = server.write_all(&[0; 4096]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_too_little_is_sent_away_and_a_slow_one_is_not() {
        for (a_second, is_let_go) in [(100, true), (1000, false)] {
            let (mut server, mut client) = watched(1024);
            let reading = tokio::spawn(async move {
                let mut taken = vec![0; a_second];
                while client.read_exact(&mut taken).await.is_ok() {
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                }
            });
            let sent = server.write_all(&[0; 100_000]).await;
            assert_eq!(sent.is_err(), is_let_go, "{a_second} bytes a second");
            drop(server);
            reading.await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_between_two_answers_does_not_count() {
        let (mut server, mut client) = watched(16);
        for _ in 0..3 {
            let reading = async {
                let mut taken = [0; 32];
                client.read_exact(&mut taken).await.unwrap();
            };
            let (sent, ()) = tokio::join!(server.write_all(&[0; 32]), reading);
            sent.unwrap();
            server.flush().await.unwrap();
            tokio::time::sleep(READING * 2).await;
        }
    }
}
