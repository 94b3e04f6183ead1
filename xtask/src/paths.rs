//! Where things lie.

use std::env;
use std::path::{Path, PathBuf};

/// The work tree.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies one folder below the root")
}

/// What native builds write.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |set| root().join(set))
}

/// What WASM builds write: a folder of its own, so that neither build waits for the other's lock.
pub(crate) fn wasm_target() -> PathBuf {
    target().join("wasm")
}

/// The built site; Trunk.toml names the same folder.
pub(crate) fn site() -> PathBuf {
    root().join("target/site")
}

/// The server's binary, as the development profile builds it.
pub(crate) fn server() -> PathBuf {
    target().join("debug/gridpass")
}

/// What is shared by all work trees of one user: tools, Python packages.
pub(crate) fn cache() -> PathBuf {
    let base = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .unwrap_or_else(|| {
            let home = env::home_dir().unwrap_or_else(env::temp_dir);
            home.join(".cache")
        });
    base.join("gridpass")
}

/// The first program of that name on PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}
