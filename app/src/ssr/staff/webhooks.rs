//! What admins do about the systems that are told of changes.

use super::{enrollments::kept, staff_actor};
use crate::{
    api::ApiError,
    ssr::{
        cookies,
        request::{blocking, redirect_form},
    },
};
use gridpass_provider::{StaffSession, WebhookId};
use uuid::Uuid;

/// The name under which the page finds the secret that it shows once.
pub const SECRET: &str = "webhook-secret";

/// Adds a system. Its secret waits in a cookie of this browser for the next page, which takes it
/// away.
///
/// # Errors
/// `forbidden`; `invalid` address; `conflict` if there are too many.
pub async fn add(staff: StaffSession, url: String) -> Result<(), ApiError> {
    let actor = staff_actor(&staff)?;
    let typed = url.clone();
    let added = blocking(move |gridpass| gridpass.add_webhook(&staff, &url, actor)).await;
    let added = kept("webhook", &typed, added)?;
    cookies::keep_typed(SECRET, &added.secret.shown());
    redirect_form("/staff/webhooks");
    Ok(())
}

/// Removes one.
///
/// # Errors
/// `forbidden`; `not-found`.
pub async fn remove(staff: StaffSession, id: Uuid) -> Result<(), ApiError> {
    let actor = staff_actor(&staff)?;
    let id = WebhookId::from_uuid(id);
    blocking(move |gridpass| gridpass.remove_webhook(&staff, id, actor)).await?;
    redirect_form("/staff/webhooks?done=removed");
    Ok(())
}
