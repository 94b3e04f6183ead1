//! What an installation is told about itself. The server reads it from its configuration file.

use std::path::PathBuf;

use gridpass_protocol::{CsrContent, KeyAlgorithm, Origin};
use serde::{Deserialize, Serialize};

use crate::{
    ca::{CertificateProfile, EstConfig, TokenConfig},
    est_enrollment::EstPolicy,
    id::{AccountNumber, ProviderId},
    key_policy::KeyPolicy,
    oidc::OidcConfig,
    registration::Channel,
    revocation::RevocationConfig,
    store::Database,
    tenant::Language,
};

/// One installation: one database, one key file, one origin, several providers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstallationConfig {
    /// The database. A file is made at first start; in PostgreSQL an empty database must be there.
    pub database: Database,
    /// The key file, 32 random bytes of mode 0600. Made at first start.
    pub key_file: PathBuf,
    /// Where the portal is reached: the origin of every label and link.
    pub origin: Origin,
    /// The providers. At least one.
    pub providers: Vec<ProviderConfig>,
    /// What clients may try how often.
    #[serde(default)]
    pub limits: Limits,
}

/// One provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// Its id in paths, labels and the database. Never changed once used.
    pub id: ProviderId,
    /// Its name as customers know it, 1 to 64 characters.
    pub name: String,
    /// What its devices' certificates say besides the device.
    #[serde(default)]
    pub csr_content: CsrContent,
    /// What keys its devices make, unless a registration says otherwise.
    #[serde(default = "default_key_algorithm")]
    pub key_algorithm: KeyAlgorithm,
    /// Whether its labels carry the provider certificate or its fingerprint.
    #[serde(default)]
    pub label_profile: LabelProfile,
    /// How its labels may reach customers. Without `screen` no label is shown to a customer who
    /// is signed in; without `api` none is handed to the provider's own systems.
    #[serde(default = "default_channels")]
    pub channels: Vec<Channel>,
    /// How long its labels are good, by channel.
    #[serde(default)]
    pub lifetimes: Lifetimes,
    /// How long its devices' certificates are good, 1 to 825 days.
    #[serde(default = "default_certificate_days")]
    pub certificate_days: u32,
    /// Where customers get help.
    #[serde(default)]
    pub support_email: Option<String>,
    /// Where customers get help.
    #[serde(default)]
    pub support_phone: Option<String>,
    /// How often a device asks for messages, in seconds.
    #[serde(default = "default_poll_interval")]
    pub poll_interval: u32,
    /// The rules for the keys of its devices after their enrollment.
    #[serde(default)]
    pub keys: KeyPolicy,
    /// Accounts known from the start. Others come with their first registration.
    #[serde(default)]
    pub accounts: Vec<AccountConfig>,
    /// What the certificates of its devices say.
    #[serde(default)]
    pub profile: CertificateProfile,
    /// What certifies its devices, and who keeps its keys.
    #[serde(default)]
    pub ca: CaConfig,
    /// How its devices enrol over EST.
    #[serde(default)]
    pub est: EstPolicy,
    /// How it publishes what is revoked.
    #[serde(default)]
    pub revocation: RevocationConfig,
    /// The provider for which it acts as an aggregator: that one's events may be meant for its
    /// devices, too. Of these that one sees how many are how far, and nothing else.
    #[serde(default)]
    pub acts_for: Option<ProviderId>,
    /// The issuer at which its people sign in, if there is one.
    #[serde(default)]
    pub oidc: Option<OidcConfig>,
}

/// What certifies the devices of a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CaConfig {
    /// Root and issuing key are made at first start and lie in the database, sealed. For trying
    /// things out, and where nobody asks for more.
    #[default]
    Automatic,
    /// The root is kept elsewhere; the issuing key is made by `gridpass ca request`.
    Ceremony {
        /// The token that issuing keys are made and kept in. Without one they lie in the
        /// database, sealed.
        #[serde(default)]
        token: Option<TokenConfig>,
    },
    /// Another CA, over EST. Provider keys stay under a root of the installation's own.
    Est(EstConfig),
}

impl CaConfig {
    /// What stands behind the CA, in a word.
    pub(crate) const fn adapter(&self) -> &'static str {
        match self {
            Self::Automatic | Self::Ceremony { token: None } => "built-in",
            Self::Ceremony { token: Some(_) } => "token",
            Self::Est(_) => "est",
        }
    }
}

const fn default_key_algorithm() -> KeyAlgorithm {
    KeyAlgorithm::Es256
}

fn default_channels() -> Vec<Channel> {
    vec![Channel::Screen, Channel::Api]
}

const fn default_certificate_days() -> u32 {
    398
}

const fn default_poll_interval() -> u32 {
    300
}

/// One account of a provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountConfig {
    /// The number that the provider gave it.
    pub number: AccountNumber,
    /// Whose it is.
    pub name: String,
    /// The address on file. Without one nobody can sign in to it.
    #[serde(default)]
    pub email: Option<String>,
    /// The language of its mails.
    #[serde(default)]
    pub language: Language,
}

/// What a label carries of the provider certificate (protocol, QR payload, field 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelProfile {
    /// Its SHA-256: a smaller code.
    #[default]
    Compact,
    /// The certificate itself.
    Full,
}

/// How long a label is good, by the channel that delivers it, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each is named after its channel")]
pub struct Lifetimes {
    pub screen: u64,
    pub email: u64,
    pub sms: u64,
    pub letter: u64,
    pub api: u64,
}

impl Default for Lifetimes {
    /// As protocol, Mapping says.
    fn default() -> Self {
        const HOUR: u64 = 60 * 60;
        const DAY: u64 = 24 * HOUR;
        Self {
            screen: HOUR,
            email: DAY,
            sms: 10 * 60,
            letter: 21 * DAY,
            api: DAY,
        }
    }
}

impl Lifetimes {
    /// The lifetime of a label that `channel` delivers, in seconds.
    #[must_use]
    pub const fn of(&self, channel: Channel) -> u64 {
        match channel {
            Channel::Screen => self.screen,
            Channel::Email => self.email,
            Channel::Sms => self.sms,
            Channel::Letter => self.letter,
            Channel::Api => self.api,
        }
    }
}

/// What clients may try how often. Windows slide and are in seconds; an IPv6 client is its /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Wrong one-time passwords of one client within the window.
    pub otp_failures_per_ip: u32,
    /// The window of `otp_failures_per_ip`.
    pub otp_failures_per_ip_window: u64,
    /// Wrong one-time passwords for one temporary id, ever. Then it is locked.
    pub otp_failures_per_mapping: u32,
    /// Manual codes of one client that were not found within the window.
    pub manual_lookups_per_ip: u32,
    /// The window of `manual_lookups_per_ip`.
    pub manual_lookups_per_ip_window: u64,
    /// Links to sign in that one client asked for within the window.
    pub sign_in_requests_per_ip: u32,
    /// Links to sign in that were asked for one account within the window.
    pub sign_in_requests_per_account: u32,
    /// The window of both limits of sign-in requests.
    pub sign_in_requests_window: u64,
    /// New keys of one device within the window.
    pub rekeys_per_device: u32,
    /// The window of `rekeys_per_device`.
    pub rekeys_per_device_window: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            otp_failures_per_ip: 5,
            otp_failures_per_ip_window: 3600,
            otp_failures_per_mapping: 5,
            manual_lookups_per_ip: 20,
            manual_lookups_per_ip_window: 3600,
            sign_in_requests_per_ip: 20,
            sign_in_requests_per_account: 5,
            sign_in_requests_window: 3600,
            rekeys_per_device: 10,
            rekeys_per_device_window: 3600,
        }
    }
}

/// A value of the configuration is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct ConfigError {
    /// The name of the setting, as in the configuration file.
    pub name: String,
    /// What is wrong with it.
    pub problem: String,
}

impl InstallationConfig {
    /// Checks what the types alone do not.
    ///
    /// # Errors
    /// The first setting that is not acceptable.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.providers.is_empty() {
            return refuse("providers", "at least one provider is needed");
        }
        for (index, provider) in self.providers.iter().enumerate() {
            if self.providers[..index]
                .iter()
                .any(|other| other.id == provider.id)
            {
                return refuse(
                    &format!("providers.{}", provider.id),
                    "this id is used twice",
                );
            }
            provider.validate()?;
            self.validate_aggregator(provider)?;
        }
        self.limits.validate()
    }
}

impl InstallationConfig {
    /// Whom it acts for is another provider here, and acts for nobody itself.
    fn validate_aggregator(&self, provider: &ProviderConfig) -> Result<(), ConfigError> {
        let Some(principal) = &provider.acts_for else {
            return Ok(());
        };
        let mut others = self
            .providers
            .iter()
            .filter(|other| other.id != provider.id);
        let is_principal =
            |other: &ProviderConfig| other.id == *principal && other.acts_for.is_none();
        if others.any(is_principal) {
            return Ok(());
        }
        refuse(
            &format!("providers.{}.acts_for", provider.id),
            "another provider of this installation, one that acts for nobody",
        )
    }
}

impl ProviderConfig {
    fn validate(&self) -> Result<(), ConfigError> {
        let name = |setting: &str| format!("providers.{}.{setting}", self.id);
        if !is_shown_text(&self.name, 64) {
            return refuse(&name("name"), "1 to 64 printable characters");
        }
        if let Err(invalid) = self.csr_content.validate() {
            return refuse(
                &name(&format!("csr_content.{}", invalid.field)),
                &invalid.to_string(),
            );
        }
        if !(1..=825).contains(&self.certificate_days) {
            return refuse(&name("certificate_days"), "1 to 825 days");
        }
        if let Some((setting, problem)) = self.keys.problem(self.certificate_days) {
            return refuse(&name(&format!("keys.{setting}")), problem);
        }
        if !(1..=86_400).contains(&self.poll_interval) {
            return refuse(&name("poll_interval"), "1 to 86400 seconds");
        }
        if self.channels.is_empty() {
            return refuse(&name("channels"), "at least one channel is needed");
        }
        let lifetimes = self.lifetimes;
        for (channel, seconds) in [
            ("screen", lifetimes.screen),
            ("email", lifetimes.email),
            ("sms", lifetimes.sms),
            ("letter", lifetimes.letter),
            ("api", lifetimes.api),
        ] {
            // The upper bound is also how long the counter of a temporary id is kept.
            if !(60..=90 * 86_400).contains(&seconds) {
                return refuse(
                    &name(&format!("lifetimes.{channel}")),
                    "60 seconds to 90 days",
                );
            }
        }
        for (setting, text) in [
            ("support_email", &self.support_email),
            ("support_phone", &self.support_phone),
        ] {
            if text.as_ref().is_some_and(|text| !is_shown_text(text, 255)) {
                return refuse(&name(setting), "1 to 255 printable characters");
            }
        }
        if let CaConfig::Est(est) = &self.ca
            && let Some((setting, problem)) = est.problem(&self.profile)
        {
            return refuse(&name(&format!("ca.{setting}")), problem);
        }
        if let Some((setting, problem)) = self.est.problem() {
            return refuse(&name(&format!("est.{setting}")), problem);
        }
        if let Some((setting, problem)) = self.profile.problem() {
            return refuse(&name(&format!("profile.{setting}")), problem);
        }
        if let CaConfig::Ceremony { token: Some(token) } = &self.ca
            && let Some((setting, problem)) = token.problem()
        {
            return refuse(&name(&format!("ca.token.{setting}")), problem);
        }
        if let Some((setting, problem)) = self.revocation.problem() {
            return refuse(&name(&format!("revocation.{setting}")), problem);
        }
        if let Some((setting, problem)) = self.oidc.as_ref().and_then(OidcConfig::problem) {
            return refuse(&name(&format!("oidc.{setting}")), problem);
        }
        for account in &self.accounts {
            if !is_shown_text(&account.name, 128) {
                let setting = format!("accounts.{}.name", account.number);
                return refuse(&name(&setting), "1 to 128 printable characters");
            }
        }
        Ok(())
    }
}

impl Limits {
    fn validate(&self) -> Result<(), ConfigError> {
        for (setting, value) in [
            ("otp_failures_per_ip", self.otp_failures_per_ip),
            ("otp_failures_per_mapping", self.otp_failures_per_mapping),
            ("manual_lookups_per_ip", self.manual_lookups_per_ip),
            ("sign_in_requests_per_ip", self.sign_in_requests_per_ip),
            (
                "sign_in_requests_per_account",
                self.sign_in_requests_per_account,
            ),
            ("rekeys_per_device", self.rekeys_per_device),
        ] {
            if value == 0 {
                return refuse(&format!("limits.{setting}"), "at least 1");
            }
        }
        for (setting, window) in [
            (
                "otp_failures_per_ip_window",
                self.otp_failures_per_ip_window,
            ),
            (
                "manual_lookups_per_ip_window",
                self.manual_lookups_per_ip_window,
            ),
            ("sign_in_requests_window", self.sign_in_requests_window),
            ("rekeys_per_device_window", self.rekeys_per_device_window),
        ] {
            if !(1..=30 * 86_400).contains(&window) {
                return refuse(&format!("limits.{setting}"), "1 second to 30 days");
            }
        }
        Ok(())
    }

    /// The longest of the windows, in seconds.
    pub(crate) fn longest_window(&self) -> u64 {
        self.otp_failures_per_ip_window
            .max(self.manual_lookups_per_ip_window)
            .max(self.sign_in_requests_window)
            .max(self.rekeys_per_device_window)
    }
}

pub(crate) fn is_shown_text(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn refuse(name: &str, problem: &str) -> Result<(), ConfigError> {
    Err(ConfigError {
        name: name.to_owned(),
        problem: problem.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installation() -> serde_json::Value {
        serde_json::json!({
            "database": "gridpass.db",
            "key_file": "gridpass.key",
            "origin": "https://portal.gmec.example",
            "providers": [{ "id": "demo", "name": "Demo" }],
        })
    }

    /// What the installation is refused for, with one value set.
    fn refusal(pointer: &str, value: serde_json::Value) -> Option<String> {
        let mut config = installation();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        config.pointer_mut(parent).unwrap()[name] = value;
        match serde_json::from_value::<InstallationConfig>(config) {
            Ok(config) => config.validate().err().map(|error| error.name),
            Err(error) => Some(format!("not read: {error}")),
        }
    }

    #[test]
    fn a_provider_needs_an_id_and_a_name_only() {
        let config: InstallationConfig = serde_json::from_value(installation()).unwrap();
        config.validate().unwrap();
        let provider = &config.providers[0];
        assert_eq!(provider.label_profile, LabelProfile::Compact);
        assert_eq!(provider.certificate_days, 398);
        assert_eq!(provider.lifetimes.of(Channel::Letter), 21 * 24 * 60 * 60);
        assert_eq!(config.limits, Limits::default());
    }

    #[test]
    fn every_wrong_value_is_refused_by_its_name() {
        for (pointer, value, name) in [
            ("/providers", serde_json::json!([]), "providers"),
            ("/providers/0/name", "".into(), "providers.demo.name"),
            ("/providers/0/name", "a\u{7}".into(), "providers.demo.name"),
            (
                "/providers/0/certificate_days",
                826.into(),
                "providers.demo.certificate_days",
            ),
            (
                "/providers/0/poll_interval",
                0.into(),
                "providers.demo.poll_interval",
            ),
            (
                "/providers/0/csr_content",
                serde_json::json!({ "country": "us" }),
                "providers.demo.csr_content.country",
            ),
            (
                "/providers/0/lifetimes",
                serde_json::json!({ "sms": 59 }),
                "providers.demo.lifetimes.sms",
            ),
            (
                "/providers/0/channels",
                serde_json::json!([]),
                "providers.demo.channels",
            ),
            (
                "/providers/0/support_phone",
                "".into(),
                "providers.demo.support_phone",
            ),
            (
                "/providers/0/accounts",
                serde_json::json!([{ "number": "1", "name": "" }]),
                "providers.demo.accounts.1.name",
            ),
            (
                "/limits",
                serde_json::json!({ "otp_failures_per_mapping": 0 }),
                "limits.otp_failures_per_mapping",
            ),
            (
                "/limits",
                serde_json::json!({ "otp_failures_per_ip_window": 0 }),
                "limits.otp_failures_per_ip_window",
            ),
            (
                "/providers",
                serde_json::json!([{ "id": "demo", "name": "A" }, { "id": "demo", "name": "B" }]),
                "providers.demo",
            ),
            (
                "/providers/0/acts_for",
                "demo".into(),
                "providers.demo.acts_for",
            ),
            (
                "/providers/0/acts_for",
                "nobody".into(),
                "providers.demo.acts_for",
            ),
        ] {
            let found = refusal(pointer, value);
            assert_eq!(found.as_deref(), Some(name));
        }
    }

    #[test]
    fn a_setting_that_does_not_exist_is_refused() {
        for pointer in ["/surprise", "/providers/0/surprise"] {
            let found = refusal(pointer, 1.into()).unwrap();
            assert!(found.contains("surprise"), "{found}");
        }
    }
}
