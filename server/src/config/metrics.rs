//! Where figures are shown to whoever watches the server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ConfigError, contradiction};

/// Shorter ones could be guessed.
const SHORTEST_TOKEN: usize = 32;

/// A listener of its own for Prometheus: what it tells is for operators, not for the public.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metrics {
    /// Where it listens.
    pub listen: SocketAddr,
    /// A file with the bearer token that whoever asks has to show; without one it listens on a loopback
    /// address only.
    pub token_file: Option<PathBuf>,
}

/// What whoever asks for metrics has to show.
#[derive(Clone)]
pub(crate) struct ScrapeToken(String);

impl ScrapeToken {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for ScrapeToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScrapeToken([redacted])")
    }
}

impl Metrics {
    /// The token, if one is asked for.
    ///
    /// # Errors
    /// Its file cannot be read, or holds something that could be guessed.
    pub(crate) fn token(&self) -> Result<Option<ScrapeToken>, ConfigError> {
        self.token_file.as_deref().map(read_token).transpose()
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.token_file.is_none() && !self.listen.ip().is_loopback() {
            return Err(contradiction(
                "metrics.token_file",
                "is missing: without a token metrics are shown on a loopback address only",
            ));
        }
        Ok(())
    }
}

fn read_token(file: &Path) -> Result<ScrapeToken, ConfigError> {
    let unusable = |why: String| ConfigError::Unusable {
        name: "metrics.token_file",
        why,
    };
    let text = std::fs::read_to_string(file)
        .map_err(|error| unusable(format!("{}: {error}", file.display())))?;
    let token = text.trim();
    if token.len() < SHORTEST_TOKEN {
        return Err(unusable(format!(
            "{} holds fewer than {SHORTEST_TOKEN} characters",
            file.display()
        )));
    }
    Ok(ScrapeToken(token.to_owned()))
}
