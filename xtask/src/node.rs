//! The Node packages of the browser tests.

use std::fs;

use crate::paths;
use crate::process::{Result, command, run};
use crate::stamp::{fingerprint, is_current};
use crate::step::{ready, step};

/// Makes sure that what end2end/package-lock.json names is installed.
pub(crate) fn ensure() -> Result<()> {
    let home = paths::root().join("end2end");
    let fingerprint = fingerprint(&home, &["package.json", "package-lock.json"])?;
    let stamp = home.join("node_modules/.complete");
    if is_current(&stamp, &fingerprint) {
        ready("Node packages in end2end/node_modules");
        return Ok(());
    }
    step(
        "installing the Node packages of the browser tests",
        "a few seconds",
        || {
            run(command("npm")
                .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
                .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
                .current_dir(&home))?;
            fs::write(&stamp, &fingerprint)?;
            Ok(())
        },
    )
}
