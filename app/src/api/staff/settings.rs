//! The settings of devices.

use crate::api::ApiError;
use leptos::prelude::*;

/// Makes a new version of the settings.
#[server(prefix = "/api/fn", endpoint = "staff/settings/change")]
pub async fn staff_change_settings(
    /// `device` or `gateway`.
    kind: String,
    /// Seconds between two polls.
    poll_interval: u32,
    /// Whom to ask, by e-mail; empty for nobody.
    #[server(default)]
    support_email: String,
    /// Whom to ask, by phone; empty for nobody.
    #[server(default)]
    support_phone: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    let contacts = [support_email, support_phone];
    crate::ssr::staff::settings::change(staff, kind, poll_interval, contacts).await
}

/// Makes an older version the newest one.
#[server(prefix = "/api/fn", endpoint = "staff/settings/bring-back")]
pub async fn staff_bring_back_settings(
    /// `device` or `gateway`.
    kind: String,
    /// Which version.
    version: u32,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::settings::bring_back(staff, kind, version).await
}
