//! Where the database is.

use std::path::{Path, PathBuf};

use gridpass_provider::{Database, PostgresAddress};
use serde::Deserialize;

use super::delivery::read_secret;
use super::{ConfigError, contradiction};

/// Without an address the database is the file `gridpass.sqlite` in `data_dir`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DatabaseAddress {
    /// `postgres://user@host:port/database`. Its text is never shown: it may hold a password.
    pub url: Option<PostgresAddress>,
    /// Holds the password, in one line, so that it need not be in the address.
    pub password_file: Option<PathBuf>,
    /// The CAs that the server's certificate may be of, PEM; without it those of the Web.
    pub ca_file: Option<PathBuf>,
}

impl DatabaseAddress {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let is_file = self.url.is_none();
        if is_file && self.password_file.is_some() {
            return Err(contradiction("database.password_file", NEEDS_URL));
        }
        if is_file && self.ca_file.is_some() {
            return Err(contradiction("database.ca_file", NEEDS_URL));
        }
        Ok(())
    }

    /// Where it is, with the password.
    ///
    /// # Errors
    /// The file with the password cannot be read.
    pub(crate) fn open(&self, data_dir: &Path) -> Result<Database, ConfigError> {
        let Some(mut address) = self.url.clone() else {
            return Ok(data_dir.join("gridpass.sqlite").into());
        };
        if let Some(file) = &self.password_file {
            address = address.with_password(&read_secret("database.password_file", file)?);
        }
        if let Some(file) = &self.ca_file {
            address = address.with_ca_file(file.clone());
        }
        Ok(address.into())
    }
}

const NEEDS_URL: &str = "needs `database.url`: it is for a database in PostgreSQL";
