//! What auditors do about the record of who did what.

use super::{require_staff, staff_actor};
use crate::{
    api::ApiError,
    ssr::request::{blocking, redirect_form},
};

/// Has the whole record verified in the background.
///
/// # Errors
/// `forbidden`.
pub async fn verify() -> Result<(), ApiError> {
    let staff = require_staff().await?;
    let actor = staff_actor(&staff)?;
    blocking(move |gridpass| gridpass.start_audit_verification(&staff, actor)).await?;
    redirect_form("/staff/audit");
    Ok(())
}
