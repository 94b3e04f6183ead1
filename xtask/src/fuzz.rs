//! `cargo xtask fuzz`: the fuzz targets, by libFuzzer. It needs a nightly compiler, and nothing else here does.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use crate::process::{Failure, Result, cargo, command, output, run};
use crate::step::step;
use crate::{paths, tools};

const NIGHTLY: &str = "nightly";

/// Where inputs are kept that a target found by itself.
fn found(target: &str) -> PathBuf {
    paths::target().join("fuzz-corpus").join(target)
}

/// Runs one target, or each in turn, for so many seconds.
pub(crate) fn fuzz(seconds: u64, only: Option<&str>) -> Result<bool> {
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
    let mut broken = Vec::new();
    for target in targets {
        let seeds = paths::root().join("fuzz/corpus").join(target);
        fs::create_dir_all(found(target))?;
        let begun = Instant::now();
        println!("\n── {target} — {seconds} s");
        let outcome = run(fuzz("run")
            .arg(target)
            .arg(found(target))
            .arg(seeds)
            .args([
                "--",
                "-timeout=10",
                "-rss_limit_mb=2048",
                "-print_final_stats=1",
            ])
            .arg(format!("-max_total_time={seconds}")));
        println!("{target}: {} s", begun.elapsed().as_secs());
        if outcome.is_err() {
            broken.push(target.clone());
        }
    }
    for target in &broken {
        println!(
            "{target}: broken by what is in fuzz/artifacts/{target}; keep it in fuzz/regressions"
        );
    }
    Ok(broken.is_empty())
}

/// The seeds and what once broke a target, by an ordinary test. Without the provider, which would be
/// compiled once more for its few parsers.
pub(crate) fn replay() -> std::process::Command {
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
