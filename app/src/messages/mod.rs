//! Every sentence a person reads, in every language. One file a stage; each holds a struct of
//! words and one constant a language, so that a missing translation does not compile.

pub mod account;
pub mod common;
#[cfg(feature = "ssr")]
pub mod delivery;
pub mod developers;
pub mod development;
pub mod devices;
pub mod enroll;
pub mod home;
pub mod label;
pub mod own;
pub mod problem;
pub mod registration;
#[cfg(feature = "ssr")]
pub mod staff;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A language the site speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// English, also for whoever asks for a language the site does not speak.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
}

impl Language {
    /// Every language, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// The BCP 47 tag, as in `<html lang>`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// The language's name in itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
        }
    }

    /// Every word of the site in this language.
    pub const fn messages(self) -> &'static Messages {
        match self {
            Self::English => &EN,
            Self::Spanish => &ES,
        }
    }
}

/// A tag of no language the site speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the site does not speak this language")]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    /// Reads a BCP 47 tag by its primary subtag, so that `es-MX` is Spanish.
    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        let primary = tag.trim().split('-').next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
            .ok_or(UnknownLanguage)
    }
}

/// The words of the site in one language.
#[derive(Debug)]
pub struct Messages {
    /// Header, footer, and what several pages say.
    pub common: common::CommonMessages,
    /// The landing page.
    pub home: home::HomeMessages,
    /// Signing in.
    pub account: account::AccountMessages,
    /// A customer's devices.
    pub devices: devices::DeviceMessages,
    /// Registering a device.
    pub registration: registration::RegistrationMessages,
    /// The label: QR code, manual code and what to do with them.
    pub label: label::LabelMessages,
    /// The enrollment page.
    pub enroll: enroll::EnrollMessages,
    /// Refusals and faults.
    pub problem: problem::ProblemMessages,
    /// The outbox of a development installation.
    pub development: development::DevelopmentMessages,
}

static EN: Messages = Messages {
    common: common::EN,
    home: home::EN,
    account: account::EN,
    devices: devices::EN,
    registration: registration::EN,
    label: label::EN,
    enroll: enroll::EN,
    problem: problem::EN,
    development: development::EN,
};

static ES: Messages = Messages {
    common: common::ES,
    home: home::ES,
    account: account::ES,
    devices: devices::ES,
    registration: registration::ES,
    label: label::ES,
    enroll: enroll::ES,
    problem: problem::ES,
    development: development::ES,
};

/// The language of the page being shown.
pub fn use_language() -> Language {
    // An island has nothing around it in the browser, but the page it is part of.
    use_context().unwrap_or_else(crate::language::current)
}

/// The words of the page being shown.
pub fn use_messages() -> &'static Messages {
    use_language().messages()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regional_tag_is_read_by_its_language() {
        assert_eq!("es-MX".parse(), Ok(Language::Spanish));
        assert_eq!(" EN ".parse(), Ok(Language::English));
        assert_eq!("esperanto".parse::<Language>(), Err(UnknownLanguage));
        assert_eq!("".parse::<Language>(), Err(UnknownLanguage));
    }
}
