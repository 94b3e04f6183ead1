//! Log lines: structured, and free of secrets.

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Starts logging to standard error; `GRIDPASS_LOG` sets the level (default `info`).
pub(crate) fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env("GRIDPASS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}
