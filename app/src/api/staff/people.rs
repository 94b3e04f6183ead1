//! Who is on the staff.

use crate::api::ApiError;
use leptos::prelude::*;
use uuid::Uuid;

/// Invites a colleague. For admins.
#[server(prefix = "/api/fn", endpoint = "staff/people/invite")]
pub async fn invite_colleague(
    /// The address to sign in with.
    email: String,
    /// The name that colleagues know.
    name: String,
    /// The role's word.
    role: String,
) -> Result<(), ApiError> {
    crate::ssr::staff::people::invite(email, name, role).await
}

/// Gives a colleague another role. For admins.
#[server(prefix = "/api/fn", endpoint = "staff/people/role")]
pub async fn change_role(
    /// The colleague.
    id: Uuid,
    /// The role's word.
    role: String,
) -> Result<(), ApiError> {
    crate::ssr::staff::people::change_role(id, role).await
}

/// Puts a colleague off the staff. For admins.
#[server(prefix = "/api/fn", endpoint = "staff/people/disable")]
pub async fn disable_staff(
    /// The colleague.
    id: Uuid,
) -> Result<(), ApiError> {
    crate::ssr::staff::people::disable(id).await
}

/// Puts a colleague back on the staff. For admins.
#[server(prefix = "/api/fn", endpoint = "staff/people/enable")]
pub async fn enable_staff(
    /// The colleague.
    id: Uuid,
) -> Result<(), ApiError> {
    crate::ssr::staff::people::enable(id).await
}

/// Makes a colleague set up anew how to sign in. For admins.
#[server(prefix = "/api/fn", endpoint = "staff/people/reset")]
pub async fn reset_staff(
    /// The colleague.
    id: Uuid,
) -> Result<(), ApiError> {
    crate::ssr::staff::people::reset(id).await
}
