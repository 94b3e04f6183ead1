//! The account directory.

use crate::api::ApiError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// An account as it is typed; an empty field is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each is named after its field")]
pub struct AccountInput {
    pub number: String,
    pub name: String,
    pub email: String,
    pub mobile: String,
    pub line_1: String,
    pub line_2: String,
    pub postal_code: String,
    pub city: String,
    pub region: String,
    pub country: String,
    pub language: String,
}

/// Writes an account: a new one, or what is different of one with this number. For support and up.
#[server(prefix = "/api/fn", endpoint = "staff/customers/write")]
pub async fn write_account(
    /// The account.
    account: AccountInput,
) -> Result<(), ApiError> {
    crate::ssr::staff::customers::write(account).await
}
