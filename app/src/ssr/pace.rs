//! Answers that must not tell how long the work took.
//!
//! The use cases do the same work whether an account or a label exists; what little differs (a row that
//! is read, a text that is longer) disappears in the pace at which such answers leave.

use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The pace: many times what the work takes, and nothing a person notices.
const PACE: Duration = Duration::from_millis(20);

/// Waits until a whole number of paces has passed since the request arrived.
pub async fn keep_pace(arrived: Instant) {
    let paces = arrived.elapsed().as_micros() / PACE.as_micros() + 1;
    sleep_until(arrived + PACE * u32::try_from(paces).unwrap_or(u32::MAX)).await;
}
