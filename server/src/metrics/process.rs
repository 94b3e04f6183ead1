//! What Linux tells of the process, under the names that every Prometheus client uses.

use std::fs;

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug)]
pub(super) struct Process {
    resident: Gauge,
    open_files: Gauge,
    most_files: Gauge,
    threads: Gauge,
}

impl Process {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let process = Self {
            resident: Gauge::default(),
            open_files: Gauge::default(),
            most_files: Gauge::default(),
            threads: Gauge::default(),
        };
        registry.register(
            "resident_memory_bytes",
            "Memory that the process holds",
            process.resident.clone(),
        );
        registry.register(
            "open_fds",
            "Files and connections that are open",
            process.open_files.clone(),
        );
        registry.register("max_fds", "How many may be", process.most_files.clone());
        registry.register("threads", "Threads", process.threads.clone());
        process
    }

    /// Reads anew. What cannot be read stays as it was.
    pub(super) fn read(&self) {
        if let Ok(status) = fs::read_to_string("/proc/self/status") {
            if let Some(kilobytes) = number_after(&status, "VmRSS:") {
                self.resident.set(kilobytes.saturating_mul(1024));
            }
            if let Some(threads) = number_after(&status, "Threads:") {
                self.threads.set(threads);
            }
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            self.open_files
                .set(i64::try_from(files.count()).unwrap_or(i64::MAX));
        }
        if let Ok(limits) = fs::read_to_string("/proc/self/limits")
            && let Some(most) = number_after(&limits, "Max open files")
        {
            self.most_files.set(most);
        }
    }
}

/// The first number in the line that begins with `name`.
fn number_after(text: &str, name: &str) -> Option<i64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}
