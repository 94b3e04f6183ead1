//! Programs that the system's package manager brings.

use std::path::PathBuf;

use gridpass_testing_postgres::{OLDEST, Programs};

use crate::paths;
use crate::process::{Failure, Result, command, run};
use crate::step::{ready, step};

/// A program, by any of its names, and the Debian package it is in.
struct Program {
    names: &'static [&'static str],
    package: &'static str,
}

const BROWSERS: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

const PROGRAMS: [Program; 8] = [
    Program {
        names: BROWSERS,
        package: "chromium",
    },
    Program {
        names: &["openssl"],
        package: "openssl",
    },
    Program {
        names: &["zbarimg"],
        package: "zbar-tools",
    },
    Program {
        names: &["pdftoppm"],
        package: "poppler-utils",
    },
    Program {
        names: &["rsvg-convert"],
        package: "librsvg2-bin",
    },
    Program {
        names: &["softhsm2-util"],
        package: "softhsm2",
    },
    Program {
        names: &["certtool"],
        package: "gnutls-bin",
    },
    Program {
        names: &["jose"],
        package: "jose",
    },
];

impl Program {
    fn find(&self) -> Option<PathBuf> {
        self.names.iter().find_map(|name| paths::on_path(name))
    }
}

/// The browser of the end-to-end tests.
pub(crate) fn browser() -> Result<PathBuf> {
    PROGRAMS[0]
        .find()
        .ok_or_else(|| Failure("no chromium on PATH; `cargo xtask setup` installs it".to_owned()))
}

/// Makes sure that cfssl is there, beside which the bench measures.
pub(crate) fn ensure_cfssl() -> Result<()> {
    const CFSSL: Program = Program {
        names: &["cfssl"],
        package: "golang-cfssl",
    };
    if let Some(path) = CFSSL.find() {
        ready(&path.display().to_string());
        return Ok(());
    }
    step(
        "installing golang-cfssl with apt-get",
        "about 10 seconds, once",
        || install(&[CFSSL.package]),
    )
}

/// Makes sure that the browser, the outside judges and PostgreSQL are there.
pub(crate) fn ensure() -> Result<()> {
    let mut missing = Vec::new();
    for program in &PROGRAMS {
        match program.find() {
            Some(path) => ready(&path.display().to_string()),
            None => missing.push(program.package),
        }
    }
    match Programs::find() {
        Some(postgres) => ready(&postgres.postgres().display().to_string()),
        None => missing.push("postgresql"),
    }
    if !python_makes_environments() {
        missing.push("python3-venv");
    }
    if missing.is_empty() {
        return Ok(());
    }
    step(
        &format!("installing {} with apt-get", missing.join(", ")),
        "about 1 minute, once",
        || install(&missing),
    )?;
    if Programs::find().is_none() {
        return Err(Failure(format!(
            "the system's packages bring no PostgreSQL {OLDEST} or newer: install one by hand, in \
             /usr/lib/postgresql or on PATH"
        )));
    }
    Ok(())
}

/// Debian's own Python comes without the module that a virtual environment starts from.
fn python_makes_environments() -> bool {
    command("python3")
        .args(["-c", "import ensurepip, venv"])
        .output()
        .is_ok_and(|output| output.status.success())
}

fn install(packages: &[&str]) -> Result<()> {
    let line = format!(
        "apt-get update && apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    );
    if paths::on_path("apt-get").is_none() {
        return Err(Failure(format!(
            "there is no apt-get here; install by hand: {}",
            packages.join(", ")
        )));
    }
    let mut prefix = if is_root() {
        Vec::new()
    } else if command("sudo")
        .args(["-n", "true"])
        .output()
        .is_ok_and(|output| output.status.success())
    {
        vec!["sudo", "-n"]
    } else {
        return Err(Failure(format!(
            "this needs an administrator; run as root: {line}"
        )));
    };
    prefix.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    let apt = || {
        let mut apt = command(prefix[0]);
        apt.args(&prefix[1..]);
        apt
    };
    run(apt().args(["update", "--quiet", "--quiet"]))?;
    run(apt()
        .args([
            "install",
            "--yes",
            "--quiet",
            "--quiet",
            "--no-install-recommends",
        ])
        .args(packages))
}

fn is_root() -> bool {
    command("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
