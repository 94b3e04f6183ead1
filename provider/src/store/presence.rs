//! Whether the file of the database is still where it was opened.
//!
//! A connection keeps its file open, also when somebody has removed it or put another one in its
//! place: what is written then is gone with the process. Nobody is promised such a thing.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::{DatabaseError, DatabaseErrorKind, StoreError};

/// A file, as it was found.
pub(super) struct Presence {
    path: PathBuf,
    /// Device and inode.
    found: (u64, u64),
}

impl Presence {
    /// Of the file that is there now.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn of(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            path: path.to_owned(),
            found: find(path).map_err(|error| gone(&error.to_string()))?,
        })
    }

    /// # Errors
    /// The file is gone, or another one is in its place.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match find(&self.path) {
            Ok(found) if found == self.found => Ok(()),
            Ok(_) => Err(gone("another one is in its place; restart to use that one")),
            Err(error) => Err(gone(&error.to_string())),
        }
    }
}

fn find(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

fn gone(why: &str) -> StoreError {
    let message = format!("its file is gone: {why}");
    DatabaseError::new(DatabaseErrorKind::Other, message).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_moved_away_is_missed_until_it_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let (path, elsewhere) = (folder.path().join("db"), folder.path().join("elsewhere"));
        fs::write(&path, "").unwrap();
        let presence = Presence::of(&path).unwrap();
        presence.check().unwrap();
        fs::rename(&path, &elsewhere).unwrap();
        presence.check().unwrap_err();
        fs::write(&path, "another").unwrap();
        presence.check().unwrap_err();
        fs::rename(&elsewhere, &path).unwrap();
        presence.check().unwrap();
    }
}
