//! The listener for devices that come with their certificate in TLS (protocol, Gateways; Secure
//! communication): a second door beside the portal's, with a router of its own.

mod acceptor;
mod messages;
mod peer;
mod router;
mod settings;
mod spelling;
mod tls;
mod verifier;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use axum_server::Handle;
use gridpass_protocol::label::Origin;
use gridpass_provider::DeviceLine;

pub(crate) use acceptor::ShownCertificate;
pub(crate) use peer::Enrolled;
pub(crate) use router::router;

use self::acceptor::DeviceAcceptor;
use self::tls::{Tls, TlsError};
use crate::config::{ConfigError, Mtls};
use crate::door::{self, Door};
use crate::state::App;

/// The listener, bound and not serving yet: what the portal publishes about it depends on its port.
pub(crate) struct Listener {
    config: Mtls,
    socket: TcpListener,
    line: DeviceLine,
}

/// The listener cannot begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BindError {
    #[error("mtls.listen: {address}: {source}")]
    Address {
        address: SocketAddr,
        source: io::Error,
    },
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Listener {
    /// # Errors
    /// The address is taken.
    pub(crate) fn bind(config: Mtls, portal: &Origin) -> Result<Self, BindError> {
        let address = config.listen;
        let failed = |source| BindError::Address { address, source };
        let socket = TcpListener::bind(address).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        let port = socket.local_addr().map_err(failed)?.port();
        Ok(Self {
            line: config.line(portal, port)?,
            config,
            socket,
        })
    }

    /// As devices find it.
    pub(crate) fn line(&self) -> &DeviceLine {
        &self.line
    }

    /// Serves until `handle` says to stop.
    ///
    /// # Errors
    /// Its certificate cannot be used or made, or the socket fails.
    pub(crate) async fn serve(
        self,
        app: Arc<App>,
        door: &Arc<Door>,
        handle: Handle<SocketAddr>,
    ) -> Result<(), ServeError> {
        let (gridpass, config) = (Arc::clone(&app.gridpass), self.config);
        // Signing may block on a token.
        let tls = tokio::task::spawn_blocking(move || Tls::new(gridpass, &config)).await??;
        let devices = DeviceAcceptor::new(tls.config(), Arc::clone(&app.metrics));
        let acceptor = door.before(devices);
        let keeping = tokio::spawn(tls.keep_fresh());
        tracing::info!(origin = %self.line.origin, "serving devices");
        let mut server = axum_server::from_tcp(self.socket)?.acceptor(acceptor);
        door::tune(server.http_builder());
        // See `spelling`: the same clients find `Content-Type` in no other way either.
        server.http_builder().http1().title_case_headers(true);
        let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
        let served = server.handle(handle).serve(service).await;
        keeping.abort();
        Ok(served?)
    }
}

/// The listener does not serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("the listener for devices: {0}")]
    Socket(#[from] io::Error),
    #[error("the listener for devices: {0}")]
    Task(#[from] tokio::task::JoinError),
}
