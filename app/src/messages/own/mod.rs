//! What customers read on pages without islands. Apart from the other words, so that nothing of it
//! gets into the bundle.

pub mod code;
pub mod data;
pub mod events;
pub mod gateway;
pub mod installed;
pub mod oidc;
pub mod this_device;

use super::{Language, use_language};

/// The words of these pages in one language.
#[derive(Debug)]
pub struct OwnMessages {
    /// Typing the code of the mail.
    pub code: code::CodeMessages,
    /// What is kept, and a device that was lost.
    pub data: data::DataMessages,
    /// What a provider asks of an enrolled device.
    pub events: events::EventMessages,
    /// Handing a gateway over.
    pub gateway: gateway::GatewayMessages,
    /// The app that a phone installs.
    pub installed: installed::InstalledMessages,
    /// Signing in at an issuer.
    pub oidc: oidc::OidcMessages,
    /// The page of an enrolled device.
    pub this_device: this_device::ThisDeviceMessages,
}

static EN: OwnMessages = OwnMessages {
    code: code::EN,
    data: data::EN,
    events: events::EN,
    gateway: gateway::EN,
    installed: installed::EN,
    oidc: oidc::EN,
    this_device: this_device::EN,
};

static ES: OwnMessages = OwnMessages {
    code: code::ES,
    data: data::ES,
    events: events::ES,
    gateway: gateway::ES,
    installed: installed::ES,
    oidc: oidc::ES,
    this_device: this_device::ES,
};

/// These words in the language of the page being shown.
pub fn use_own_messages() -> &'static OwnMessages {
    own_messages(use_language())
}

/// These words in a language.
pub fn own_messages(language: Language) -> &'static OwnMessages {
    match language {
        Language::English => &EN,
        Language::Spanish => &ES,
    }
}
