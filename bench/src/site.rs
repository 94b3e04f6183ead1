//! A site that was never built, for tests of what does not need one.

use std::path::{Path, PathBuf};

use crate::Failure;

/// Every bundle that the server looks for at start, by its name.
const BUNDLES: [&str; 7] = [
    "gridpass-worker-loader.js",
    "gridpass-worker.js",
    "gridpass-worker_bg.wasm",
    "gridpass-desk.js",
    "gridpass-desk_bg.wasm",
    "gridpass-phone.js",
    "gridpass-phone_bg.wasm",
];

/// Makes the folder `pkg` in `folder`, with which a server starts whose pages nobody opens; returns it.
///
/// # Errors
/// It cannot be written, or is there already.
pub fn make_up(folder: &Path) -> Result<PathBuf, Failure> {
    let pkg = folder.join("pkg");
    std::fs::create_dir(&pkg)?;
    std::fs::write(
        pkg.join("index.html"),
        r#"<link href="/pkg/a.css"><script>import "/pkg/a.js"; "/pkg/a_bg.wasm"</script>"#,
    )?;
    for name in BUNDLES {
        std::fs::write(pkg.join(name), name)?;
    }
    Ok(pkg)
}
