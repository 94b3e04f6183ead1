//! What staff do about deliveries.

use crate::api::ApiError;
use leptos::prelude::*;
use uuid::Uuid;

/// Sends a message again that was given up.
#[server(prefix = "/api/fn", endpoint = "staff/deliveries/retry")]
pub async fn staff_retry(
    /// The message's id.
    id: Uuid,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::deliveries::retry(staff, id).await
}

/// Notes that all printed letters were posted.
#[server(prefix = "/api/fn", endpoint = "staff/deliveries/posted")]
pub async fn staff_posted() -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::deliveries::posted(staff).await
}
