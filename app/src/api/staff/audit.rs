//! The record of who did what.

use crate::api::ApiError;
use leptos::prelude::*;

/// Has the whole record verified in the background. For auditors.
#[server(prefix = "/api/fn", endpoint = "staff/audit/verify")]
pub async fn staff_verify_audit() -> Result<(), ApiError> {
    crate::ssr::staff::audit::verify().await
}
