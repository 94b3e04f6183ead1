//! What staff do about deliveries.

use super::staff_actor;
use crate::{
    api::ApiError,
    ssr::request::{blocking, redirect_form},
};
use gridpass_provider::{DeliveryId, StaffSession};
use uuid::Uuid;

/// Sends a message again.
///
/// # Errors
/// `forbidden`; `not-found` if there is nothing to send again.
pub async fn retry(staff: StaffSession, id: Uuid) -> Result<(), ApiError> {
    let actor = staff_actor(&staff)?;
    let id = DeliveryId::from_uuid(id);
    blocking(move |gridpass| gridpass.retry_delivery(&staff, id, actor)).await?;
    redirect_form("/staff/deliveries?done=retried");
    Ok(())
}

/// Notes that all printed letters were posted.
///
/// # Errors
/// `forbidden`.
pub async fn posted(staff: StaffSession) -> Result<(), ApiError> {
    let actor = staff_actor(&staff)?;
    let posted = blocking(move |gridpass| gridpass.letters_posted(&staff, actor)).await?;
    redirect_form(&format!("/staff/deliveries?posted={posted}"));
    Ok(())
}
