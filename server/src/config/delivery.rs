//! How messages leave: `[delivery]`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use gridpass_provider::delivery::Carriers;
use gridpass_provider::delivery::smtp::{Smtp, SmtpServer, SmtpTls};
use serde::Deserialize;

use super::{ConfigError, contradiction};

/// How messages leave. Those that nothing here takes wait, and can be seen waiting.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Delivery {
    /// Threads that send.
    pub workers: usize,
    /// The mail server.
    pub smtp: Option<SmtpSettings>,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            workers: 2,
            smtp: None,
        }
    }
}

/// A mail server.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmtpSettings {
    pub host: String,
    /// 465 with `implicit`, else 587.
    pub port: Option<u16>,
    #[serde(default = "default_tls")]
    pub tls: SmtpTls,
    /// A certificate to trust besides the public ones, PEM.
    pub root: Option<PathBuf>,
    /// The address that mails come from.
    pub from: String,
    pub user: Option<String>,
    pub password: Option<String>,
    /// Holds the password, in place of `password`.
    pub password_file: Option<PathBuf>,
}

const fn default_tls() -> SmtpTls {
    SmtpTls::Required
}

impl std::fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

impl Delivery {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if !(1..=64).contains(&self.workers) {
            return Err(contradiction("delivery.workers", "must be 1 to 64"));
        }
        match &self.smtp {
            Some(smtp) => smtp.check(),
            None => Ok(()),
        }
    }

    pub(super) fn carriers(&self) -> Result<Carriers, ConfigError> {
        let mut carriers = Carriers::default();
        if let Some(smtp) = &self.smtp {
            let connections = u32::try_from(self.workers).unwrap_or(1);
            carriers.mail = Some(Box::new(smtp.open(connections)?));
        }
        Ok(carriers)
    }
}

impl SmtpSettings {
    fn check(&self) -> Result<(), ConfigError> {
        let is_this_machine =
            self.host == "localhost" || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        if self.tls == SmtpTls::None && !is_this_machine {
            return Err(contradiction(
                "delivery.smtp.tls",
                "is `none`: without TLS mails go to a server on this machine only",
            ));
        }
        if self.password.is_some() && self.password_file.is_some() {
            return Err(contradiction(
                "delivery.smtp.password_file",
                "is there beside `password`: one of the two",
            ));
        }
        Ok(())
    }

    fn open(&self, connections: u32) -> Result<Smtp, ConfigError> {
        let password = match (&self.password, &self.password_file) {
            (Some(password), _) => Some(password.clone()),
            (None, Some(file)) => Some(read_secret("delivery.smtp.password_file", file)?),
            (None, None) => None,
        };
        let root = self
            .root
            .as_ref()
            .map(|file| read("delivery.smtp.root", file))
            .transpose()?;
        let server = SmtpServer {
            host: self.host.clone(),
            port: self.port.unwrap_or(match self.tls {
                SmtpTls::Implicit => 465,
                SmtpTls::Required | SmtpTls::Opportunistic | SmtpTls::None => 587,
            }),
            tls: self.tls,
            root,
            login: self.user.clone().zip(password),
            from: self.from.clone(),
            connections,
        };
        Smtp::new(server).map_err(|error| ConfigError::Unusable {
            name: "delivery.smtp",
            why: error.to_string(),
        })
    }
}

fn read(name: &'static str, file: &Path) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(file).map_err(|error| ConfigError::Unusable {
        name,
        why: format!("cannot read {}: {error}", file.display()),
    })
}

/// A secret in a file, without the line end that editors leave.
fn read_secret(name: &'static str, file: &Path) -> Result<String, ConfigError> {
    let text = String::from_utf8(read(name, file)?).map_err(|_| ConfigError::Unusable {
        name,
        why: format!("{} holds no text", file.display()),
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
