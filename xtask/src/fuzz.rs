//! `cargo xtask fuzz`: the fuzz targets, by libFuzzer. It needs a nightly compiler, and nothing else here does.

use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::Instant;

use crate::process::{Failure, Result, cargo, command, output, run};
use crate::step::step;
use crate::{paths, tools};

const NIGHTLY: &str = "nightly";

/// How long libFuzzer lets a target think about one input, in seconds.
const LONGEST: u64 = 10;

/// Where inputs are kept that a target found by itself.
fn found(target: &str) -> PathBuf {
    paths::target().join("fuzz-corpus").join(target)
}

/// What libFuzzer said of a target the last time.
fn said(target: &str) -> PathBuf {
    paths::target().join("fuzz-said").join(target)
}

/// Runs one target, or each, for so many seconds, so many of them at once.
pub(crate) fn fuzz(seconds: u64, at_once: NonZeroUsize, only: Option<&str>) -> Result<bool> {
    let targets = targets()?;
    let targets: Vec<_> = targets
        .iter()
        .filter(|target| only.is_none_or(|only| only == *target))
        .collect();
    if targets.is_empty() {
        return Err(Failure(
            "there is no such target; see fuzz/fuzz_targets".to_owned(),
        ));
    }
    ensure_nightly()?;
    let path = tools::ensure_cargo_fuzz()?;
    let fuzz = |habit: &str| {
        let mut fuzz = command("rustup");
        fuzz.args(["run", NIGHTLY, "cargo", "fuzz", habit])
            .args(["--fuzz-dir", ".", "--features", "libfuzzer"])
            // Nothing in here is unsafe, and without it a target runs several times as fast.
            .args(["--sanitizer", "none"])
            .arg("--target-dir")
            .arg(paths::target().join("fuzz"))
            .current_dir(paths::root().join("fuzz"));
        fuzz.env("PATH", &path);
        fuzz
    };
    step(
        "building the fuzz targets",
        "8 minutes the first time",
        || run(&mut fuzz("build")),
    )?;
    let left = Mutex::new(targets.into_iter());
    let broken = Mutex::new(Vec::new());
    // In a closure of its own: the lock is let go of before the target runs.
    let next = || lock(&left).next();
    let work = || -> Result<()> {
        while let Some(target) = next() {
            if !bear(target, seconds, fuzz("run"))? {
                lock(&broken).push(target);
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once.get()).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().expect("no worker panics"))
    })?;
    let broken = broken.into_inner().expect("no worker panics");
    for target in &broken {
        println!(
            "{target}: broken by what is in fuzz/artifacts/{target}; keep it in fuzz/regressions"
        );
    }
    Ok(broken.is_empty())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no worker panics")
}

/// Whether this target bears so many seconds of it.
fn bear(target: &str, seconds: u64, mut fuzz: Command) -> Result<bool> {
    let (found, said) = (found(target), said(target));
    fs::create_dir_all(&found)?;
    if let Some(folder) = said.parent() {
        fs::create_dir_all(folder)?;
    }
    let begun = Instant::now();
    let is_well = fuzz
        .arg(target)
        .arg(found)
        .arg(paths::root().join("fuzz/corpus").join(target))
        .args(["--", "-rss_limit_mb=2048", "-print_final_stats=1"])
        .arg(format!("-timeout={LONGEST}"))
        .arg(format!("-max_total_time={seconds}"))
        .stderr(File::create(&said)?)
        .stdout(Stdio::null())
        .status()?
        .success();
    println!(
        "  {target}: {} s, {} inputs, {}; {}",
        begun.elapsed().as_secs(),
        inputs(&String::from_utf8_lossy(&fs::read(&said)?)),
        if is_well { "nothing found" } else { "BROKEN" },
        said.display()
    );
    Ok(is_well)
}

/// How many inputs a target was given, by what libFuzzer says at its end.
fn inputs(said: &str) -> &str {
    said.lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .map_or("an unknown number of", str::trim)
}

/// The seeds and what once broke a target, by an ordinary test. Without the provider, which would be
/// compiled once more for its few parsers.
pub(crate) fn replay() -> Command {
    let mut tests = cargo();
    tests
        .args(["test", "--quiet", "--no-fail-fast", "--no-default-features"])
        .arg("--target-dir")
        .arg(paths::target().join("fuzz-replay"))
        .current_dir(paths::root().join("fuzz"));
    tests
}

fn targets() -> Result<Vec<String>> {
    let mut targets = Vec::new();
    for entry in fs::read_dir(paths::root().join("fuzz/fuzz_targets"))? {
        let file = entry?.path();
        if let Some(name) = file.file_stem().and_then(|name| name.to_str()) {
            targets.push(name.to_owned());
        }
    }
    targets.sort();
    Ok(targets)
}

fn ensure_nightly() -> Result<()> {
    let rustup = || -> Result<bool> {
        let installed = output(command("rustup").args(["toolchain", "list"]))?;
        Ok(installed.lines().any(|line| line.starts_with(NIGHTLY)))
    };
    if paths::on_path("rustup").is_none() {
        return Err(Failure(
            "libFuzzer needs a nightly compiler, and there is no rustup to bring one; `cargo test \
             --no-default-features` in fuzz/ replays the seeds without it"
                .to_owned(),
        ));
    }
    if rustup()? {
        return Ok(());
    }
    step(
        "installing a nightly compiler",
        "about a minute, once",
        || run(command("rustup").args(["toolchain", "install", NIGHTLY, "--profile", "minimal"])),
    )
}
