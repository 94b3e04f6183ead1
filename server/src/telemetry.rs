//! Log lines: structured, and free of secrets; and traces, if a collector is named.

use std::io::{self, Write};

use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{LogFormat, Traces};
use crate::traces::Sending;

/// Starts logging to standard error; `GRIDPASS_LOG` sets the level (default `info`). Traces are sent until
/// what is returned is dropped.
///
/// # Errors
/// The system gives no more threads.
pub(crate) fn start(format: LogFormat, traces: Option<&Traces>) -> io::Result<Option<Sending>> {
    let levels = EnvFilter::try_from_env("GRIDPASS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // Spans are for traces: log lines say by themselves what they belong to.
    let lines = levels.and(filter_fn(|metadata| metadata.is_event()));
    let layer = tracing_subscriber::fmt::layer();
    let layer = match format {
        LogFormat::Text => layer.with_writer(|| OneLine(io::stderr())).boxed(),
        LogFormat::Json => layer
            .with_writer(io::stderr)
            .json()
            .flatten_event(true)
            .boxed(),
    };
    let sending = traces.map(Sending::to).transpose()?;
    tracing_subscriber::registry()
        .with(layer.with_filter(lines))
        .with(sending.as_ref().map(Sending::layer))
        .init();
    Ok(sending)
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
