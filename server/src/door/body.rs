//! Bodies of requests that come too slowly.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// A body may take this long, and a second more for every [`RATE`] bytes that have come.
const GRACE: Duration = Duration::from_secs(10);
const RATE: u64 = 4 * 1024;

/// The body came too slowly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body comes too slowly")]
pub(super) struct TooSlow;

/// Whether this is why a body could not be read.
pub(crate) fn is_too_slow(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<TooSlow>() {
            return true;
        }
        next = error.source();
    }
    false
}

/// A body that has to keep a pace from the moment that somebody reads it.
pub(super) struct Paced {
    body: Body,
    begun: Option<Begun>,
}

struct Begun {
    at: Instant,
    received: u64,
    until: Pin<Box<Sleep>>,
}

impl Paced {
    pub(super) fn new(body: Body) -> Self {
        Self { body, begun: None }
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        let begun = self.begun.get_or_insert_with(|| {
            let at = Instant::now();
            Begun {
                at,
                received: 0,
                until: Box::pin(sleep_until(at + GRACE)),
            }
        });
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(data) = frame.data_ref()
        {
            begun.received += data.len() as u64;
            let earned = Duration::from_secs(begun.received / RATE);
            begun.until.as_mut().reset(begun.at + GRACE + earned);
        }
        if matches!(frame, Poll::Ready(None)) {
            return frame;
        }
        if begun.until.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(axum::Error::new(TooSlow))));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use tokio_stream::StreamExt;
    use tokio_stream::wrappers::IntervalStream;

    use super::*;

    /// So many parts of this size, one a second.
    async fn received(parts: usize, size: usize) -> Result<Bytes, axum::Error> {
        let seconds = tokio::time::interval(Duration::from_secs(1));
        let parts = IntervalStream::new(seconds)
            .take(parts)
            .map(move |_| Ok::<_, std::io::Error>(Bytes::from(vec![0; size])));
        to_bytes(Body::new(Paced::new(Body::from_stream(parts))), 1 << 20).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_dribbles_is_given_up_and_a_slow_one_is_not() {
        let dribbled = received(100, 1).await.unwrap_err();
        assert!(is_too_slow(&dribbled), "{dribbled:?}");
        assert_eq!(received(60, 4096).await.unwrap().len(), 60 * 4096);
        assert_eq!(received(9, 1).await.unwrap().len(), 9);
    }
}
