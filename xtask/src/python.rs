//! The Python environment of the independent client and the outside judges.

use std::fs;
use std::path::PathBuf;

use crate::paths;
use crate::process::{Result, command, run};
use crate::stamp::{fingerprint, is_current};
use crate::step::{ready, step};

const REQUIREMENTS: &str = "end2end/independent/requirements.txt";

/// Makes sure that the pinned packages are there; returns the interpreter that sees them.
pub(crate) fn ensure() -> Result<PathBuf> {
    let fingerprint = fingerprint(paths::root(), &[REQUIREMENTS])?;
    let home = paths::cache().join(format!("python-{fingerprint}"));
    let interpreter = home.join("bin/python");
    let stamp = home.join("complete");
    if is_current(&stamp, &fingerprint) {
        ready(&format!("Python packages in {}", home.display()));
        return Ok(interpreter);
    }
    step(
        "installing the Python packages of the independent client",
        "about half a minute, once",
        || {
            run(command("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&home))?;
            run(command(&interpreter).args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
                REQUIREMENTS,
            ]))?;
            fs::write(&stamp, &fingerprint)?;
            Ok(interpreter)
        },
    )
}
