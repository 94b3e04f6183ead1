//! The listener that shows metrics: a router of its own, on an address of its own.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum_server::Handle;
use hyper_util::rt::TokioTimer;
use sha2::{Digest, Sha256};

use crate::config::{self, ConfigError, ScrapeToken};
use crate::door::HEAD;
use crate::http::health;
use crate::problem::ProblemResponse;
use crate::state::App;
use gridpass_protocol::ProblemName;

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// The listener, bound and not serving yet.
pub(crate) struct MetricsListener {
    socket: TcpListener,
    token: Option<ScrapeToken>,
}

/// The listener cannot begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MetricsError {
    #[error("metrics.listen: {address}: {source}")]
    Address {
        address: SocketAddr,
        source: io::Error,
    },
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl MetricsListener {
    /// # Errors
    /// The address is taken, or the token cannot be read.
    pub(crate) fn bind(config: &config::Metrics) -> Result<Self, MetricsError> {
        let address = config.listen;
        let failed = |source| MetricsError::Address { address, source };
        let socket = TcpListener::bind(address).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        Ok(Self {
            socket,
            token: config.token()?,
        })
    }

    /// Serves until `handle` says to stop.
    ///
    /// # Errors
    /// The socket fails.
    pub(crate) async fn serve(self, app: Arc<App>, handle: Handle<SocketAddr>) -> io::Result<()> {
        tracing::info!(listen = %self.socket.local_addr()?, "showing metrics");
        let mut server = axum_server::from_tcp(self.socket)?;
        server
            .http_builder()
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD);
        let service = router(app, self.token).into_make_service();
        server.handle(handle).serve(service).await
    }
}

/// What the router shares.
#[derive(Clone)]
struct Shown {
    app: Arc<App>,
    token: Option<ScrapeToken>,
}

/// The whole listener.
pub(super) fn router(app: Arc<App>, token: Option<ScrapeToken>) -> Router {
    // Who supervises the process on its machine asks here, where there is no TLS.
    let health = Router::new()
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .with_state(Arc::clone(&app));
    Router::new()
        .route("/metrics", get(show))
        .with_state(Shown { app, token })
        .merge(health)
}

async fn show(State(shown): State<Shown>, headers: HeaderMap) -> Response {
    if !may_see(shown.token.as_ref(), &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match shown.app.metrics.show(&shown.app.turns).await {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => ProblemResponse::of(ProblemName::InternalError).into_response(),
    }
}

/// Whether the request shows the token. Hashes are compared: how long that takes tells nothing of it.
fn may_see(token: Option<&ScrapeToken>, headers: &HeaderMap) -> bool {
    let Some(token) = token else {
        return true;
    };
    let shown = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    shown.is_some_and(|shown| Sha256::digest(shown) == Sha256::digest(token.as_bytes()))
}
