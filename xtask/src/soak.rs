//! `cargo xtask soak`: a server under load with faults at random, for as long as one likes.

use std::path::{Path, PathBuf};

use crate::process::{Result, cargo, command, run};
use crate::step::step;
use crate::{bundles, paths};

/// How long, and what happens.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How long it goes on.
    #[arg(long, default_value_t = 60.0)]
    minutes: f64,
    /// Decides what happens when: the same seed, the same faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Servers beside each other on one database.
    #[arg(long, default_value_t = 1)]
    servers: usize,
    /// Run the programs of this folder and build none.
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
}

/// What the tests run of it.
const SHORT: Options = Options {
    minutes: 1.5,
    seed: 1,
    servers: 1,
    programs: None,
};

const TOOL: &str = "gridpass-bench-soak";

/// Builds what is shipped and lets it run.
pub(crate) fn soak(options: &Options) -> Result<()> {
    let programs = match &options.programs {
        Some(folder) => paths::root().join(folder),
        None => {
            step(
                "building the release server and what troubles it",
                "5 minutes the first time",
                || {
                    run(cargo().args(["build", "--quiet", "--release"]).args([
                        "--package",
                        "gridpass-server",
                        "--package",
                        "gridpass-bench",
                    ]))
                },
            )?;
            paths::target().join("release")
        }
    };
    step(
        "load, kills and faults",
        &format!("{} minutes", options.minutes),
        || run_in(&programs, options),
    )
}

/// A short one with the programs that [`build_for_tests`] has built.
pub(crate) fn short() -> Result<()> {
    run_in(&paths::target().join("debug"), &SHORT)
}

/// Builds server, gateway and this tool, for the tests that run them.
pub(crate) fn build_for_tests() -> Result<()> {
    run(cargo()
        .args(["build", "--quiet"])
        .args(bundles::NATIVE)
        .args(bundles::LIKE_TESTS)
        .args(["--bin", "gridpass", "--bin", "gridpass-gateway"])
        .args(["--bin", TOOL]))
}

fn run_in(programs: &Path, options: &Options) -> Result<()> {
    run(command(programs.join(TOOL))
        .arg("--server")
        .arg(programs.join("gridpass"))
        .args(["--minutes", &options.minutes.to_string()])
        .args(["--seed", &options.seed.to_string()])
        .args(["--servers", &options.servers.to_string()]))
}
