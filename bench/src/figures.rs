//! What was measured, as a table and line by line.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use gridpass_bench::Failure;
use gridpass_bench::client::Outcome;
use gridpass_bench::enumeration::Comparison;
use gridpass_bench::ledger::{Ledger, Rate, Unit};

/// What the figures go by.
const BENCH: &str = "portal";

/// Everything one run of the bench found out.
#[derive(Debug)]
pub(crate) struct Report {
    pub connections: usize,
    pub runs: Vec<Run>,
    pub comparisons: Vec<Comparison>,
    pub bundles: Vec<Bundle>,
}

/// One kind of request under load.
#[derive(Debug)]
pub(crate) struct Run {
    pub name: &'static str,
    pub requests: usize,
    pub errors: usize,
    pub rate: Rate,
    pub server_cpu_us_per_request: f64,
}

/// One file that a browser loads.
#[derive(Debug)]
pub(crate) struct Bundle {
    pub file: String,
    pub bytes: u64,
    pub brotli_bytes: u64,
}

impl Report {
    /// Leaves every figure.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub(crate) fn note(&self, ledger: &Ledger) -> Result<(), Failure> {
        for run in &self.runs {
            ledger.note_run(BENCH, run.name, &run.rate)?;
            let name = format!("{}, server CPU a request", run.name);
            let cpu = run.server_cpu_us_per_request;
            ledger.note(BENCH, &name, cpu, Unit::Microseconds)?;
        }
        for comparison in &self.comparisons {
            let name = format!("{}: unknown slower", comparison.name);
            ledger.note(BENCH, &name, comparison.unknown_slower, Unit::Plain)?;
        }
        for bundle in &self.bundles {
            let name = format!("{}, brotli", unhashed(&bundle.file));
            ledger.note(BENCH, &name, bundle.brotli_bytes as f64, Unit::Bytes)?;
        }
        Ok(())
    }
}

/// The name of a bundle without the hash of its content, so that two builds can be compared.
fn unhashed(file: &str) -> String {
    let is_hash = |part: &str| part.len() >= 16 && part.chars().all(|c| c.is_ascii_hexdigit());
    let (stem, rest) = file.split_once('.').unwrap_or((file, ""));
    let (stem, tail) = match stem.split_once("_bg") {
        Some((stem, _)) => (stem, "_bg"),
        None => (stem, ""),
    };
    let parts: Vec<_> = stem.split('-').filter(|part| !is_hash(part)).collect();
    format!("{}{tail}.{rest}", parts.join("-"))
}

impl Run {
    /// Sums up an outcome; `cpu` is the server's CPU time during it.
    pub(crate) fn of(name: &'static str, outcome: &Outcome, cpu: Duration) -> Self {
        let requests = outcome.latencies.len();
        Self {
            name,
            requests,
            errors: outcome.errors,
            rate: Rate::of(outcome),
            server_cpu_us_per_request: cpu.as_secs_f64() * 1e6 / requests.max(1) as f64,
        }
    }
}

/// Sizes of the bundles, raw and as served with brotli.
///
/// # Errors
/// When the site is not built.
pub(crate) fn bundles(pkg: &Path) -> Result<Vec<Bundle>, Failure> {
    let mut bundles = Vec::new();
    for entry in std::fs::read_dir(pkg)? {
        let path = entry?.path();
        let compressed = std::path::PathBuf::from(format!("{}.br", path.display()));
        if compressed.is_file() {
            bundles.push(Bundle {
                file: path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                bytes: path.metadata()?.len(),
                brotli_bytes: compressed.metadata()?.len(),
            });
        }
    }
    bundles.sort_unstable_by(|a, b| a.file.cmp(&b.file));
    Ok(bundles)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} connections\n", self.connections)?;
        writeln!(
            f,
            "| call | requests | errors | per second | p50 ms | p99 ms | max ms | server CPU µs |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|---:|---:|")?;
        for run in &self.runs {
            writeln!(
                f,
                "| {} | {} | {} | {:.0} | {:.1} | {:.1} | {:.1} | {:.0} |",
                run.name,
                run.requests,
                run.errors,
                run.rate.per_second,
                run.rate.p50_ms,
                run.rate.p99_ms,
                run.rate.max_ms,
                run.server_cpu_us_per_request
            )?;
        }
        writeln!(
            f,
            "\n| answers | pairs | known µs (quartiles) | unknown µs (quartiles) | unknown slower |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|")?;
        for comparison in &self.comparisons {
            let quartiles =
                |[low, middle, high]: [f64; 3]| format!("{low:.0} / {middle:.0} / {high:.0}");
            writeln!(
                f,
                "| {} | {} | {} | {} | {:.3} ± {:.3} |",
                comparison.name,
                comparison.pairs,
                quartiles(comparison.known_us),
                quartiles(comparison.unknown_us),
                comparison.unknown_slower,
                comparison.standard_error
            )?;
        }
        writeln!(f, "\n| file | bytes | brotli |\n|---|---:|---:|")?;
        for bundle in &self.bundles {
            writeln!(
                f,
                "| {} | {} | {} |",
                bundle.file, bundle.bytes, bundle.brotli_bytes
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::unhashed;

    #[test]
    fn bundles_of_two_builds_have_one_name() {
        let names = [
            (
                "gridpass-client-0a1b2c3d4e5f6071_bg.wasm",
                "gridpass-client_bg.wasm",
            ),
            ("gridpass-client-0a1b2c3d4e5f6071.js", "gridpass-client.js"),
            ("gridpass-worker_bg.wasm", "gridpass-worker_bg.wasm"),
        ];
        for (file, name) in names {
            assert_eq!(unhashed(file), name);
        }
    }
}
