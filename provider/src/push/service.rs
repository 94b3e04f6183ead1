//! Push services over HTTP (RFC 8030).

use ureq::Agent;

use crate::delivery::http::{Reach, guarded_agent};

/// Seconds for which a push service keeps a knock for a device that is away: what there is waits in
/// the mailbox in any case.
const TIME_TO_LIVE: &str = "86400";

/// Of several knocks that wait, the last one is enough (RFC 8030, 5.4).
const TOPIC: &str = "gridpass";

/// A request to a push service.
pub struct Knock {
    /// Where it goes.
    pub endpoint: String,
    /// `Authorization`: who sends it.
    pub authorization: String,
}

/// Knocks.
pub trait Pusher: Send + Sync {
    /// Makes one request and returns the status of the answer.
    ///
    /// # Errors
    /// There was no answer; what stood in the way.
    fn knock(&self, knock: &Knock) -> Result<u16, String>;
}

/// Knocks over HTTP.
pub struct HttpPusher(Agent);

impl HttpPusher {
    /// One that reaches so far.
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        Self(guarded_agent(reach))
    }
}

impl Pusher for HttpPusher {
    fn knock(&self, knock: &Knock) -> Result<u16, String> {
        let answer = self
            .0
            .post(&knock.endpoint)
            .header("authorization", &knock.authorization)
            .header("ttl", TIME_TO_LIVE)
            .header("topic", TOPIC)
            .header("urgency", "high")
            .send_empty()
            .map_err(|error| error.to_string())?;
        Ok(answer.status().as_u16())
    }
}
