//! What staff send to devices.

use crate::api::ApiError;
use leptos::prelude::*;
use uuid::Uuid;

/// What was typed into the form of an instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TypedInstruction {
    /// What to do.
    pub name: String,
    /// A JSON object, or nothing.
    pub arguments: String,
    /// For how many seconds it is good.
    pub valid_for: Option<u64>,
}

/// Sends an instruction to a device.
#[server(prefix = "/api/fn", endpoint = "staff/mailbox/instruct")]
pub async fn staff_instruct(
    /// The enrollment's id.
    id: Uuid,
    /// What to do.
    name: String,
    /// A JSON object, or nothing.
    #[server(default)]
    arguments: String,
    /// For how many seconds it is good.
    valid_for: u64,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    let typed = TypedInstruction {
        name,
        arguments,
        valid_for: Some(valid_for),
    };
    crate::ssr::staff::mailbox::instruct(staff, id, typed).await
}

/// Takes an instruction back.
#[server(prefix = "/api/fn", endpoint = "staff/mailbox/take-back")]
pub async fn staff_take_back(
    /// The enrollment's id.
    id: Uuid,
    /// The instruction's id.
    instruction: Uuid,
) -> Result<(), ApiError> {
    let staff = crate::ssr::staff::require_staff().await?;
    crate::ssr::staff::mailbox::take_back(staff, id, instruction).await
}
