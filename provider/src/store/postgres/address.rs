//! Where a PostgreSQL is, and how it is spoken to.

use std::{fmt, fs, io, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use serde::Deserialize;
use tokio_postgres::{
    Config, NoTls,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::link::Link;
use crate::store::{DatabaseError, DatabaseErrorKind};

/// The address of a database in PostgreSQL, `postgres://user@host:port/database?sslmode=…`. Its
/// password is in no text that is made of it.
///
/// Over a network TLS is required, unless the address says `sslmode=disable` or `sslmode=prefer`;
/// the server's certificate is always verified, against `ca_file` or the CAs of the Web.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct PostgresAddress {
    // Large, and beside a path in `Database`.
    config: Box<Config>,
    ca_file: Option<PathBuf>,
}

/// Why an address cannot be used. It does not quote the address, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostgresAddressError {
    /// It is not an address.
    #[error("the address of the database is not of the form postgres://user@host/database: {0}")]
    Malformed(String),
    /// It names no database.
    #[error("the address names no database: write postgres://user@host/database")]
    NoDatabase,
}

impl FromStr for PostgresAddress {
    type Err = PostgresAddressError;

    fn from_str(url: &str) -> Result<Self, PostgresAddressError> {
        let malformed = |reason: String| PostgresAddressError::Malformed(reason);
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(malformed("it begins otherwise".to_owned()));
        }
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            let cause = std::error::Error::source(&error);
            malformed(cause.map_or_else(|| error.to_string(), ToString::to_string))
        })?;
        if config.get_dbname().is_none_or(str::is_empty) {
            return Err(PostgresAddressError::NoDatabase);
        }
        let says_mode = url
            .split_once('?')
            .is_some_and(|(_, options)| options.contains("sslmode="));
        if !says_mode && config.get_hosts().iter().any(is_remote) {
            config.ssl_mode(SslMode::Require);
        }
        if config.get_application_name().is_none() {
            config.application_name("gridpass");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        // A server that is gone without a word is noticed within a minute.
        config.keepalives_idle(Duration::from_secs(20));
        config.keepalives_interval(Duration::from_secs(10));
        config.keepalives_retries(3);
        config.tcp_user_timeout(Duration::from_secs(30));
        Ok(Self {
            config: Box::new(config),
            ca_file: None,
        })
    }
}

impl TryFrom<String> for PostgresAddress {
    type Error = PostgresAddressError;

    fn try_from(url: String) -> Result<Self, PostgresAddressError> {
        url.parse()
    }
}

/// Whether TLS is worth its while: not to a socket of this machine.
fn is_remote(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => !matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        Host::Unix(_) => false,
    }
}

impl PostgresAddress {
    /// With this password, whatever the address said.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }

    /// The server's certificate is of one of the CAs in this file (PEM), and of no other.
    #[must_use]
    pub fn with_ca_file(mut self, ca_file: PathBuf) -> Self {
        self.ca_file = Some(ca_file);
        self
    }

    /// The name of the database.
    #[must_use]
    pub fn name(&self) -> &str {
        self.config.get_dbname().unwrap_or_default()
    }

    pub(super) fn connect(&self) -> Result<Link, DatabaseError> {
        if self.config.get_ssl_mode() == SslMode::Disable
            || !self.config.get_hosts().iter().any(is_tcp)
        {
            return Link::open(&self.config, NoTls);
        }
        Link::open(&self.config, self.tls()?)
    }

    fn tls(&self) -> Result<MakeRustlsConnect, DatabaseError> {
        let mut roots = RootCertStore::empty();
        match &self.ca_file {
            Some(file) => {
                let unusable = |problem: &dyn fmt::Display| {
                    let message = format!("{} cannot be used: {problem}", file.display());
                    DatabaseError::new(DatabaseErrorKind::Other, message)
                };
                let pem = fs::read(file).map_err(|error: io::Error| unusable(&error))?;
                for certificate in CertificateDer::pem_slice_iter(&pem) {
                    let certificate = certificate.map_err(|error| unusable(&error))?;
                    roots.add(certificate).map_err(|error| unusable(&error))?;
                }
                if roots.is_empty() {
                    return Err(unusable(&"it holds no certificate"));
                }
            }
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| DatabaseError::new(DatabaseErrorKind::Other, error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }
}

fn is_tcp(host: &Host) -> bool {
    matches!(host, Host::Tcp(_))
}

/// Where it is, without how to get in.
impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match host {
                Host::Tcp(name) => f.write_str(name)?,
                Host::Unix(folder) => write!(f, "{}", folder.display())?,
            }
            let ports = self.config.get_ports();
            if let Some(port) = ports.get(index).or_else(|| ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_an_address_holds_its_password() {
        let address: PostgresAddress = "postgres://ada:secret@db.example:6432/gridpass"
            .parse()
            .unwrap();
        for text in [format!("{address}"), format!("{address:?}")] {
            assert!(text.contains("db.example:6432/gridpass"), "{text}");
            assert!(!text.contains("secret") && !text.contains("ada"), "{text}");
        }
        for malformed in [
            "postgres://ada:secret@db.example/gridpass?sslmode=secret",
            "postgres://ada:secret@db.example",
            "mysql://ada:secret@db.example/gridpass",
            "postgres://ada:secret@db.example:port/gridpass",
        ] {
            let error = malformed.parse::<PostgresAddress>().unwrap_err();
            assert!(!error.to_string().contains("ada"), "{error}");
        }
    }

    #[test]
    fn over_a_network_tls_is_required_unless_the_address_says_otherwise() {
        let mode = |url: &str| {
            let address: PostgresAddress = url.parse().unwrap();
            address.config.get_ssl_mode()
        };
        assert_eq!(mode("postgres://db.example/gridpass"), SslMode::Require);
        assert_eq!(
            mode("postgres://db.example/gridpass?sslmode=disable"),
            SslMode::Disable
        );
        assert_eq!(mode("postgres://localhost/gridpass"), SslMode::Prefer);
        assert_eq!(mode("postgres:///gridpass?host=/run"), SslMode::Prefer);
    }

    #[test]
    fn a_ca_file_without_a_certificate_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let address: PostgresAddress = "postgres://db.example/gridpass".parse().unwrap();
        let refused = address.with_ca_file(file.path().to_owned()).tls();
        let error = refused.err().unwrap().to_string();
        assert!(error.contains("holds no certificate"), "{error}");
    }
}
