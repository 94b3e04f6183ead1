//! How messages leave: `[delivery]`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use axum::http::Uri;
use gridpass_provider::HttpPusher;
use gridpass_provider::delivery::http::{CallSecret, HttpCaller, Reach};
use gridpass_provider::delivery::smtp::{Smtp, SmtpServer, SmtpTls};
use gridpass_provider::delivery::{Carriers, SmsGateway};
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
    /// The system that sends SMS and MMS.
    pub sms: Option<SmsSettings>,
    /// Calls to the systems of providers.
    pub webhooks: WebhookSettings,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            workers: 2,
            smtp: None,
            sms: None,
            webhooks: WebhookSettings::default(),
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

/// A system that sends SMS and MMS: it gets signed calls.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmsSettings {
    pub url: String,
    /// What calls are signed with, as Standard Webhooks writes it: `whsec_…`.
    pub secret: Option<String>,
    /// Holds it, in place of `secret`.
    pub secret_file: Option<PathBuf>,
}

impl std::fmt::Debug for SmsSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsSettings")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Calls to the systems of providers.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WebhookSettings {
    /// Whether they may go to addresses that are not on the open Internet. A provider's admin who
    /// sets an address could otherwise reach what only this machine reaches.
    pub private_networks: bool,
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
        if let Some(sms) = &self.sms {
            sms.check()?;
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
        if let Some(sms) = &self.sms {
            carriers.sms = Some(sms.open()?);
        }
        let reach = if self.webhooks.private_networks {
            Reach::Anywhere
        } else {
            Reach::Public
        };
        carriers.webhooks = Some(Box::new(HttpCaller::new(reach)));
        carriers.push = Some(Box::new(HttpPusher::new(reach)));
        Ok(carriers)
    }
}

impl SmsSettings {
    fn check(&self) -> Result<(), ConfigError> {
        let address: Option<Uri> = self.url.parse().ok();
        let is_callable = |address: Uri| match (address.scheme_str(), address.host()) {
            (Some("https"), Some(_)) => true,
            (Some("http"), Some(host)) => is_this_machine(host),
            _ => false,
        };
        if !address.is_some_and(is_callable) {
            return Err(contradiction(
                "delivery.sms.url",
                "must begin with https:// unless it is this machine",
            ));
        }
        if self.secret.is_some() == self.secret_file.is_some() {
            return Err(contradiction(
                "delivery.sms.secret",
                "is needed, or `secret_file`: one of the two",
            ));
        }
        Ok(())
    }

    /// The operator of this installation sets the address: it may be anywhere.
    fn open(&self) -> Result<SmsGateway, ConfigError> {
        let secret = match (&self.secret, &self.secret_file) {
            (Some(secret), _) => secret.clone(),
            (None, Some(file)) => read_secret("delivery.sms.secret_file", file)?,
            (None, None) => String::new(),
        };
        Ok(SmsGateway {
            url: self.url.clone(),
            secret: CallSecret::parse(&secret).map_err(|error| ConfigError::Unusable {
                name: "delivery.sms.secret",
                why: error.to_string(),
            })?,
            caller: Box::new(HttpCaller::new(Reach::Anywhere)),
        })
    }
}

impl SmtpSettings {
    fn check(&self) -> Result<(), ConfigError> {
        if self.tls == SmtpTls::None && !is_this_machine(&self.host) {
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

fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse()
            .is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn read(name: &'static str, file: &Path) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(file).map_err(|error| ConfigError::Unusable {
        name,
        why: format!("cannot read {}: {error}", file.display()),
    })
}

/// A secret in a file, without the line end that editors leave.
pub(super) fn read_secret(name: &'static str, file: &Path) -> Result<String, ConfigError> {
    let text = String::from_utf8(read(name, file)?).map_err(|_| ConfigError::Unusable {
        name,
        why: format!("{} holds no text", file.display()),
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_messages_leave_this_machine_over_https_alone() {
        let check = |url: &str| {
            let settings = SmsSettings {
                url: url.to_owned(),
                secret: Some("whsec_".to_owned()),
                secret_file: None,
            };
            settings.check()
        };
        for good in [
            "https://sms.example/send",
            "http://localhost:4000/send",
            "http://[::1]:4000/send",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "http://sms.example/send",
            "http://localhost.example/send",
            "http://127.0.0.1.example/send",
            "ftp://localhost/send",
            "send",
            "",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
