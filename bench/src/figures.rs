//! What was measured, as a table and as JSON.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use gridpass_bench::Failure;
use gridpass_bench::client::Outcome;
use gridpass_bench::enumeration::Comparison;
use serde::Serialize;

/// Everything one run of the bench found out.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub machine: Machine,
    pub connections: usize,
    pub runs: Vec<Run>,
    pub comparisons: Vec<Comparison>,
    pub bundles: Vec<Bundle>,
}

/// Where it ran.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub kernel: String,
}

/// One kind of request under load.
#[derive(Debug, Serialize)]
pub(crate) struct Run {
    pub name: &'static str,
    pub requests: usize,
    pub errors: usize,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    pub server_cpu_us_per_request: f64,
}

/// One file that a browser loads.
#[derive(Debug, Serialize)]
pub(crate) struct Bundle {
    pub file: String,
    pub bytes: u64,
    pub brotli_bytes: u64,
}

impl Machine {
    /// Reads what Linux says of itself.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub(crate) fn read() -> Result<Self, Failure> {
        let cpuinfo = std::fs::read_to_string("/proc/cpuinfo")?;
        let cpu = cpuinfo
            .lines()
            .find_map(|line| line.strip_prefix("model name"))
            .map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']));
        Ok(Self {
            cpu: cpu.to_owned(),
            cores: std::thread::available_parallelism()?.get(),
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")?
                .trim()
                .to_owned(),
        })
    }
}

impl Run {
    /// Sums up an outcome; `cpu` is the server's CPU time during it.
    pub(crate) fn of(name: &'static str, outcome: &Outcome, cpu: Duration) -> Self {
        let mut latencies = outcome.latencies.clone();
        latencies.sort_unstable();
        let at = |share: f64| {
            let index = (latencies.len().saturating_sub(1) as f64 * share).round() as usize;
            latencies
                .get(index)
                .map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
        };
        let requests = latencies.len();
        Self {
            name,
            requests,
            errors: outcome.errors,
            per_second: requests as f64 / outcome.elapsed.as_secs_f64(),
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            max_ms: at(1.0),
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
        let Machine { cpu, cores, kernel } = &self.machine;
        writeln!(
            f,
            "{cpu}, {cores} cores, Linux {kernel}; {} connections\n",
            self.connections
        )?;
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
                run.per_second,
                run.p50_ms,
                run.p99_ms,
                run.max_ms,
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
