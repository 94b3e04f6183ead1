//! Lets connections in, as far as there is a place for them.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use axum_server::accept::Accept;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::HANDSHAKE;
use super::activity::{Activity, Noted};
use super::places::Places;
use super::stream::Watched;

/// Accepts connections as `A` does, within the limits of the door.
#[derive(Clone, Debug)]
pub(crate) struct AtDoor<A> {
    inner: A,
    places: Arc<Places>,
}

impl<A> AtDoor<A> {
    pub(super) fn new(inner: A, places: Arc<Places>) -> Self {
        Self { inner, places }
    }
}

impl<A, S> Accept<TcpStream, S> for AtDoor<A>
where
    A: Accept<TcpStream, S>,
    A::Future: Send + 'static,
    A::Stream: Send + 'static,
    A::Service: Send + 'static,
{
    type Stream = Watched<A::Stream>;
    type Service = Noted<A::Service>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let place = stream
            .peer_addr()
            .and_then(|peer| self.places.take(peer.ip()).map_err(io::Error::other));
        let place = match place {
            Ok(place) => place,
            Err(error) => {
                tracing::debug!(%error, "a connection was not let in");
                return Box::pin(std::future::ready(Err(error)));
            }
        };
        let accepted = self.inner.accept(stream, service);
        Box::pin(async move {
            let (stream, service) = timeout(HANDSHAKE, accepted)
                .await
                .map_err(|_| io::ErrorKind::TimedOut)??;
            let activity = Activity::new();
            let stream = Watched::new(stream, Arc::clone(&activity), Some(place));
            Ok((stream, Noted { service, activity }))
        })
    }
}
