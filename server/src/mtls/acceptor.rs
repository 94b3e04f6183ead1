//! Connections of devices: TLS, then the certificate that was shown becomes part of every request.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use axum::Extension;
use axum::middleware::AddExtension;
use axum_server::accept::{Accept, NoDelayAcceptor};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tower::Layer;

use super::spelling::Spelled;
use crate::metrics::{Handshake, Metrics};

/// The certificate that the client of a connection has shown, DER, if it has shown one. TLS has checked
/// that the client has its key and that a CA of this installation signed it.
#[derive(Clone, Debug)]
pub(crate) struct ShownCertificate(pub Option<Arc<[u8]>>);

/// Accepts connections of devices.
#[derive(Clone)]
pub(super) struct DeviceAcceptor {
    tls: RustlsAcceptor<NoDelayAcceptor>,
    metrics: Arc<Metrics>,
}

impl DeviceAcceptor {
    pub(super) fn new(config: RustlsConfig, metrics: Arc<Metrics>) -> Self {
        Self {
            tls: RustlsAcceptor::new(config).acceptor(NoDelayAcceptor::new()),
            metrics,
        }
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for DeviceAcceptor {
    type Stream = Spelled<TlsStream<TcpStream>>;
    type Service = AddExtension<S, ShownCertificate>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let accepted = self.tls.accept(stream, service);
        let metrics = Arc::clone(&self.metrics);
        Box::pin(async move {
            let (stream, service) = accepted.await.inspect_err(|error| {
                // Its alert tells the client; here it is a line for whoever looks why a device stays out.
                tracing::debug!(%error, "a device was not let in");
                metrics.handshake(match error.kind() {
                    // What rustls refuses; everything else is the connection's.
                    io::ErrorKind::InvalidData => Handshake::Refused,
                    _ => Handshake::Broken,
                });
            })?;
            let (_, connection) = stream.get_ref();
            let shown = connection
                .peer_certificates()
                .and_then(|chain| chain.first())
                .map(|certificate| Arc::from(certificate.as_ref()));
            metrics.handshake(match &shown {
                Some(_) => Handshake::Certificate,
                None => Handshake::Anonymous,
            });
            let service = Extension(ShownCertificate(shown)).layer(service);
            Ok((Spelled(stream), service))
        })
    }
}
