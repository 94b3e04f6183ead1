//! `cargo xtask sbom`: what the programs that are shipped are made of, as CycloneDX 1.6.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::paths;
use crate::process::{Failure, Result, cargo, output};

/// The programs, each with a bill of its own.
const SHIPPED: [&str; 2] = ["gridpass-server", "gridpass-gateway"];
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Writes `target/sbom/<program>.cdx.json` for each program.
pub(crate) fn sbom() -> Result<()> {
    let metadata = output(cargo().args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--filter-platform",
        TARGET,
    ]))?;
    let metadata: Value = serde_json::from_str(&metadata)
        .map_err(|error| Failure(format!("cargo metadata: {error}")))?;
    let checksums = checksums(&fs::read_to_string(paths::root().join("Cargo.lock"))?);
    let folder = paths::target().join("sbom");
    fs::create_dir_all(&folder)?;
    for program in SHIPPED {
        let bill = bill(&metadata, &checksums, program)?;
        let file: PathBuf = folder.join(format!("{program}.cdx.json"));
        let text = serde_json::to_string_pretty(&bill)
            .map_err(|error| Failure(format!("the bill of {program}: {error}")))?;
        fs::write(&file, text)?;
        let count = bill["components"].as_array().map_or(0, Vec::len);
        println!("{}: {count} components", file.display());
    }
    Ok(())
}

/// The checksums of packages, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let value = |key: &str| crate::tools::quoted(package, key).next().map(str::to_owned);
        if let (Some(name), Some(version), Some(checksum)) =
            (value("name"), value("version"), value("checksum"))
        {
            found.insert((name, version), checksum);
        }
    }
    found
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value[key].as_array().into_iter().flatten()
}

/// What one program is made of: all that is linked into it or runs while it is built, tests excluded.
fn bill(
    metadata: &Value,
    checksums: &BTreeMap<(String, String), String>,
    program: &str,
) -> Result<Value> {
    let packages: BTreeMap<_, _> = list(metadata, "packages")
        .map(|package| (text(package, "id"), package))
        .collect();
    let nodes: BTreeMap<_, _> = list(&metadata["resolve"], "nodes")
        .map(|node| (text(node, "id"), node))
        .collect();
    let root = packages
        .values()
        .find(|package| text(package, "name") == program)
        .map(|package| text(package, "id"))
        .ok_or_else(|| Failure(format!("there is no package {program}")))?;
    let mut seen = BTreeSet::from([root]);
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut next = vec![root];
    while let Some(id) = next.pop() {
        let own = edges.entry(id).or_default();
        for dependency in nodes
            .get(id)
            .into_iter()
            .flat_map(|node| list(node, "deps"))
        {
            if list(dependency, "dep_kinds").all(|kind| text(kind, "kind") == "dev") {
                continue;
            }
            let id = text(dependency, "pkg");
            own.insert(id);
            if seen.insert(id) {
                next.push(id);
            }
        }
    }
    let reference = |id: &str| {
        packages
            .get(id)
            .map_or_else(String::new, |package| purl(package))
    };
    let components: Vec<_> = seen
        .iter()
        .filter(|id| **id != root)
        .filter_map(|id| packages.get(id))
        .map(|package| component(package, checksums, "library"))
        .collect();
    let dependencies: Vec<_> = edges
        .iter()
        .map(|(id, own)| {
            let own: BTreeSet<_> = own.iter().map(|id| reference(id)).collect();
            json!({ "ref": reference(id), "dependsOn": own })
        })
        .collect();
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": component(packages[root], checksums, "application") },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn purl(package: &Value) -> String {
    format!(
        "pkg:cargo/{}@{}",
        text(package, "name"),
        text(package, "version")
    )
}

fn component(package: &Value, checksums: &BTreeMap<(String, String), String>, kind: &str) -> Value {
    let (name, version) = (text(package, "name"), text(package, "version"));
    let mut component = json!({
        "type": kind,
        "bom-ref": purl(package),
        "name": name,
        "version": version,
        "purl": purl(package),
    });
    // Older packages write a slash where SPDX has `OR`.
    let license = text(package, "license")
        .replace(" / ", "/")
        .replace('/', " OR ");
    if !license.is_empty() {
        component["licenses"] = json!([{ "expression": license }]);
    }
    if let Some(checksum) = checksums.get(&(name.to_owned(), version.to_owned())) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    if let Some(repository) = package["repository"].as_str() {
        component["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> Value {
        let package = |name: &str, license: &str| json!({ "id": name, "name": name, "version": "1.0.0", "license": license });
        let dep = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        json!({
            "packages": [
                package("program", "Apache-2.0"),
                package("linked", "MIT/Apache-2.0"),
                package("below", "MIT"),
                package("tested-with", "MIT"),
            ],
            "resolve": { "nodes": [
                { "id": "program", "deps": [dep("linked", Value::Null), dep("tested-with", json!("dev"))] },
                { "id": "linked", "deps": [dep("below", json!("build"))] },
                { "id": "below", "deps": [] },
                { "id": "tested-with", "deps": [] },
            ]},
        })
    }

    #[test]
    fn a_bill_names_what_is_linked_and_nothing_that_tests_alone_need() {
        let lock = "[[package]]\nname = \"linked\"\nversion = \"1.0.0\"\nchecksum = \"ab\"\n";
        let bill = bill(&metadata(), &checksums(lock), "program").unwrap();
        let names: Vec<_> = list(&bill, "components")
            .map(|one| text(one, "name"))
            .collect();
        assert_eq!(names, ["below", "linked"]);
        let linked = &bill["components"][1];
        assert_eq!(linked["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(linked["hashes"][0]["content"], "ab");
        assert_eq!(
            bill["metadata"]["component"]["purl"],
            "pkg:cargo/program@1.0.0"
        );
        assert_eq!(bill["dependencies"].as_array().unwrap().len(), 3);
        assert!(super::bill(&metadata(), &BTreeMap::new(), "no-such").is_err());
    }
}
