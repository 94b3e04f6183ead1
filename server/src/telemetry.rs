//! Log lines: structured, and free of secrets.

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Starts logging to standard error; `GRIDPASS_LOG` sets the level (default `info`).
pub(crate) fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env("GRIDPASS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter);
    match format {
        LogFormat::Text => lines.with_writer(|| OneLine(io::stderr())).init(),
        LogFormat::Json => lines
            .with_writer(io::stderr)
            .json()
            .flatten_event(true)
            .init(),
    }
}

/// Writes each event as one line: what other servers answer may have several, and none of them may look
/// like a line of ours.
struct OneLine<W>(W);

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = event.strip_suffix(b"\n").unwrap_or(event);
        if !text.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            return self.0.write_all(event).map(|()| event.len());
        }
        let mut line = Vec::with_capacity(event.len() + 16);
        for byte in text {
            match byte {
                b'\n' => line.extend(b"\\n"),
                b'\r' => line.extend(b"\\r"),
                byte => line.push(*byte),
            }
        }
        line.push(b'\n');
        self.0.write_all(&line).map(|()| event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_is_never_a_line_of_its_own() {
        let mut log = OneLine(Vec::new());
        log.write_all(b"WARN refused: 550 no\r\nINFO all is well\n")
            .unwrap();
        log.write_all(b"INFO one\n").unwrap();
        let written = String::from_utf8(log.0).unwrap();
        assert_eq!(
            written,
            "WARN refused: 550 no\\r\\nINFO all is well\nINFO one\n"
        );
    }
}
