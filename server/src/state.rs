//! What every handler shares.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use gridpass_app::ssr::{Assets, CookieSecurity, DevOutbox, RequestFacts};
use gridpass_protocol::label::Origin;
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{Actor, Gridpass};
use ipnet::IpNet;
use tokio::sync::Semaphore;

use crate::problem::ProblemResponse;

/// One running server.
pub(crate) struct App {
    pub gridpass: Arc<Gridpass>,
    pub assets: Arc<Assets>,
    pub origin: Origin,
    pub trusted_proxies: Vec<IpNet>,
    pub dev_outbox: DevOutbox,
    pub cookie_security: CookieSecurity,
    pub content_security_policy: HeaderValue,
    pub timeout: Duration,
    /// Bounds the threads that work on keys and on the database.
    pub turns: Semaphore,
}

/// How long a request waits for its turn before it is sent away.
const PATIENCE: Duration = Duration::from_secs(5);

impl App {
    /// Runs one use case of the provider on a thread that may block.
    ///
    /// # Errors
    /// `service-unavailable` when no turn comes within five seconds, and when the use case panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Gridpass) -> T + Send + 'static,
    ) -> Result<T, ProblemResponse> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            let ProblemResponse(busy) = ProblemResponse::of(ProblemName::ServiceUnavailable);
            return Err(ProblemResponse::new(
                busy.with_retry_after(PATIENCE.as_secs()),
            ));
        };
        let gridpass = Arc::clone(&self.gridpass);
        tokio::task::spawn_blocking(move || work(&gridpass))
            .await
            .map_err(|error| {
                tracing::error!(%error, "a use case ended in a panic");
                ProblemResponse::of(ProblemName::InternalError)
            })
    }
}

/// An actor with what is known of the request that it acts in.
pub(crate) fn in_request(actor: Actor, facts: &RequestFacts) -> Actor {
    let actor = actor.from_client(facts.client);
    match facts.request_id.parse() {
        Ok(request_id) => actor.in_request(request_id),
        Err(_) => actor,
    }
}
