//! Configuration: one TOML file, overridden by environment variables.
//!
//! `GRIDPASS_LIMITS__OTP_FAILURES_PER_IP=20` sets `limits.otp_failures_per_ip`. A wrong or unknown value
//! stops the start and is named in the error.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gridpass_protocol::label::Origin;
use gridpass_provider::delivery::Carriers;
use gridpass_provider::{
    InstallationConfig, Limits, OidcSecret, ProviderConfig, ProviderId, Retention,
};
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de};

pub(crate) use self::database::DatabaseAddress;
pub(crate) use self::delivery::Delivery;
pub(crate) use self::metrics::{Metrics, ScrapeToken};
pub(crate) use self::mtls::Mtls;
pub(crate) use self::traces::Traces;

mod database;
mod delivery;
#[cfg(test)]
mod documented;
mod metrics;
mod mtls;
mod traces;

const PREFIX: &str = "GRIDPASS_";
/// Begins what the environment says of providers.
const PROVIDERS: &str = "GRIDPASS_PROVIDERS__";
/// Begins what tests are told.
const OF_TESTS: &str = "GRIDPASS_TEST_";
/// Variables that are not configuration values.
const NOT_VALUES: [&str; 2] = ["GRIDPASS_CONFIG", "GRIDPASS_LOG"];

/// A checked configuration of one server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// What customers see in the address bar; goes into every label.
    pub origin: Origin,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Holds the database, unless `database` says otherwise, and the key file, unless `key_file` does.
    pub data_dir: PathBuf,
    /// Where the database is, if not in `data_dir`.
    #[serde(default)]
    pub database: DatabaseAddress,
    /// The key file (32 bytes, mode 0600) that opens what the database keeps sealed.
    pub key_file: Option<PathBuf>,
    #[serde(default)]
    pub site: Site,
    pub tls: Option<Tls>,
    /// Without it there is no listener for devices with certificates, and no EST.
    pub mtls: Option<Mtls>,
    /// Without it no metrics are shown.
    pub metrics: Option<Metrics>,
    /// Without it no traces are sent.
    pub traces: Option<Traces>,
    /// Passwords that nobody of the staff may choose: a file of SHA-1 hashes in ascending order.
    pub known_passwords: Option<PathBuf>,
    /// What is forgotten when.
    #[serde(default)]
    pub retention: Retention,
    /// Proxies whose `X-Forwarded-For` is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<IpNet>,
    #[serde(default)]
    pub http: Http,
    #[serde(default)]
    pub log: Log,
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub delivery: Delivery,
    #[serde(default)]
    pub dev: Dev,
    pub providers: Vec<ProviderConfig>,
}

/// Where the built site lies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Site {
    /// What Trunk built: the bundles, the styles and their manifest.
    pub pkg: PathBuf,
    /// Files served as they are.
    pub public: PathBuf,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            pkg: "target/site/pkg".into(),
            public: "public".into(),
        }
    }
}

/// PEM files for TLS.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Bounds on requests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Http {
    /// A request that takes longer is answered 503.
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
    /// For how long a server that was asked to stop goes on serving while `/readyz` says that it stops,
    /// so that a balancer sends it nothing new.
    #[serde(deserialize_with = "duration")]
    pub shutdown_delay: Duration,
    /// How long open requests may take to end after that.
    #[serde(deserialize_with = "duration")]
    pub shutdown_grace: Duration,
    /// Requests that may work on the database or on keys at the same time; more wait for a turn.
    pub concurrency: usize,
    /// Connections of both listeners together; more are closed at once.
    pub connections: usize,
    /// Connections of one client: an address of IPv4, a network of 64 bits of IPv6. Trusted proxies are
    /// no clients.
    pub connections_per_client: usize,
    /// Connections a second that one client may begin, on average.
    pub connection_rate_per_client: u32,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(20),
            shutdown_delay: Duration::ZERO,
            shutdown_grace: Duration::from_secs(10),
            concurrency: 64,
            connections: 8192,
            connections_per_client: 1024,
            connection_rate_per_client: 500,
        }
    }
}

/// How log lines look.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    pub format: LogFormat,
}

/// One line of text, or one JSON object, per event.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

/// Aids for development; refused unless the origin is this very machine.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Dev {
    /// Shows mails at `/dev/outbox`.
    pub outbox: bool,
    /// A file holding Unix seconds; the server's clock stands still at what it says.
    pub clock_file: Option<PathBuf>,
}

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// A value has the wrong type or an unknown name; the message holds its name.
    #[error("configuration: {0}")]
    Value(#[from] config::ConfigError),
    /// A file that a value names.
    #[error("configuration: `{name}`: {why}")]
    Unusable { name: &'static str, why: String },
    /// A value that contradicts another one.
    #[error("configuration: `{name}` {why}")]
    Contradiction {
        name: &'static str,
        why: &'static str,
    },
}

/// Names in the environment have capitals and no hyphens.
fn client_secret_variable(provider: &ProviderId) -> String {
    let id = provider.as_str().to_uppercase().replace('-', "_");
    format!("{PROVIDERS}{id}__OIDC__CLIENT_SECRET")
}

fn contradiction(name: &'static str, why: &'static str) -> ConfigError {
    ConfigError::Contradiction { name, why }
}

impl Config {
    /// Reads `file` and then `environment`, whose values win.
    ///
    /// # Errors
    /// When the file cannot be read, a value is wrong or unknown, or two values contradict each other.
    pub(crate) fn read(
        file: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        // A list cannot be overridden value by value: what is said of providers is put in afterwards.
        let (of_providers, values): (HashMap<_, _>, HashMap<_, _>) = environment
            .into_iter()
            .filter(|(name, _)| name.starts_with(PREFIX) && !name.starts_with(OF_TESTS))
            .filter(|(name, _)| !NOT_VALUES.contains(&name.as_str()))
            .partition(|(name, _)| name.starts_with(PROVIDERS));
        let mut config: Self = config::Config::builder()
            .add_source(config::File::from(file).format(config::FileFormat::Toml))
            .add_source(
                config::Environment::with_prefix("GRIDPASS")
                    .prefix_separator("_")
                    .separator("__")
                    .try_parsing(true)
                    .source(Some(values)),
            )
            .build()?
            .try_deserialize()?;
        for (variable, secret) in of_providers {
            config.set_client_secret(&variable, secret)?;
        }
        config.check()?;
        Ok(config)
    }

    /// The one value of a provider that has no place in a file: what the portal proves itself with to
    /// the provider's issuer.
    fn set_client_secret(&mut self, variable: &str, secret: String) -> Result<(), ConfigError> {
        let issuer = self
            .providers
            .iter_mut()
            .find(|provider| client_secret_variable(&provider.id) == variable)
            .and_then(|provider| provider.oidc.as_mut())
            .ok_or_else(|| ConfigError::Unusable {
                name: "providers",
                why: format!(
                    "of their values {PROVIDERS}<ID>__OIDC__CLIENT_SECRET alone comes from the \
                     environment, for a provider with an issuer; {variable} is none"
                ),
            })?;
        issuer.client_secret = Some(OidcSecret::new(secret));
        issuer.client_secret_file = None;
        Ok(())
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.tls.is_none() && !self.listen.ip().is_loopback() {
            return Err(contradiction(
                "tls",
                "is missing: without TLS the server listens on a loopback address only",
            ));
        }
        if !self.origin.is_https() && !self.origin.is_loopback() {
            return Err(contradiction(
                "origin",
                "must begin with https:// unless it is this machine",
            ));
        }
        if self.dev.outbox && !self.origin.is_loopback() {
            return Err(contradiction(
                "dev.outbox",
                "is refused: the origin is not a loopback address",
            ));
        }
        if self.dev.clock_file.is_some() && !self.origin.is_loopback() {
            return Err(contradiction(
                "dev.clock_file",
                "is refused: the origin is not a loopback address",
            ));
        }
        if let Some(mtls) = &self.mtls {
            mtls.check(self)?;
        }
        if let Some(metrics) = &self.metrics {
            metrics.check()?;
        }
        self.database.check()?;
        if let Some(traces) = &self.traces {
            traces.check()?;
        }
        self.delivery.check()?;
        if self.http.concurrency == 0 {
            return Err(contradiction("http.concurrency", "must be at least 1"));
        }
        if self.http.connections == 0 {
            return Err(contradiction("http.connections", "must be at least 1"));
        }
        if self.http.connections_per_client == 0 {
            return Err(contradiction(
                "http.connections_per_client",
                "must be at least 1",
            ));
        }
        if self.http.connection_rate_per_client == 0 {
            return Err(contradiction(
                "http.connection_rate_per_client",
                "must be at least 1",
            ));
        }
        Ok(())
    }

    /// What takes the messages of the outbox away.
    ///
    /// # Errors
    /// A file with a secret or a certificate cannot be read, or a value is of no use.
    pub(crate) fn carriers(&self) -> Result<Carriers, ConfigError> {
        self.delivery.carriers()
    }

    /// What the provider's side needs of it.
    ///
    /// # Errors
    /// The file with the password of the database cannot be read.
    pub(crate) fn installation(&self) -> Result<InstallationConfig, ConfigError> {
        Ok(InstallationConfig {
            database: self.database.open(&self.data_dir)?,
            key_file: self
                .key_file
                .clone()
                .unwrap_or_else(|| self.data_dir.join("gridpass.key")),
            origin: self.origin.clone(),
            providers: self.providers.clone(),
            limits: self.limits,
        })
    }
}

/// `30` (seconds) or `"30s"`, `"2 min"`.
fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Seconds(u64),
        Text(String),
    }
    match Form::deserialize(deserializer)? {
        Form::Seconds(seconds) => Ok(Duration::from_secs(seconds)),
        Form::Text(text) => humantime::parse_duration(&text).map_err(de::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../gridpass.toml");
        let environment = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::read(file.as_ref(), environment)
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config = read(&[
            ("GRIDPASS_LIMITS__OTP_FAILURES_PER_IP", "20"),
            ("GRIDPASS_LISTEN", "127.0.0.1:4000"),
            ("GRIDPASS_HTTP__TIMEOUT", "2 min"),
            ("GRIDPASS_CONFIG", "elsewhere.toml"),
            ("GRIDPASS_LOG", "debug"),
            ("HOME", "/root"),
        ])
        .unwrap();
        assert_eq!(config.limits.otp_failures_per_ip, 20);
        assert_eq!(config.listen.port(), 4000);
        assert_eq!(config.http.timeout, Duration::from_secs(120));
        assert_eq!(
            config.data_dir,
            Path::new("data"),
            "what is not named stays"
        );
    }

    #[test]
    fn the_address_of_a_database_and_its_password_are_in_no_text() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "between-us\n").unwrap();
        let url = "postgres://portal:in-the-url@db.gmec.example/gridpass";
        let settings = [
            ("GRIDPASS_DATABASE__URL", url),
            ("GRIDPASS_DATABASE__PASSWORD_FILE", file.to_str().unwrap()),
        ];
        let config = read(&settings).unwrap();
        let shown = format!("{config:?} {:?}", config.installation().unwrap());
        assert!(shown.contains("db.gmec.example:5432/gridpass"), "{shown}");
        assert!(!shown.contains("between-us") && !shown.contains("in-the-url"));
        let wrong = read(&[(
            "GRIDPASS_DATABASE__URL",
            "postgres://portal:in-the-url@x?y=z",
        )]);
        let refused = wrong.unwrap_err().to_string();
        assert!(refused.contains("database.url"), "{refused}");
        assert!(!refused.contains("in-the-url"), "{refused}");
        let alone = read(&[settings[1]]).unwrap_err().to_string();
        assert!(alone.contains("needs `database.url`"), "{alone}");
    }

    #[test]
    fn the_secret_at_a_providers_issuer_may_come_from_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gridpass.toml");
        let toml = std::fs::read_to_string(crate::testing::CONFIG).unwrap();
        let toml = toml.replace("id = \"demo\"", "id = \"de-mo\"");
        let oidc = "[providers.oidc]\nissuer = \"https://id.gmec.example\"\n\
             client_id = \"gridpass\"\nclient_secret_file = \"nowhere\"\n\
             [providers.oidc.customers]\naccount_claim = \"account\"\n\n[[providers.accounts]]";
        std::fs::write(&file, toml.replacen("[[providers.accounts]]", oidc, 1)).unwrap();
        let read = |variable: &str| {
            let value = (variable.to_owned(), "s3cret-value".to_owned());
            Config::read(&file, [value])
        };
        let config = read("GRIDPASS_PROVIDERS__DE_MO__OIDC__CLIENT_SECRET").unwrap();
        let oidc = config.providers[0].oidc.as_ref().unwrap();
        assert!(oidc.client_secret.is_some() && oidc.client_secret_file.is_none());
        for wrong in [
            "GRIDPASS_PROVIDERS__OTHER__OIDC__CLIENT_SECRET",
            "GRIDPASS_PROVIDERS__DE_MO__NAME",
        ] {
            let refused = read(wrong).unwrap_err().to_string();
            assert!(refused.contains(wrong), "{refused}");
            assert!(!refused.contains("s3cret-value"), "{refused}");
        }
    }

    #[test]
    fn each_wrong_value_is_refused_with_its_name() {
        for (variable, value, name) in [
            (
                "GRIDPASS_LIMITS__OTP_FAILURES_PER_IP",
                "many",
                "limits.otp_failures_per_ip",
            ),
            (
                "GRIDPASS_LIMITS__OTP_FAILURE_PER_IP",
                "5",
                "otp_failure_per_ip",
            ),
            ("GRIDPASS_LISTEN", "everywhere", "listen"),
            ("GRIDPASS_LISTEN", "0.0.0.0:3000", "tls"),
            ("GRIDPASS_ORIGIN", "http://portal.example", "origin"),
            ("GRIDPASS_ORIGIN", "https://portal.example", "dev.outbox"),
            ("GRIDPASS_HTTP__TIMEOUT", "soon", "http.timeout"),
            ("GRIDPASS_HTTP__CONCURRENCY", "0", "http.concurrency"),
            ("GRIDPASS_HTTP__CONNECTIONS", "0", "http.connections"),
            (
                "GRIDPASS_HTTP__CONNECTIONS_PER_CLIENT",
                "0",
                "http.connections_per_client",
            ),
            (
                "GRIDPASS_HTTP__CONNECTION_RATE_PER_CLIENT",
                "0",
                "http.connection_rate_per_client",
            ),
            ("GRIDPASS_DELIVERY__WORKERS", "0", "delivery.workers"),
            (
                "GRIDPASS_DELIVERY__SMS__URL",
                "http://sms.example",
                "delivery.sms.url",
            ),
            ("GRIDPASS_DELIVERY__SMTP__HOST", "mail.example", "from"),
            (
                "GRIDPASS_MTLS__ORIGIN",
                "http://devices.example",
                "mtls.origin",
            ),
            ("GRIDPASS_MTLS__LISTEN", "0.0.0.0:3443", "mtls.origin"),
            ("GRIDPASS_MTLS__KEY", "key.pem", "mtls.certificate"),
            ("GRIDPASS_MTLS__TLS12", "maybe", "mtls.tls12"),
            (
                "GRIDPASS_METRICS__LISTEN",
                "0.0.0.0:9464",
                "metrics.token_file",
            ),
            ("GRIDPASS_TRACES__OTLP", "localhost:4318", "traces.otlp"),
            ("GRIDPASS_RETENTION__EVENT_DAYS", "-1", "event_days"),
            ("GRIDPASS_SURPRISE", "1", "surprise"),
        ] {
            let refusal = read(&[(variable, value)]).unwrap_err().to_string();
            assert!(refusal.contains(name), "{variable}={value}: {refusal}");
        }
    }
}
