//! What every page needs to know about this installation, and the language switch.

use super::ApiError;
use crate::messages::Language;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What a visitor may know about this installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteView {
    /// Providers one can sign in with, at least one.
    pub providers: Vec<ProviderView>,
    /// Whether sent mails are shown to everybody.
    pub outbox: OutboxView,
}

/// A provider of this installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderView {
    /// Its id in addresses and forms.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where its customers write for help.
    pub support_email: Option<String>,
    /// Where its customers call for help.
    pub support_phone: Option<String>,
}

/// Whether sent mails are shown at `/dev/outbox`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutboxView {
    /// A development installation.
    Shown,
    /// Every other one.
    Refused,
}

/// This installation's providers. Open to everybody.
#[server(prefix = "/api/fn", endpoint = "site")]
pub async fn site() -> Result<SiteView, ApiError> {
    use crate::ssr::{blocking, outbox_view};
    let outbox = outbox_view();
    let providers = blocking(|gridpass| Ok::<_, ApiError>(gridpass.provider_list())).await?;
    Ok(SiteView {
        providers: providers.into_iter().map(Into::into).collect(),
        outbox,
    })
}

/// Keeps the language a visitor switched to. Open to everybody.
#[server(prefix = "/api/fn", endpoint = "language")]
pub async fn choose_language(
    /// The language switched to.
    language: Language,
) -> Result<(), ApiError> {
    crate::ssr::cookies::set_switched_language(language);
    crate::ssr::redirect_back();
    Ok(())
}
