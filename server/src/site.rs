//! What Trunk built: its manifest names the hashed files that every page refers to.

use std::path::{Path, PathBuf};

use gridpass_app::ssr::{Assets, ScriptAssets};
use sha2::{Digest, Sha256};

/// Why the built site cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SiteError {
    #[error(
        "site.pkg: cannot read {path}: {source}; build the site first (`cargo xtask serve` does)"
    )]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("site.pkg: {path} names no {what}; build the site again")]
    Missing { path: PathBuf, what: &'static str },
}

/// Reads the manifest once, at start.
///
/// # Errors
/// When the site is not built or its manifest lacks a file.
pub(crate) fn assets(pkg: &Path) -> Result<Assets, SiteError> {
    let path = pkg.join("index.html");
    let html = read(&path)?;
    let html = String::from_utf8_lossy(&html);
    let named = |suffix: &str, what| {
        find(&html, suffix).ok_or(SiteError::Missing {
            path: path.clone(),
            what,
        })
    };
    let js = named(".js", "script")?;
    let wasm = named("_bg.wasm", "WASM module")?;
    let css = named(".css", "style sheet")?;
    Ok(Assets {
        js,
        wasm,
        css,
        worker: worker(pkg)?,
        desk: script(pkg, ["gridpass-desk.js", "gridpass-desk_bg.wasm"])?,
        phone: script(pkg, ["gridpass-phone.js", "gridpass-phone_bg.wasm"])?,
    })
}

/// What the bundles are called that only some pages ask for.
const OTHERS: [&str; 3] = ["gridpass-worker", "gridpass-desk", "gridpass-phone"];

/// The first `/pkg/…` path in the manifest that ends with `suffix`. Worker, desk and phone are not among
/// them: only the pages that need them ask for them.
fn find(html: &str, suffix: &str) -> Option<String> {
    html.split(['"', '\''])
        .filter(|part| part.starts_with("/pkg/") && part.ends_with(suffix))
        .find(|part| !OTHERS.iter().any(|other| part.contains(other)))
        .map(str::to_owned)
}

/// Trunk gives these files no hashed names: one hash over all of a bundle travels in the query, so
/// that they can be cached for ever as well. The first file hands the query on to the others.
fn worker(pkg: &Path) -> Result<String, SiteError> {
    const FILES: [&str; 3] = [
        "gridpass-worker-loader.js",
        "gridpass-worker.js",
        "gridpass-worker_bg.wasm",
    ];
    let version = version(pkg, &FILES)?;
    Ok(format!("/pkg/{}?v={version}", FILES[0]))
}

/// A script that is no island's: the page names both of its files.
fn script(pkg: &Path, files: [&str; 2]) -> Result<ScriptAssets, SiteError> {
    let version = version(pkg, &files)?;
    let [js, wasm] = files.map(|name| format!("/pkg/{name}?v={version}"));
    Ok(ScriptAssets { js, wasm })
}

/// What changes whenever one of the files does.
fn version(pkg: &Path, files: &[&str]) -> Result<String, SiteError> {
    let mut hash = Sha256::new();
    for name in files {
        hash.update(read(&pkg.join(name))?);
    }
    Ok(gridpass_protocol::encoding::b64u(&hash.finalize()[..12]))
}

fn read(path: &Path) -> Result<Vec<u8>, SiteError> {
    std::fs::read(path).map_err(|source| SiteError::Read {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashed_names_are_found_in_the_manifest() {
        let html = r#"<link rel="stylesheet" href="/pkg/site-1a2b.css"/>
            <link rel="modulepreload" href="/pkg/gridpass-client-77.js">
            <script>import init from '/pkg/gridpass-client-77.js';
            init({ module_or_path: '/pkg/gridpass-client-77_bg.wasm' })</script>"#;
        assert_eq!(
            find(html, ".js").as_deref(),
            Some("/pkg/gridpass-client-77.js")
        );
        assert_eq!(
            find(html, "_bg.wasm").as_deref(),
            Some("/pkg/gridpass-client-77_bg.wasm")
        );
        assert_eq!(find(html, ".css").as_deref(), Some("/pkg/site-1a2b.css"));
    }

    #[test]
    fn a_site_that_is_not_built_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(assets(folder.path()), Err(SiteError::Read { .. })));
    }
}
