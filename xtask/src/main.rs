//! `cargo xtask`: the one door for every habit of this project.
//!
//! Every step says what it does and how long it may take, and does nothing that is already done.
//! The crates of the product are never linked in here: this program must compile in seconds, and
//! must run when they do not compile. `testing/postgres` is none of them, and needs none of them.

mod bench;
mod bundles;
mod fuzz;
mod lint;
mod node;
mod packages;
mod paths;
mod postgres;
mod process;
mod python;
mod sbom;
mod security_docs;
mod serve;
mod setup;
mod site;
mod soak;
mod stamp;
mod step;
mod tally;
mod test;
mod tools;

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "The one door for every habit of Gridpass."
)]
struct Door {
    #[command(subcommand)]
    habit: Habit,
}

#[derive(Subcommand)]
enum Habit {
    /// Installs what building and testing need: WASM target, wasm-bindgen, trunk, browser, packages.
    Setup,
    /// Builds everything and starts the portal with the demo provider on http://localhost:3000.
    Serve,
    /// Builds what is installed: `target/release/gridpass` and the site in `target/site/pkg`.
    Build,
    /// Runs every test: native, bundles, browser, independent client, outside judges.
    Test,
    /// Checks formatting, lints, documentation and what is in the bundles.
    Lint,
    /// Measures what a release server does, beside others too, and keeps the figures.
    Bench(bench::Options),
    /// Lets a server run under load with kills and faults at random, and looks for what was lost.
    Soak(soak::Options),
    /// Runs the fuzz targets, each for a minute; needs a nightly compiler, which it installs.
    Fuzz {
        /// How long each target runs.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// How many run at once; one for each processor without it.
        #[arg(long)]
        at_once: Option<NonZeroUsize>,
        /// Only this one.
        target: Option<String>,
    },
    /// Writes what the shipped programs are made of, as CycloneDX, to target/sbom.
    Sbom,
    /// Waits for the server that `serve` starts and says what to do next.
    #[command(hide = true)]
    Announce,
}

fn processors() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn main() -> ExitCode {
    let outcome = match Door::parse().habit {
        Habit::Setup => setup::everything().map(|_| true),
        Habit::Serve => serve::serve().map(|never| match never {}),
        Habit::Build => serve::build_release().map(|()| true),
        Habit::Test => test::test(),
        Habit::Lint => lint::lint(),
        Habit::Bench(options) => bench::bench(&options).map(|()| true),
        Habit::Soak(options) => soak::soak(&options).map(|()| true),
        Habit::Fuzz {
            seconds,
            at_once,
            target,
        } => fuzz::fuzz(
            seconds,
            at_once.unwrap_or_else(processors),
            target.as_deref(),
        ),
        Habit::Sbom => sbom::sbom().map(|()| true),
        Habit::Announce => serve::announce().map(|()| true),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
