//! Remembering what a result was made from, so that nothing is made twice.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

use crate::process::Result;

/// A short name for the contents of files: equal contents under equal names have equal fingerprints.
///
/// Contents and not times, because a checkout touches files that it does not change.
pub(crate) fn fingerprint(root: &Path, inputs: &[&str]) -> Result<String> {
    let mut files = Vec::new();
    for input in inputs {
        collect(&root.join(input), &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        let content = fs::read(&file)?;
        let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy();
        for part in [name.as_bytes(), &content] {
            hasher.write_usize(part.len());
            hasher.write(part);
        }
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else if path.is_file() {
        files.push(path.to_owned());
    }
    Ok(())
}

/// Whether `stamp` says that its neighbours were made from `fingerprint`.
pub(crate) fn is_current(stamp: &Path, fingerprint: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|text| text == fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_follows_names_and_contents_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, content: &str| fs::write(folder.path().join(name), content).unwrap();
        let print = || fingerprint(folder.path(), &["."]).unwrap();
        write("a", "1");
        let first = print();
        write("a", "1");
        assert_eq!(print(), first);
        write("a", "2");
        let second = print();
        assert_ne!(second, first);
        fs::rename(folder.path().join("a"), folder.path().join("b")).unwrap();
        assert_ne!(print(), second);
    }

    #[test]
    fn a_missing_input_is_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        assert!(fingerprint(folder.path(), &["absent"]).is_ok());
    }
}
