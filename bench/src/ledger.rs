//! Figures for whoever collects them: one JSON object a line.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;

use crate::Failure;
use crate::client::Outcome;

/// Where a tool leaves its figures, beside the tables that it prints.
#[derive(Clone, Debug, clap::Args)]
pub struct Ledger {
    /// Also append every figure to this file, as a line of JSON.
    #[arg(long = "json", value_name = "FILE")]
    file: Option<PathBuf>,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Unit {
    /// More is better.
    #[serde(rename = "1/s")]
    PerSecond,
    /// Less is better.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Less is better.
    #[serde(rename = "µs")]
    Microseconds,
    /// Less is better.
    #[serde(rename = "s")]
    Seconds,
    /// Less is better.
    #[serde(rename = "bytes")]
    Bytes,
    /// Neither more nor less is better: nearness to one half, a size that was chosen.
    #[serde(rename = "")]
    Plain,
}

#[derive(Serialize)]
struct Line<'a> {
    bench: &'a str,
    name: &'a str,
    value: f64,
    unit: Unit,
}

impl Ledger {
    /// Leaves a figure of the bench `bench`; the name tells it from the others of that bench.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note(&self, bench: &str, name: &str, value: f64, unit: Unit) -> Result<(), Failure> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let line = Line {
            bench,
            name,
            value,
            unit,
        };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        let mut file = File::options().create(true).append(true).open(file)?;
        Ok(file.write_all(&text)?)
    }

    /// Leaves the rate and the latencies of a run.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note_run(&self, bench: &str, name: &str, run: &Rate) -> Result<(), Failure> {
        self.note(bench, name, run.per_second, Unit::PerSecond)?;
        for (which, value) in [("p50", run.p50_ms), ("p99", run.p99_ms)] {
            self.note(
                bench,
                &format!("{name}, {which}"),
                value,
                Unit::Milliseconds,
            )?;
        }
        Ok(())
    }
}

/// How many requests a second were answered, and how quickly.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rate {
    /// Requests a second.
    pub per_second: f64,
    /// Half of the answers came within so many milliseconds.
    pub p50_ms: f64,
    /// Of a hundred answers 99 did.
    pub p99_ms: f64,
    /// All did.
    pub max_ms: f64,
}

impl Rate {
    /// Sums up an outcome.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let mut latencies = outcome.latencies.clone();
        latencies.sort_unstable();
        let at = |share: f64| {
            let index = (latencies.len().saturating_sub(1) as f64 * share).round() as usize;
            latencies
                .get(index)
                .map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
        };
        Self {
            per_second: latencies.len() as f64 / outcome.elapsed.as_secs_f64(),
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            max_ms: at(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn figures_are_appended_a_line_each() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("figures");
        let ledger = Ledger {
            file: Some(file.clone()),
        };
        ledger.note("a", "polls", 2.5, Unit::PerSecond).unwrap();
        ledger.note("a", "size", 3.0, Unit::Bytes).unwrap();
        let text = std::fs::read_to_string(file).unwrap();
        assert_eq!(
            text,
            "{\"bench\":\"a\",\"name\":\"polls\",\"value\":2.5,\"unit\":\"1/s\"}\n\
             {\"bench\":\"a\",\"name\":\"size\",\"value\":3.0,\"unit\":\"bytes\"}\n"
        );
    }

    #[test]
    fn a_rate_is_of_all_answers() {
        let outcome = Outcome {
            answers: Vec::new(),
            latencies: (1..=100).rev().map(Duration::from_millis).collect(),
            errors: 0,
            elapsed: Duration::from_secs(2),
        };
        let rate = Rate::of(&outcome);
        assert!((rate.per_second - 50.0).abs() < 1e-9);
        assert!((rate.p99_ms - 99.0).abs() < 1e-9);
        assert!((rate.max_ms - 100.0).abs() < 1e-9);
    }
}
