//! What every handler shares.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use gridpass_app::ssr::{Assets, CookieSecurity, DevOutbox, NoTurn, RequestFacts, Turns};
use gridpass_protocol::label::Origin;
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{Actor, Gridpass};
use ipnet::IpNet;

use crate::door::{Standing, StandingPlace};
use crate::http::health::Verdict;
use crate::live::Live;
use crate::metrics::Metrics;
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
    pub turns: Arc<Turns>,
    pub live: Live,
    pub metrics: Arc<Metrics>,
    pub readiness: Verdict,
    pub standing: Standing,
}

impl App {
    /// A place for a request that stands for long.
    ///
    /// # Errors
    /// `service-unavailable` while there are as many as may be.
    pub(crate) fn stand(&self, facts: &RequestFacts) -> Result<StandingPlace, ProblemResponse> {
        self.standing.take(facts.client).ok_or_else(busy)
    }

    /// Runs one use case of the provider on a thread that may block.
    ///
    /// # Errors
    /// `service-unavailable` when no turn comes in time, and `internal-error` when the use case panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Gridpass) -> T + Send + 'static,
    ) -> Result<T, ProblemResponse> {
        self.turns.run(work).await.map_err(|error| match error {
            NoTurn::Busy => busy(),
            NoTurn::Panicked => ProblemResponse::of(ProblemName::InternalError),
        })
    }
}

/// Come back in a few seconds.
pub(crate) fn busy() -> ProblemResponse {
    ProblemResponse::of(ProblemName::ServiceUnavailable)
}

/// An actor with what is known of the request that it acts in.
pub(crate) fn in_request(actor: Actor, facts: &RequestFacts) -> Actor {
    let actor = actor.from_client(facts.client);
    match facts.request_id.parse() {
        Ok(request_id) => actor.in_request(request_id),
        Err(_) => actor,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use crate::testing::Portal;

    #[tokio::test(start_paused = true)]
    async fn whoever_gets_no_turn_is_told_to_come_back_page_and_call_alike() {
        let portal = Portal::with_turns(0);
        let call = portal.get("/readyz").await;
        assert_eq!(call.problem(), "service-unavailable");
        assert_eq!(call.headers["retry-after"], "5");
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let function = portal
            .post("/api/fn/sign-in", &form, "provider=demo&account=A-1001")
            .await;
        assert_eq!(
            function.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{}",
            function.body
        );
    }
}
