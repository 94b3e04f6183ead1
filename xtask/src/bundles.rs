//! What may be inside the four WASM bundles.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::process::{Failure, Result, cargo, output};

/// The crates whose builds become the bundles.
pub(crate) const BUNDLES: [&str; 4] = [
    "gridpass-client",
    "gridpass-worker",
    "gridpass-desk",
    "gridpass-phone",
];

/// Every other crate: what is built for this machine. The others are for browsers; `client` would bring `hydrate` where `ssr` is.
pub(crate) const NATIVE: [&str; 9] = [
    "--workspace",
    "--exclude",
    "gridpass-client",
    "--exclude",
    "gridpass-worker",
    "--exclude",
    "gridpass-desk",
    "--exclude",
    "gridpass-phone",
];

/// With [`NATIVE`]: programs made of the parts that the native tests are made of, so that those are compiled once.
pub(crate) const LIKE_TESTS: [&str; 2] = ["--features", "gridpass-bench/like-tests"];

/// Native code, the server's side, and second implementations of what is already there.
const REFUSED: [&str; 21] = [
    "async-std",
    "aws-lc-rs",
    "aws-lc-sys",
    "axum",
    "gridpass-provider",
    "gridpass-server",
    "hyper",
    "leptos_axum",
    "libsqlite3-sys",
    "mio",
    "native-tls",
    "openssl",
    "openssl-sys",
    "ring",
    "rusqlite",
    "rustls",
    "socket2",
    "sqlx",
    "tokio",
    "tokio-postgres",
    "tower-http",
];

/// Of these a bundle holds one version each: two would be shipped, and two would have to be trusted.
const SINGLE: [&str; 28] = [
    "aes",
    "aes-gcm",
    "base64ct",
    "cipher",
    "const-oid",
    "crypto-bigint",
    "der",
    "digest",
    "ecdsa",
    "elliptic-curve",
    "getrandom",
    "ghash",
    "hkdf",
    "hmac",
    "p256",
    "pkcs1",
    "pkcs8",
    "rand",
    "rand_chacha",
    "rand_core",
    "rsa",
    "sec1",
    "sha2",
    "signature",
    "spki",
    "subtle",
    "x509-cert",
    "zeroize",
];

/// Checks every bundle; names what does not belong there.
pub(crate) fn check() -> Result<()> {
    let mut complaints = Vec::new();
    for bundle in BUNDLES {
        let tree = output(cargo().args([
            "tree",
            "--package",
            bundle,
            "--target",
            "wasm32-unknown-unknown",
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]))?;
        complaints.extend(
            judge(&tree)
                .into_iter()
                .map(|complaint| format!("{bundle}: {complaint}")),
        );
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(Failure(complaints.join("\n")))
    }
}

/// The most that a file may weigh as served with brotli, in bytes: the beginning of its name, and
/// how it ends. A customer's first page waits for the first of them, on a phone.
const MOST: [(&str, &str, u64); 4] = [
    ("gridpass-client-", "_bg.wasm.br", 250_000),
    ("gridpass-worker", "_bg.wasm.br", 450_000),
    ("gridpass-desk", "_bg.wasm.br", 60_000),
    ("gridpass-phone", "_bg.wasm.br", 74_000),
];

/// Checks what the compressed bundles in `pkg` weigh.
pub(crate) fn weigh(pkg: &Path) -> Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(pkg)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        files.push((name, entry.metadata()?.len()));
    }
    let complaints = too_heavy(&files);
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(Failure(complaints.join("\n")))
    }
}

/// What is wrong with the weights of files by their names.
fn too_heavy(files: &[(String, u64)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (start, end, most) in MOST {
        let mut found = files
            .iter()
            .filter(|(name, _)| name.starts_with(start) && name.ends_with(end))
            .peekable();
        if found.peek().is_none() {
            complaints.push(format!("{start}…{end} is missing"));
        }
        complaints.extend(
            found
                .filter(|(_, bytes)| *bytes > most)
                .map(|(name, bytes)| format!("{name} weighs {bytes} bytes; {most} are allowed")),
        );
    }
    complaints
}

/// What is wrong with a list of `name vVERSION …` lines.
fn judge(tree: &str) -> Vec<String> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            versions.entry(name).or_default().insert(version);
        }
    }
    if versions.is_empty() {
        return vec!["cargo tree named no crate".to_owned()];
    }
    let refused = REFUSED
        .iter()
        .filter(|name| versions.contains_key(*name))
        .map(|name| format!("{name} does not belong in it"));
    let doubled = SINGLE.iter().filter_map(|name| {
        let found = versions.get(name).filter(|found| found.len() > 1)?;
        Some(format!(
            "{name} is in it in several versions: {}",
            found.iter().copied().collect::<Vec<_>>().join(", ")
        ))
    });
    refused.chain(doubled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_crates_and_doubled_cryptography_are_named() {
        assert!(judge("gridpass-client v0.1.0 (x)\nsha2 v0.11.0\nsha2 v0.11.0 (*)\nserde v1.0.0\nserde v2.0.0").is_empty());
        let complaints = judge("tokio v1.2.3\nsha2 v0.10.9\nsha2 v0.11.0\n");
        assert_eq!(
            complaints,
            [
                "tokio does not belong in it",
                "sha2 is in it in several versions: v0.10.9, v0.11.0"
            ]
        );
    }

    #[test]
    fn a_heavy_or_missing_bundle_is_named() {
        let files = |desk: u64| {
            [
                ("gridpass-client-77_bg.wasm.br", 236_000),
                ("gridpass-worker_bg.wasm.br", 300_000),
                ("gridpass-desk_bg.wasm.br", desk),
                ("gridpass-phone_bg.wasm.br", 40_000),
            ]
            .map(|(name, bytes)| (name.to_owned(), bytes))
        };
        assert!(too_heavy(&files(60_000)).is_empty());
        let complaints = too_heavy(&files(60_001));
        assert_eq!(
            complaints,
            ["gridpass-desk_bg.wasm.br weighs 60001 bytes; 60000 are allowed"]
        );
        assert_eq!(too_heavy(&files(0)[..3]).len(), 1);
    }

    #[test]
    fn an_empty_tree_is_no_proof() {
        assert!(!judge("").is_empty());
    }
}
