//! `cargo xtask lint`: what a reviewer should not have to say.

use std::env;
use std::fs;
use std::path::PathBuf;

use crate::process::{Result, cargo, command, run};
use crate::step::step;
use crate::{bundles, node, paths, tools};

struct Check {
    what: &'static str,
    how_long: &'static str,
    run: fn() -> Result<()>,
}

/// Runs every check; true when none complained.
pub(crate) fn lint() -> Result<bool> {
    tools::ensure()?;
    node::ensure()?;
    let checks = [
        Check {
            what: "formatting",
            how_long: "seconds",
            run: formatting,
        },
        Check {
            what: "clippy, native",
            how_long: "2 minutes the first time",
            run: clippy_native,
        },
        Check {
            what: "clippy, WASM",
            how_long: "1 minute the first time",
            run: clippy_wasm,
        },
        Check {
            what: "what is in the bundles",
            how_long: "seconds",
            run: bundles::check,
        },
        Check {
            what: "licences, sources and advisories of what is built in",
            how_long: "4 minutes the first time",
            run: dependencies,
        },
        Check {
            what: "documentation",
            how_long: "1 minute the first time",
            run: documentation,
        },
        Check {
            what: "types and formatting of the browser tests",
            how_long: "seconds",
            run: browser_tests,
        },
    ];
    let mut complaints = Vec::new();
    for Check {
        what,
        how_long,
        run,
    } in &checks
    {
        if let Err(failure) = step(what, how_long, run) {
            complaints.push(format!("{what}: {failure}"));
        }
    }
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    println!(
        "{} passed, {} failed",
        checks.len() - complaints.len(),
        complaints.len()
    );
    Ok(complaints.is_empty())
}

fn formatting() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))
}

fn clippy_native() -> Result<()> {
    run(cargo()
        .args(["clippy", "--quiet", "--all-targets"])
        .args(bundles::NATIVE)
        .args(["--", "--deny", "warnings"]))
}

/// The bundles in a call of their own: in one with the rest, `ssr` and `hydrate` would meet.
fn clippy_wasm() -> Result<()> {
    let mut clippy = cargo();
    clippy.args(["clippy", "--quiet", "--target", "wasm32-unknown-unknown"]);
    for bundle in bundles::BUNDLES {
        clippy.args(["--package", bundle]);
    }
    run(clippy
        .args([
            "--package",
            "gridpass-app",
            "--no-default-features",
            "--features",
            "gridpass-app/hydrate",
        ])
        .args(["--", "--deny", "warnings"])
        .env("CARGO_TARGET_DIR", paths::wasm_target()))
}

/// By deny.toml. Without the network the advisories are those of the last time; without any, this says so
/// and what can be judged is judged.
fn dependencies() -> Result<()> {
    let program = tools::ensure_cargo_deny()?;
    let deny = |arguments: &[&str]| {
        let mut deny = command(&program);
        deny.args(["--log-level", "error"]).args(arguments);
        deny
    };
    run(&mut deny(&[
        "--offline",
        "check",
        "--hide-inclusion-graph",
        "licenses",
        "bans",
        "sources",
    ]))?;
    if run(&mut deny(&["fetch", "db"])).is_err() {
        println!("  the advisories cannot be fetched from here: those of the last time are asked");
    }
    if !has_advisories() {
        println!(
            "  there are no advisories on this machine: what is built in was not compared with them"
        );
        return Ok(());
    }
    run(&mut deny(&[
        "--offline",
        "check",
        "--hide-inclusion-graph",
        "advisories",
    ]))
}

/// Whether cargo-deny has advisories from some time. Beside them it keeps a lock, which it makes in any case.
fn has_advisories() -> bool {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let kept = home
        .or_else(|| Some(env::home_dir()?.join(".cargo")))
        .unwrap_or_default()
        .join("advisory-dbs");
    fs::read_dir(kept).is_ok_and(|mut entries| {
        entries.any(|entry| entry.is_ok_and(|entry| entry.path().is_dir()))
    })
}

fn documentation() -> Result<()> {
    run(cargo()
        .args(["doc", "--quiet", "--no-deps", "--document-private-items"])
        .args(bundles::NATIVE)
        .env("RUSTDOCFLAGS", "--deny warnings"))
}

fn browser_tests() -> Result<()> {
    let home = paths::root().join("end2end");
    let tool = |name: &str| {
        let mut tool = command(home.join("node_modules/.bin").join(name));
        tool.current_dir(&home);
        tool
    };
    run(tool("tsc").arg("--noEmit"))?;
    run(tool("prettier").args(["--check", "--log-level=warn", "."]))
}
