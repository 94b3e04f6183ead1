//! What builds the WASM bundles: the compiler's target, wasm-bindgen and trunk.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::paths;
use crate::process::{Failure, Result, cargo, command, output, run};
use crate::step::{ready, step};

const WASM: &str = "wasm32-unknown-unknown";
const ESTSERVER: &str = "1.0.6";
const EST_PACKAGE: &str = "github.com/globalsign/est/cmd";
const CARGO_DENY: &str = "0.20.2";
const CARGO_FUZZ: &str = "0.13.2";
const TRUNK: &str = "0.22.1";

/// Folders of the tools, to be put before PATH.
#[derive(Debug)]
pub(crate) struct Tools {
    folders: Vec<PathBuf>,
}

impl Tools {
    /// PATH with the tools first.
    pub(crate) fn path(&self) -> Result<OsString> {
        let path = env::var_os("PATH").unwrap_or_default();
        env::join_paths(self.folders.iter().cloned().chain(env::split_paths(&path)))
            .map_err(|error| Failure(format!("PATH: {error}")))
    }
}

/// Makes sure that the WASM target, wasm-bindgen and trunk are there.
pub(crate) fn ensure() -> Result<Tools> {
    ensure_wasm_target()?;
    let manifest = fs::read_to_string(paths::root().join("Cargo.toml"))?;
    let bindgen = quoted(&manifest, "wasm-bindgen")
        .next()
        .map(|version| version.trim_start_matches('='))
        .ok_or_else(|| Failure("Cargo.toml names no version of wasm-bindgen".to_owned()))?;
    // Its lock file names a version that was withdrawn, hence without --locked.
    let bindgen = Tool {
        name: "wasm-bindgen",
        package: "wasm-bindgen-cli",
        version: bindgen,
        how_long: "about 1½ minutes, once",
        flags: &[],
    };
    let trunk = Tool {
        name: "trunk",
        package: "trunk",
        version: TRUNK,
        how_long: "about 4½ minutes, once",
        flags: &["--locked", "--ignore-rust-version"],
    };
    Ok(Tools {
        folders: vec![bindgen.ensure()?, trunk.ensure()?],
    })
}

/// PATH with cargo-fuzz on it.
pub(crate) fn ensure_cargo_fuzz() -> Result<OsString> {
    let tool = Tool {
        name: "cargo-fuzz",
        package: "cargo-fuzz",
        version: CARGO_FUZZ,
        how_long: "about a minute, once",
        flags: &["--locked"],
    };
    let folders = vec![tool.ensure()?];
    Tools { folders }.path()
}

/// The program cargo-deny.
pub(crate) fn ensure_cargo_deny() -> Result<PathBuf> {
    let tool = Tool {
        name: "cargo-deny",
        package: "cargo-deny",
        version: CARGO_DENY,
        how_long: "about 4 minutes, once",
        flags: &["--locked"],
    };
    Ok(tool.ensure()?.join("cargo-deny"))
}

/// The EST server of github.com/globalsign/est, if it is there: `go install` brings it. The tests
/// of the EST journey and its figure in the bench are left out without it.
pub(crate) fn estserver() -> Option<PathBuf> {
    est_tool("estserver")
}

/// Makes sure that it is there, and the client of the same module, where Go is and its modules can
/// be had.
pub(crate) fn ensure_est_tools() -> Result<()> {
    for name in ["estserver", "estclient"] {
        ensure_est_tool(name)?;
    }
    Ok(())
}

fn ensure_est_tool(name: &str) -> Result<()> {
    if let Some(program) = est_tool(name) {
        ready(&program.display().to_string());
        return Ok(());
    }
    if paths::on_path("go").is_none() {
        println!("no Go here: the journey with {name} is left out");
        return Ok(());
    }
    step(
        &format!("installing {name}"),
        "about a minute, once",
        || {
            let installed = run(command("go")
                .args(["install", &format!("{EST_PACKAGE}/{name}@v{ESTSERVER}")])
                .env("GOBIN", est_folder(name)));
            if installed.is_err() {
                println!("its modules cannot be had: the journey with it is left out");
            }
            Ok(())
        },
    )
}

fn est_tool(name: &str) -> Option<PathBuf> {
    let kept = est_folder(name).join(name);
    paths::on_path(name).or_else(|| kept.is_file().then_some(kept))
}

fn est_folder(name: &str) -> PathBuf {
    paths::cache()
        .join("tools")
        .join(format!("{name}-{ESTSERVER}"))
        .join("bin")
}

fn ensure_wasm_target() -> Result<()> {
    let installed = || {
        let folder = output(command("rustc").args(["--print", "target-libdir", "--target", WASM]))?;
        Ok::<_, Failure>(Path::new(folder.trim()).is_dir())
    };
    if installed()? {
        ready(&format!("the compiler's target {WASM}"));
        return Ok(());
    }
    if paths::on_path("rustup").is_none() {
        return Err(Failure(format!(
            "this Rust toolchain cannot compile for {WASM}, and there is no rustup to add that: \
             install the target with the package manager that brought rustc, then try again"
        )));
    }
    step(
        &format!("adding the compiler's target {WASM}"),
        "about 10 seconds, once",
        || {
            run(command("rustup").args(["target", "add", WASM]))?;
            if installed()? {
                Ok(())
            } else {
                Err(Failure(format!(
                    "rustup added {WASM} to another toolchain than `rustc` is of"
                )))
            }
        },
    )
}

struct Tool<'a> {
    name: &'static str,
    package: &'static str,
    version: &'a str,
    how_long: &'static str,
    flags: &'static [&'static str],
}

impl Tool<'_> {
    /// The folder of a program of exactly this version.
    fn ensure(&self) -> Result<PathBuf> {
        let home = paths::cache()
            .join("tools")
            .join(format!("{}-{}", self.name, self.version));
        let bin = home.join("bin");
        let on_path = paths::on_path(self.name).and_then(|file| file.parent().map(Path::to_owned));
        for folder in on_path.into_iter().chain([bin.clone()]) {
            if self.is_in(&folder) {
                ready(&format!(
                    "{} {} in {}",
                    self.name,
                    self.version,
                    folder.display()
                ));
                return Ok(folder);
            }
        }
        step(
            &format!("installing {} {}", self.name, self.version),
            self.how_long,
            || {
                self.install(&home)?;
                if self.is_in(&bin) {
                    Ok(bin)
                } else {
                    Err(Failure(format!(
                        "{} was installed, but does not run",
                        self.name
                    )))
                }
            },
        )
    }

    fn is_in(&self, folder: &Path) -> bool {
        let program = folder.join(self.name);
        program.is_file()
            && output(command(program).arg("--version"))
                .is_ok_and(|text| text.split_whitespace().nth(1) == Some(self.version))
    }

    /// Quick to compile rather than quick to run: these programs work for a second or two a build.
    fn install(&self, home: &Path) -> Result<()> {
        run(cargo()
            .args([
                "install",
                "--quiet",
                self.package,
                "--version",
                self.version,
            ])
            .args(self.flags)
            .arg("--root")
            .arg(home)
            .env_remove("CARGO_TARGET_DIR")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"))
    }
}

/// The values of lines `key = "value"`.
pub(crate) fn quoted<'a>(text: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| {
        let value = line
            .trim()
            .strip_prefix(key)?
            .trim_start()
            .strip_prefix('=')?
            .trim_start();
        value.strip_prefix('"')?.split('"').next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_values_are_found_by_their_whole_key() {
        let text =
            "wasm-bindgen-futures = \"0.4\"\nwasm-bindgen = \"=0.2.130\"\n# wasm-bindgen = \"1\"\n";
        assert_eq!(
            quoted(text, "wasm-bindgen").collect::<Vec<_>>(),
            ["=0.2.130"]
        );
    }
}
