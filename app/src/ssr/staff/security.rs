//! How a member of staff keeps the own way in safe.

use super::{require_staff, staff_actor};
use crate::{
    api::ApiError,
    ssr::{
        Lane, cookies,
        request::{blocking, blocking_in, redirect_form},
    },
};
use gridpass_provider::{SessionView, StaffSession};

/// The browsers that this member of staff is signed in with.
///
/// # Errors
/// The database failed.
pub async fn sessions(staff: StaffSession) -> Result<Vec<SessionView>, ApiError> {
    blocking(move |gridpass| gridpass.staff_sessions(&staff)).await
}

/// Ends every session of this member of staff.
///
/// # Errors
/// `unauthorized`.
pub async fn sign_out_everywhere() -> Result<(), ApiError> {
    let staff = require_staff().await?;
    let actor = staff_actor(&staff)?;
    blocking(move |gridpass| gridpass.staff_sign_out_everywhere(&staff, actor)).await?;
    cookies::forget_staff();
    redirect_form("/staff");
    Ok(())
}

/// Changes the own password.
///
/// # Errors
/// `unauthorized` if nobody is signed in; `forbidden` if password or code are wrong; `invalid` if
/// the new one is too easy.
pub async fn change_password(password: String, new: String, code: String) -> Result<(), ApiError> {
    let staff = require_staff().await?;
    let actor = staff_actor(&staff)?;
    blocking_in(Lane::Passwords, move |gridpass| {
        gridpass.change_password(&staff, &password, &new, &code, actor)
    })
    .await?;
    redirect_form("/staff/security?changed=true");
    Ok(())
}
