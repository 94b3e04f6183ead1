//! What staff do about files of registrations. A file itself comes by another way, because server
//! functions take short fields only.

use crate::api::ApiError;
use leptos::prelude::*;
use uuid::Uuid;

/// Registers what a checked file holds.
#[server(prefix = "/api/fn", endpoint = "staff/jobs/start")]
pub async fn staff_start_job(
    /// The job's id.
    id: Uuid,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::jobs::start(staff, id).await
}

/// Stops a job.
#[server(prefix = "/api/fn", endpoint = "staff/jobs/stop")]
pub async fn staff_stop_job(
    /// The job's id.
    id: Uuid,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::jobs::stop(staff, id).await
}
