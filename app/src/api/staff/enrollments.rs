//! What staff do about an enrollment.

use crate::api::ApiError;
use leptos::prelude::*;
use uuid::Uuid;

/// Leads to the list of what was searched for. The address that it leads to shows nothing of it.
#[server(prefix = "/api/fn", endpoint = "staff/enrollments/search")]
pub async fn staff_search(
    /// What was typed into the search field.
    #[server(default)]
    q: String,
    /// The word of a state, or nothing.
    #[server(default)]
    state: String,
    /// The word of a channel, or nothing.
    #[server(default)]
    channel: String,
    /// An age in days, or nothing.
    #[server(default)]
    age: String,
) -> Result<(), ApiError> {
    let staff =
        crate::ssr::staff::require_permission(gridpass_provider::Permission::SeeEnrollments)
            .await?;
    crate::ssr::staff::enrollments::search(staff, q, [state, channel, age]).await
}

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

/// Approves a device that waits for it.
#[server(prefix = "/api/fn", endpoint = "staff/enrollments/approve")]
pub async fn staff_approve(
    /// The enrollment's id.
    id: Uuid,
    /// The fingerprint of its key, hexadecimal.
    key: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::enrollments::approve(staff, id, key).await
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

/// Sends a new label to the address on file; the old one is void.
#[server(prefix = "/api/fn", endpoint = "staff/enrollments/renew")]
pub async fn staff_renew(
    /// The enrollment's id.
    id: Uuid,
    /// How it is sent.
    channel: String,
    /// Why.
    words: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::enrollments::renew(staff, id, channel, words).await
}

/// Takes the suspicion of a copy back.
#[server(prefix = "/api/fn", endpoint = "staff/enrollments/dismiss-copy")]
pub async fn staff_dismiss_copy(
    /// The enrollment's id.
    id: Uuid,
    /// Why.
    words: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::enrollments::dismiss_copy(staff, id, words).await
}

/// Withdraws the certificate of a device.
#[server(prefix = "/api/fn", endpoint = "staff/enrollments/revoke")]
pub async fn staff_revoke(
    /// The enrollment's id.
    id: Uuid,
    /// What happened to the device, as a word.
    reason: String,
    /// What else there is to say.
    words: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::enrollments::revoke(staff, id, reason, words).await
}

/// Puts a device on hold.
#[server(prefix = "/api/fn", endpoint = "staff/enrollments/hold")]
pub async fn staff_hold(
    /// The enrollment's id.
    id: Uuid,
    /// Why.
    words: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::enrollments::hold(staff, id, words).await
}

/// Ends the hold of a device.
#[server(prefix = "/api/fn", endpoint = "staff/enrollments/release")]
pub async fn staff_release(
    /// The enrollment's id.
    id: Uuid,
    /// Why.
    words: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::enrollments::release(staff, id, words).await
}

/// Withdraws one certificate of a device that has several.
#[server(prefix = "/api/fn", endpoint = "staff/enrollments/revoke-certificate")]
pub async fn staff_revoke_certificate(
    /// The enrollment's id.
    id: Uuid,
    /// The certificate's serial number.
    serial: String,
    /// What happened, as a word.
    reason: String,
    /// What else there is to say.
    words: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::enrollments::revoke_certificate(staff, id, serial, reason, words).await
}

/// What was typed into the form of the intake. Holds a device ID: no `Debug`.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TypedIntake {
    /// The device ID.
    pub device_id: String,
    /// The customer's name for the device.
    pub nickname: String,
    /// `device` or `gateway`.
    pub kind: String,
    /// How the label is sent.
    pub channel: String,
    /// The language of what is sent; empty for the customer's own.
    pub language: String,
}

/// Registers a device for a customer on the phone.
#[server(prefix = "/api/fn", endpoint = "staff/intake")]
pub async fn staff_register(
    /// The account's id.
    account: Uuid,
    /// What was taken down.
    device_id: String,
    /// The customer's name for the device.
    nickname: String,
    /// `device` or `gateway`.
    kind: String,
    /// How the label is sent.
    channel: String,
    /// The language of what is sent; empty for the customer's own.
    language: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    let typed = TypedIntake {
        device_id,
        nickname,
        kind,
        channel,
        language,
    };
    crate::ssr::staff::enrollments::register(staff, account, typed).await
}
