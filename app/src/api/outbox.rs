//! The outbox of a development installation.

use super::ApiError;
use gridpass_protocol::time::UnixTime;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A mail that a real installation would have sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailView {
    /// The recipient's address.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The first link in the text.
    pub link: Option<String>,
    /// When it was made.
    pub at: UnixTime,
}

/// The mails of a development installation, newest first. Answers `not-found` everywhere else.
#[server(prefix = "/api/fn", endpoint = "outbox")]
pub async fn outbox() -> Result<Vec<MailView>, ApiError> {
    crate::ssr::require_development()?;
    let mails = crate::ssr::blocking(|gridpass| gridpass.outbox_messages()).await?;
    Ok(mails.into_iter().map(Into::into).collect())
}
