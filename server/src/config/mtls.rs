//! The listener for devices that come with their certificate.

use std::net::SocketAddr;
use std::path::PathBuf;

use gridpass_protocol::label::Origin;
use gridpass_provider::{DeviceLine, LineNaming};
use serde::Deserialize;

use super::{Config, ConfigError, contradiction};

/// Where devices come with their certificate in TLS: EST, settings, messages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mtls {
    /// Where it listens.
    pub listen: SocketAddr,
    /// How devices reach it; else the portal's host with the port of `listen`.
    pub origin: Option<Origin>,
    /// PEM files of its certificate, from a CA that all devices trust; else it makes one itself, of
    /// each provider's CA.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// Whether TLS 1.2 is spoken too, with forward secrecy and AEAD only, for EST clients that know no
    /// newer one.
    #[serde(default)]
    pub tls12: bool,
}

impl Mtls {
    /// The files of its certificate, if it does not make one itself.
    pub(crate) fn files(&self) -> Option<(&PathBuf, &PathBuf)> {
        self.certificate.as_ref().zip(self.key.as_ref())
    }

    /// The listener as devices find it, on the port that it got.
    ///
    /// # Errors
    /// The portal's host with that port is no origin.
    pub(crate) fn line(&self, portal: &Origin, port: u16) -> Result<DeviceLine, ConfigError> {
        let origin = match &self.origin {
            Some(origin) => origin.clone(),
            None => Origin::parse(&format!("https://{}:{port}", portal.host()))
                .map_err(|_| contradiction("mtls.origin", "has to be set"))?,
        };
        let naming = match self.files() {
            Some(_) => LineNaming::Shared,
            None => LineNaming::PerProvider,
        };
        Ok(DeviceLine { origin, naming })
    }

    pub(super) fn check(&self, config: &Config) -> Result<(), ConfigError> {
        if self.certificate.is_some() != self.key.is_some() {
            return Err(contradiction(
                "mtls.key",
                "and mtls.certificate go together: set both or neither",
            ));
        }
        let origin = self.origin.as_ref().unwrap_or(&config.origin);
        if self
            .origin
            .as_ref()
            .is_some_and(|origin| !origin.is_https())
        {
            return Err(contradiction("mtls.origin", "must begin with https://"));
        }
        if !self.listen.ip().is_loopback() && origin.is_loopback() {
            return Err(contradiction(
                "mtls.origin",
                "has to be set: devices cannot reach a loopback address",
            ));
        }
        let is_address =
            origin.host().starts_with('[') || origin.host().parse::<std::net::Ipv4Addr>().is_ok();
        if self.files().is_none() && config.providers.len() > 1 && is_address {
            return Err(contradiction(
                "mtls.origin",
                "must be a name: with several providers each gets one below it, <provider>.<name>",
            ));
        }
        Ok(())
    }
}
