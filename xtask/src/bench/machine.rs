//! The machine that figures are of.

use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::process::{Result, command, output};

/// How often the disk is asked to keep something, to see how long that takes.
const SYNCS: usize = 50;

/// What Linux, the disk and git say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Machine {
    /// When the run began, UTC.
    pub date: String,
    pub cpu: String,
    pub cores: usize,
    pub memory_mib: u64,
    pub kernel: String,
    /// Device and file system below `target`.
    pub disk: String,
    /// Half of the calls of fsync after a write of a page took no longer.
    pub fsync_us: u64,
    pub commit: String,
}

impl Machine {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let line = |text: &str, name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name))
                .map(|rest| rest.trim_matches([' ', '\t', ':']).to_owned())
        };
        let memory = line(&fs::read_to_string("/proc/meminfo")?, "MemTotal");
        let kilobytes = memory
            .as_deref()
            .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
        Ok(Self {
            date: said(&["date", "--utc", "+%Y-%m-%dT%H%M%SZ"])?,
            cpu: line(&fs::read_to_string("/proc/cpuinfo")?, "model name")
                .unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism()?.get(),
            memory_mib: kilobytes.unwrap_or_default() / 1024,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?
                .trim()
                .to_owned(),
            disk: disk(folder),
            fsync_us: u64::try_from(fsync(folder)?.as_micros()).unwrap_or(u64::MAX),
            commit: commit()?,
        })
    }
}

fn said(words: &[&str]) -> Result<String> {
    Ok(output(command(words[0]).args(&words[1..]))?
        .trim()
        .to_owned())
}

fn disk(folder: &Path) -> String {
    let folder = folder.to_string_lossy();
    said(&[
        "findmnt",
        "--noheadings",
        "--output",
        "SOURCE,FSTYPE",
        "--target",
        &folder,
    ])
    .unwrap_or_else(|_| "unknown".to_owned())
}

/// With a mark if the work tree is not what was committed.
fn commit() -> Result<String> {
    said(&[
        "git",
        "describe",
        "--always",
        "--dirty",
        "--abbrev=12",
        "--exclude=*",
    ])
}

fn fsync(folder: &Path) -> Result<Duration> {
    let path = folder.join("fsync");
    let mut file = File::create(&path)?;
    let mut took = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        file.write_all(&[0; 4096])?;
        let begun = Instant::now();
        file.sync_data()?;
        took.push(begun.elapsed());
    }
    fs::remove_file(path)?;
    took.sort_unstable();
    Ok(took[SYNCS / 2])
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} cores, {} MiB, Linux {}, disk {} (fsync {} µs), commit {}, {}",
            self.cpu,
            self.cores,
            self.memory_mib,
            self.kernel,
            self.disk,
            self.fsync_us,
            self.commit,
            self.date
        )
    }
}
