//! What staff do about files of registrations.

use super::staff_actor;
use crate::{
    api::ApiError,
    ssr::request::{blocking, redirect_form},
};
use gridpass_provider::{BulkJobId, StaffSession};
use uuid::Uuid;

/// Registers what a checked file holds.
///
/// # Errors
/// `forbidden`; `not-found`; `conflict` if it is not checked.
pub async fn start(staff: StaffSession, id: Uuid) -> Result<(), ApiError> {
    let actor = staff_actor(&staff)?;
    let job = BulkJobId::from_uuid(id);
    blocking(move |gridpass| gridpass.start_bulk_job(&staff, job, actor)).await?;
    redirect_form(&format!("/staff/jobs/{id}"));
    Ok(())
}

/// Stops a job.
///
/// # Errors
/// `forbidden`; `not-found`; `conflict` if it has ended.
pub async fn stop(staff: StaffSession, id: Uuid) -> Result<(), ApiError> {
    let actor = staff_actor(&staff)?;
    let job = BulkJobId::from_uuid(id);
    blocking(move |gridpass| gridpass.cancel_bulk_job(&staff, job, actor)).await?;
    redirect_form(&format!("/staff/jobs/{id}"));
    Ok(())
}
