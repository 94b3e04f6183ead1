//! The configuration file: TOML.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use gridpass_protocol::{DeviceId, Origin};
use serde::Deserialize;

use crate::{
    store::{self, StoreError},
    token::TokenConfig,
};

/// What the configuration file says. Everything may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Where the state is.
    pub(crate) state_dir: Option<PathBuf>,
    /// The device ID that is printed on the gateway.
    device_id: Option<DeviceIdText>,
    /// A file that holds it: best one that belongs to the hardware, like a network card's address,
    /// so that a copied disk is noticed on other hardware.
    device_id_file: Option<PathBuf>,
    /// The portal that labels have to be of.
    #[serde(deserialize_with = "origin")]
    pub(crate) portal: Option<Origin>,
    /// PEM file of the CAs that vouch for the portal's name, where no public one does.
    pub(crate) trusted_roots: Option<PathBuf>,
    /// The PKCS#11 token that keeps the gateway's keys; none: they are files of the state.
    pub(crate) token: Option<TokenConfig>,
    /// How the gateway is handed over through a browser.
    pub(crate) handover: Handover,
    /// What carries out instructions, by their names; `*` is for all others.
    pub(crate) instructions: BTreeMap<String, Hook>,
    /// What follows DR events.
    pub(crate) event: Option<Hook>,
    /// What measures while an event goes on.
    pub(crate) report: Option<ReportHook>,
}

/// The local page of the hand-over.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Handover {
    /// Address and port.
    pub(crate) listen: SocketAddr,
    /// Names that people type for the gateway, beside its addresses and names like
    /// `gateway.local`.
    pub(crate) names: Vec<String>,
}

impl Default for Handover {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 80)),
            names: Vec::new(),
        }
    }
}

/// A device ID that is never shown.
#[derive(Deserialize)]
struct DeviceIdText(String);

impl std::fmt::Debug for DeviceIdText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceIdText([redacted])")
    }
}

fn origin<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Origin>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Origin::parse(&text)
        .map(Some)
        .map_err(serde::de::Error::custom)
}

/// A program that does what the provider asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hook {
    /// Its file. It gets what it is asked for as JSON on its standard input, and nothing of this
    /// program's environment.
    pub(crate) program: PathBuf,
    #[serde(default)]
    pub(crate) arguments: Vec<String>,
    /// Beside `PATH`.
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// Seconds after which it is stopped.
    #[serde(default = "default_timeout")]
    timeout: u64,
    /// What to do when this program was stopped while the hook ran.
    #[serde(default)]
    pub(crate) after_interruption: AfterInterruption,
}

/// A hook that measures.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct ReportHook {
    #[serde(flatten)]
    pub(crate) hook: Hook,
    /// Seconds between two measurements while an event goes on.
    #[serde(default = "default_interval")]
    interval: u64,
}

/// What to do about a hook that may or may not have done its work when the power went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AfterInterruption {
    /// It is not run again; the provider hears that it failed.
    #[default]
    Report,
    /// It is run again: for what does no harm twice.
    Repeat,
}

const fn default_timeout() -> u64 {
    30
}

const fn default_interval() -> u64 {
    300
}

/// Seconds that a hook may run, at most.
const LONGEST_TIMEOUT: u64 = 600;
/// Seconds between two measurements, at least.
const SHORTEST_INTERVAL: u64 = 1;

impl Hook {
    /// How long it may run.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout.clamp(1, LONGEST_TIMEOUT))
    }
}

impl ReportHook {
    /// Seconds between two measurements.
    pub(crate) fn interval(&self) -> u64 {
        self.interval.max(SHORTEST_INTERVAL)
    }
}

/// Why a configuration is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("{}: {error}", file.display())]
    File {
        file: PathBuf,
        error: std::io::Error,
    },
    #[error("{}: {error}", file.display())]
    Content {
        file: PathBuf,
        error: Box<toml::de::Error>,
    },
    #[error("the device ID is not known: set device_id or device_id_file in the configuration")]
    NoDeviceId,
    #[error("device_id: {0}")]
    DeviceId(#[from] gridpass_protocol::InvalidDeviceId),
    #[error("device_id_file: {0}")]
    DeviceIdFile(StoreError),
}

impl Config {
    /// Reads a configuration file.
    pub(crate) fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|error| ConfigError::File {
            file: file.to_owned(),
            error,
        })?;
        toml::from_str(&text).map_err(|error| ConfigError::Content {
            file: file.to_owned(),
            error: Box::new(error),
        })
    }

    /// The device ID that the configuration says, or says where to find.
    pub(crate) fn device_id(&self) -> Result<Option<DeviceId>, ConfigError> {
        match (&self.device_id, &self.device_id_file) {
            (Some(DeviceIdText(text)), _) => Ok(Some(DeviceId::parse_checked(text)?)),
            (None, Some(file)) => store::read_device_id(file).map_err(ConfigError::DeviceIdFile),
            (None, None) => Ok(None),
        }
    }

    /// What carries out the instruction of this name.
    pub(crate) fn instruction(&self, name: &str) -> Option<&Hook> {
        self.instructions
            .get(name)
            .or_else(|| self.instructions.get("*"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_configuration() {
        let example = include_str!("../examples/gateway.toml");
        let config: Config = toml::from_str(example).unwrap();
        assert!(config.event.is_some() && config.report.is_some());
        assert!(config.instruction("set-point").is_some());
        assert!(config.instruction("format-disk").is_none());
    }

    #[test]
    fn what_is_not_known_is_refused_and_the_device_id_is_not_shown() {
        assert!(toml::from_str::<Config>("device-id = 'x'").is_err());
        assert!(toml::from_str::<Config>("portal = 'ftp://x'").is_err());
        let config: Config = toml::from_str("device_id = 'SN-4711-0815'").unwrap();
        assert!(!format!("{config:?}").contains("4711"));
        assert_eq!(config.device_id().unwrap().unwrap().as_str(), "SN47110815");
    }

    #[test]
    fn a_hook_runs_for_ten_minutes_at_most() {
        let text = "event = { program = '/bin/true', timeout = 100000 }";
        let config: Config = toml::from_str(text).unwrap();
        assert_eq!(config.event.unwrap().timeout(), Duration::from_secs(600));
    }
}
