//! Where PostgreSQL is installed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The oldest version that Gridpass works with.
pub const OLDEST: u32 = 15;

/// Debian's package; the number is of the version that the release at hand brings.
pub(crate) const PACKAGE: &str = "postgresql";

/// Where Debian puts the programs, a folder for each version: they are not on PATH.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The programs of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The newest that is installed here; `None` if none is new enough.
    #[must_use]
    pub fn find() -> Option<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        Self::newest_below(Path::new(DEBIAN)).or_else(|| {
            // Elsewhere they are on PATH, and nobody can tell how old without running them;
            // whatever is too old says so at the first migration.
            env::split_paths(&path)
                .map(|folder| Self { folder })
                .find(Self::is_whole)
        })
    }

    fn newest_below(home: &Path) -> Option<Self> {
        let mut versions: Vec<u32> = fs::read_dir(home)
            .ok()?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|version| *version >= OLDEST)
            .collect();
        versions.sort_unstable();
        versions
            .into_iter()
            .rev()
            .map(|version| Self {
                folder: home.join(version.to_string()).join("bin"),
            })
            .find(Self::is_whole)
    }

    fn is_whole(&self) -> bool {
        self.initdb().is_file() && self.postgres().is_file()
    }

    /// Makes a cluster.
    #[must_use]
    pub fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    /// The server.
    #[must_use]
    pub fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    /// The folder of both, and of `psql` and its like.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_whole_version_is_taken_and_no_old_one() {
        let home = env::temp_dir().join(format!("gridpass-programs-{}", std::process::id()));
        for (version, files) in [
            ("9", &["initdb", "postgres"][..]),
            ("14", &["initdb", "postgres"]),
            ("15", &["initdb", "postgres"]),
            ("17", &["postgres"]),
            ("common", &["initdb", "postgres"]),
        ] {
            let folder = home.join(version).join("bin");
            fs::create_dir_all(&folder).unwrap();
            for file in files {
                fs::write(folder.join(file), "").unwrap();
            }
        }
        let found = Programs::newest_below(&home);
        fs::remove_dir_all(home.join("15")).unwrap();
        let without = Programs::newest_below(&home);
        fs::remove_dir_all(&home).unwrap();
        assert_eq!(found.unwrap().folder(), home.join("15/bin"));
        assert_eq!(without, None);
        assert_eq!(Programs::newest_below(&home), None);
    }
}
