//! What staff do about an enrollment.

use crate::api::ApiError;
use leptos::prelude::*;
use uuid::Uuid;

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
