//! The settings of devices.

use super::staff_actor;
use crate::{
    api::ApiError,
    ssr::request::{blocking, redirect_form, refuse},
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{DeviceSettings, EnrollmentKind, StaffSession};

/// Makes a new version.
///
/// # Errors
/// `invalid` if a value is out of its bounds; `forbidden`.
pub async fn change(
    staff: StaffSession,
    kind: String,
    poll_interval: u32,
    [email, phone]: [String; 2],
) -> Result<(), ApiError> {
    let contact = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let settings = DeviceSettings {
        poll_interval,
        support_email: contact(email),
        support_phone: contact(phone),
    };
    let (kind, actor) = (read_kind(&kind)?, staff_actor(&staff)?);
    blocking(move |gridpass| gridpass.change_settings(&staff, kind, settings, actor)).await?;
    redirect_form("/staff/settings?done=changed");
    Ok(())
}

/// Makes an older version the newest one.
///
/// # Errors
/// `conflict` if there is no such older version; `forbidden`.
pub async fn bring_back(staff: StaffSession, kind: String, version: u32) -> Result<(), ApiError> {
    let (kind, actor) = (read_kind(&kind)?, staff_actor(&staff)?);
    blocking(move |gridpass| gridpass.bring_back_settings(&staff, kind, version, actor)).await?;
    redirect_form("/staff/settings?done=brought-back");
    Ok(())
}

fn read_kind(word: &str) -> Result<EnrollmentKind, ApiError> {
    word.parse()
        .map_err(|_| refuse(ProblemName::BadRequest.into()))
}
