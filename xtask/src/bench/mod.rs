//! `cargo xtask bench`: everything that is measured, in one command, on one machine, into one file.
//!
//! Each tool of `bench/` prints its tables and leaves its figures as lines of JSON; here they become
//! `target/bench/<date>.json` and a table beside it, with the machine that they are of.

mod figures;
mod machine;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use self::figures::{Figure, Run};
use self::machine::Machine;
use crate::process::{Failure, Result, cargo, command, run};
use crate::step::step;
use crate::{packages, paths, site, tools};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Bench {
    /// Registrations, confirmations and messages over HTTP; whether answers tell what exists; sizes of bundles.
    Portal,
    /// Confirmations over 32 to 512 connections.
    Connections,
    /// Gridpass beside cfssl and an EST server of others.
    Beside,
    /// Certificates through each kind of CA.
    Ca,
    /// Revocation lists and OCSP answers of a million certificates.
    Revocation,
    /// The desk with a million enrollments.
    Desk,
    /// 100,000 devices after their enrollment.
    Fleet,
    /// What others notice of slow clients and floods.
    Flood,
}

/// What to measure, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Measure only this; may be given several times.
    #[arg(long, value_name = "NAME")]
    only: Vec<Bench>,
    /// A little of everything, in two minutes: shows that it works, the figures say nothing.
    #[arg(long)]
    quick: bool,
    /// Compare with the figures of this file afterwards.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Measure nothing: take the figures of this file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["only", "quick"])]
    figures: Option<PathBuf>,
    /// Measure with the programs of this folder and build none.
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// With one `--only`: for its tool, like `-- --enrollments 50000`.
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Measures, keeps the figures, and compares them if that is asked for.
pub(crate) fn bench(options: &Options) -> Result<()> {
    let now = match &options.figures {
        Some(file) => Run::read(file)?,
        None => measure(options)?,
    };
    match &options.against {
        Some(file) => {
            print!("\n{}", now.against(&Run::read(file)?));
            Ok(())
        }
        None => Ok(()),
    }
}

fn measure(options: &Options) -> Result<Run> {
    if !options.arguments.is_empty() && options.only.len() != 1 {
        return Err(Failure(
            "what stands after `--` is for one tool: say which by one `--only`".to_owned(),
        ));
    }
    let programs = match &options.programs {
        Some(folder) => paths::root().join(folder),
        None => build()?,
    };
    let folder = paths::root().join("target/bench");
    fs::create_dir_all(&folder)?;
    let machine = Machine::read(&folder)?;
    println!("{machine}");
    let lines = folder.join("lines");
    // Of a run that did not end.
    if lines.exists() {
        fs::remove_file(&lines)?;
    }
    for bench in Bench::value_variants() {
        if options.only.is_empty() || options.only.contains(bench) {
            let mut tool = bench.tool(&programs, options)?;
            tool.arg("--json").arg(&lines);
            step(bench.what(), bench.how_long(options), || run(&mut tool))?;
        }
    }
    let figures = Figure::read_lines(&fs::read_to_string(&lines)?)?;
    fs::remove_file(&lines)?;
    let run = Run::new(machine, options.quick, figures);
    let (json, markdown) = run.keep(&folder)?;
    println!("\n{}", fs::read_to_string(&markdown)?);
    println!("kept: {} and {}", json.display(), markdown.display());
    Ok(run)
}

/// Builds the server, the tools and the site as they are shipped; returns where the programs are.
fn build() -> Result<PathBuf> {
    let tools = tools::ensure()?;
    site::ensure(&tools)?;
    tools::ensure_est_tools()?;
    if let Err(why) = packages::ensure_cfssl() {
        println!("no cfssl: {why}; the part with it is left out");
    }
    step(
        "building the release server and the tools that measure",
        "5 minutes the first time",
        || {
            run(cargo().args([
                "build",
                "--quiet",
                "--release",
                "--package",
                "gridpass-server",
                "--package",
                "gridpass-bench",
            ]))
        },
    )?;
    Ok(paths::target().join("release"))
}

impl Bench {
    const fn what(self) -> &'static str {
        match self {
            Self::Portal => "measuring the portal",
            Self::Connections => "measuring confirmations over more and more connections",
            Self::Beside => "measuring beside others",
            Self::Ca => "measuring the CAs",
            Self::Revocation => "measuring what is told of revocation",
            Self::Desk => "measuring the desk with a million enrollments",
            Self::Fleet => "measuring 100,000 devices after their enrollment",
            Self::Flood => "measuring what others notice of slow clients and floods",
        }
    }

    const fn how_long(self, options: &Options) -> &'static str {
        if options.quick {
            return "seconds";
        }
        match self {
            Self::Portal => "about 2 minutes; leave the machine alone meanwhile",
            Self::Connections => "about 3 minutes",
            Self::Flood => "about 4 minutes",
            Self::Beside | Self::Revocation => "about a minute",
            Self::Ca => "about half a minute",
            Self::Desk => "about 5 minutes",
            Self::Fleet => "about 20 minutes, most of it the devices' own cryptography",
        }
    }

    const fn program(self) -> &'static str {
        match self {
            Self::Portal => "gridpass-bench",
            Self::Connections => "gridpass-bench-connections",
            Self::Beside => "gridpass-bench-beside",
            Self::Ca => "gridpass-bench-ca",
            Self::Revocation => "gridpass-bench-revocation",
            Self::Desk => "gridpass-bench-desk",
            Self::Fleet => "gridpass-bench-fleet",
            Self::Flood => "gridpass-bench-flood",
        }
    }

    /// What makes it quick.
    const fn quickly(self) -> &'static [&'static str] {
        match self {
            Self::Portal => &["--enrollments", "200", "--pairs", "20"],
            Self::Connections => &["--enrollments", "300"],
            Self::Beside => &["--certificates", "300"],
            Self::Ca => &["--seconds", "1"],
            Self::Revocation => &[
                "--certificates",
                "5000",
                "--revoked",
                "250",
                "--seconds",
                "1",
            ],
            Self::Desk => &[
                "--enrollments",
                "2000",
                "--calls",
                "20",
                "--import",
                "200",
                "--customers",
                "200",
            ],
            Self::Fleet => &[
                "--devices",
                "200",
                "--polling",
                "100",
                "--waiting",
                "50",
                "--polls",
                "2",
            ],
            Self::Flood => &["--confirmations", "50", "--slow", "100", "--flood", "50"],
        }
    }

    fn tool(self, programs: &Path, options: &Options) -> Result<Command> {
        let program = programs.join(self.program());
        if !program.is_file() {
            return Err(Failure(format!("there is no {}", program.display())));
        }
        let mut tool = command(program);
        if !matches!(self, Self::Ca | Self::Revocation) {
            tool.arg("--server")
                .arg(programs.join("gridpass"))
                .arg("--site")
                .arg(paths::site().join("pkg"));
        }
        if matches!(self, Self::Ca | Self::Beside)
            && let Some(server) = tools::estserver()
        {
            tool.arg("--estserver").arg(server);
        }
        if self == Self::Beside
            && let Some(cfssl) = paths::on_path("cfssl")
        {
            tool.arg("--cfssl").arg(cfssl);
        }
        if options.quick {
            tool.args(self.quickly());
        }
        tool.args(&options.arguments);
        Ok(tool)
    }
}
