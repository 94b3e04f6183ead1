//! What admins do about the systems that are told of changes.

use crate::api::ApiError;
use leptos::prelude::*;
use uuid::Uuid;

/// Adds a system. Its secret is shown once, on the page that this leads to.
#[server(prefix = "/api/fn", endpoint = "staff/webhooks/add")]
pub async fn staff_add_webhook(
    /// Where it is called.
    url: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::webhooks::add(staff, url).await
}

/// Removes one.
#[server(prefix = "/api/fn", endpoint = "staff/webhooks/remove")]
pub async fn staff_remove_webhook(
    /// Its id.
    id: Uuid,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::webhooks::remove(staff, id).await
}
