//! `cargo xtask lint`: what a reviewer should not have to say.

use crate::process::{Result, cargo, command, run};
use crate::step::step;
use crate::{bundles, node, paths, tools};

/// Runs every check; true when none complained.
pub(crate) fn lint() -> Result<bool> {
    tools::ensure()?;
    node::ensure()?;
    let checks: [(&str, &str, fn() -> Result<()>); 6] = [
        ("formatting", "seconds", formatting),
        ("clippy, native", "2 minutes the first time", clippy_native),
        ("clippy, WASM", "1 minute the first time", clippy_wasm),
        ("what is in the bundles", "seconds", bundles::check),
        ("documentation", "1 minute the first time", documentation),
        (
            "types and formatting of the browser tests",
            "seconds",
            browser_tests,
        ),
    ];
    let mut complaints = Vec::new();
    for (what, how_long, check) in checks {
        if let Err(failure) = step(what, how_long, check) {
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
    run(cargo().args([
        "clippy",
        "--quiet",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))
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

fn documentation() -> Result<()> {
    run(cargo()
        .args(["doc", "--quiet", "--no-deps", "--document-private-items"])
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
