//! What staff do about an enrollment.

use crate::api::ApiError;
use leptos::prelude::*;
use uuid::Uuid;

/// Leads to the list of what was searched for. The address that it leads to shows nothing of it.
#[server(prefix = "/api/fn", endpoint = "staff/enrollments/search")]
pub async fn staff_search(
    /// What was typed into the search field.
    #[server(default)]
    q: String,
    /// The word of a state, or nothing.
    #[server(default)]
    state: String,
    /// The word of a channel, or nothing.
    #[server(default)]
    channel: String,
    /// An age in days, or nothing.
    #[server(default)]
    age: String,
) -> Result<(), ApiError> {
    let staff =
        crate::ssr::staff::require_permission(gridpass_provider::Permission::SeeEnrollments)
            .await?;
    crate::ssr::staff::enrollments::search(staff, q, [state, channel, age]).await
}

/// Calls an open enrollment off.
#[server(prefix = "/api/fn", endpoint = "staff/enrollments/cancel")]
pub async fn staff_cancel(
    /// The enrollment's id.
    id: Uuid,
    /// Why.
    words: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::enrollments::cancel(staff, id, words).await
}

/// Keeps a note about an enrollment.
#[server(prefix = "/api/fn", endpoint = "staff/enrollments/note")]
pub async fn staff_note(
    /// The enrollment's id.
    id: Uuid,
    /// The note.
    words: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::enrollments::note(staff, id, words).await
}
