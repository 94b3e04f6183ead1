//! What operators do about demand response.

use crate::api::ApiError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What was typed into the form of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypedEvent {
    /// The programme's id.
    pub program: String,
    /// The name.
    pub name: String,
    /// The beginning in UTC, as `<input type="datetime-local">` writes it.
    pub start: String,
    /// The length in minutes.
    pub minutes: String,
    /// `simple`, `price` or `reduction`.
    pub kind: String,
    /// Numbers with semicolons between them.
    pub amounts: String,
    /// How many minutes a device may wait.
    pub randomize: String,
    /// 0 to 100, or nothing.
    pub priority: String,
    /// What customers get.
    pub incentive: String,
    /// `all`, `group`, `postal-code`, `device` or `aggregator`.
    pub reach: String,
    /// The group's id.
    pub group: String,
    /// Postal codes with semicolons between them.
    pub postal_codes: String,
    /// A device ID, or the id of an enrollment.
    pub device: String,
    /// The aggregator's id.
    pub aggregator: String,
}

impl TypedEvent {
    /// Whom it is meant for, in a word: what was counted before it is sent.
    pub fn whom(&self) -> String {
        let which = match self.reach.as_str() {
            "group" => &self.group,
            "postal-code" => &self.postal_codes,
            "device" => &self.device,
            "aggregator" => &self.aggregator,
            _ => "",
        };
        format!("{} {which}", self.reach)
    }
}

/// Counts the devices that an event would reach. The form shows the count.
#[server(prefix = "/api/fn", endpoint = "staff/dr/check")]
pub async fn staff_check_event(
    /// What was typed.
    event: TypedEvent,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::dr::check(staff, event).await
}

/// Makes an event, if it is for those that were counted.
#[server(prefix = "/api/fn", endpoint = "staff/dr/make")]
pub async fn staff_make_event(
    /// What was typed.
    event: TypedEvent,
    /// Whom the count was of.
    counted: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::dr::make(staff, event, counted).await
}

/// Changes an event.
#[server(prefix = "/api/fn", endpoint = "staff/dr/change")]
pub async fn staff_change_event(
    /// Its id.
    id: Uuid,
    /// The version that the form showed.
    version: u64,
    /// What was typed.
    event: TypedEvent,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::dr::change(staff, id, version, event).await
}

/// Calls an event off.
#[server(prefix = "/api/fn", endpoint = "staff/dr/cancel")]
pub async fn staff_cancel_event(
    /// Its id.
    id: Uuid,
    /// The version that the page showed.
    version: u64,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::dr::cancel(staff, id, version).await
}

/// What was typed into the form of a programme.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedProgram {
    /// The name.
    pub name: String,
    /// What it is about.
    pub description: String,
}

/// Makes a programme.
#[server(prefix = "/api/fn", endpoint = "staff/dr/program")]
pub async fn staff_make_program(
    /// The name.
    name: String,
    /// What it is about.
    description: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::dr::make_program(staff, TypedProgram { name, description }).await
}

/// Makes a group.
#[server(prefix = "/api/fn", endpoint = "staff/dr/group")]
pub async fn staff_make_group(
    /// The name.
    name: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::dr::make_group(staff, name).await
}

/// Puts a device into a group.
#[server(prefix = "/api/fn", endpoint = "staff/dr/group/add")]
pub async fn staff_add_to_group(
    /// The group's id.
    id: Uuid,
    /// A device ID, or the id of an enrollment.
    device: String,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::dr::add_to_group(staff, id, device).await
}

/// Takes a device out of a group.
#[server(prefix = "/api/fn", endpoint = "staff/dr/group/remove")]
pub async fn staff_remove_from_group(
    /// The group's id.
    id: Uuid,
    /// The id of its enrollment.
    enrollment: Uuid,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::dr::remove_from_group(staff, id, enrollment).await
}
