//! What may be inside the two WASM bundles.

use std::collections::{BTreeMap, BTreeSet};

use crate::process::{Failure, Result, cargo, output};

/// The crates whose builds become the bundles.
pub(crate) const BUNDLES: [&str; 2] = ["gridpass-client", "gridpass-worker"];

/// Every other crate: what is built for this machine. `client` and `worker` would bring `hydrate` where `ssr` is.
pub(crate) const NATIVE: [&str; 5] = [
    "--workspace",
    "--exclude",
    "gridpass-client",
    "--exclude",
    "gridpass-worker",
];

/// Native code, the server's side, and second implementations of what is already there.
const REFUSED: [&str; 20] = [
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

/// Checks both bundles; names what does not belong there.
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
    fn an_empty_tree_is_no_proof() {
        assert!(!judge("").is_empty());
    }
}
