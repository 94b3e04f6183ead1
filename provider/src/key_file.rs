//! The key file: 32 random bytes that nobody but the server's user may read.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::random::Random;

const LENGTH: usize = 32;

/// The bytes of the key file. Every key of the vault is derived from them.
pub(crate) struct MasterKey(Zeroizing<[u8; LENGTH]>);

impl MasterKey {
    pub(crate) fn from_bytes(bytes: [u8; LENGTH]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey([redacted])")
    }
}

/// Why the key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or made.
    #[error("the key file {path}: {source}")]
    Io {
        /// The key file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else may read it.
    #[error("the key file {path} may be read by group or others (mode {mode:o}): chmod 600 it")]
    TooOpen {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is not a key file.
    #[error("the key file {path} does not have 32 bytes")]
    Length {
        /// The key file.
        path: PathBuf,
    },
    /// The database was made with a key file, and there is none.
    #[error("the key file {path} is missing, and the database was made with one: restore it")]
    Missing {
        /// The key file.
        path: PathBuf,
    },
}

/// Reads the key file; `None` if there is none.
pub(crate) fn read(path: &Path) -> Result<Option<MasterKey>, KeyFileError> {
    let io_error = |source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(error)),
    };
    let mode = file.metadata().map_err(io_error)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::TooOpen {
            path: path.to_owned(),
            mode,
        });
    }
    let mut key = Zeroizing::new([0; LENGTH]);
    let too_short = |_| KeyFileError::Length {
        path: path.to_owned(),
    };
    file.read_exact(&mut *key).map_err(too_short)?;
    if file.read(&mut [0]).map_err(io_error)? != 0 {
        return Err(KeyFileError::Length {
            path: path.to_owned(),
        });
    }
    Ok(Some(MasterKey(key)))
}

/// Reads the key file, or makes it.
///
/// Two processes that start at once end with the same key: each writes its own file aside, whole
/// and synced, and only one of them gets the name.
pub(crate) fn read_or_make(path: &Path, random: &Random<'_>) -> Result<MasterKey, KeyFileError> {
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    make(path, random).map_err(|source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    })?;
    read(path)?.ok_or_else(|| KeyFileError::Missing {
        path: path.to_owned(),
    })
}

/// Makes a key file that is not there yet.
pub(crate) fn write(path: &Path, key: &MasterKey) -> Result<(), KeyFileError> {
    write_new(path, key.as_bytes())
        .and_then(|()| sync_folder_of(path))
        .map_err(|source| KeyFileError::Io {
            path: path.to_owned(),
            source,
        })
}

/// Where the key file lies that is to follow the one of today, until it has its name.
pub(crate) fn next_of(path: &Path) -> PathBuf {
    let mut next = path.as_os_str().to_owned();
    next.push(".next");
    next.into()
}

/// Names that were given or taken in the folder of `path` stay so after a power cut.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

fn make(path: &Path, random: &Random<'_>) -> io::Result<()> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(format!(".{:032x}", u128::from_le_bytes(random.bytes())));
    let aside = PathBuf::from(aside);
    let key = Zeroizing::new(random.bytes::<LENGTH>());
    let named = write_new(&aside, &*key).and_then(|()| match fs::hard_link(&aside, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&aside);
    named.and(removed)?;
    sync_folder_of(path)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, sync::Mutex, thread};

    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    #[test]
    fn many_at_once_end_with_one_key_of_mode_0600() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let keys: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|seed| {
                    let path = &path;
                    scope.spawn(move || {
                        let source = Mutex::new(ChaCha20Rng::seed_from_u64(seed));
                        *read_or_make(path, &Random(&source)).unwrap().as_bytes()
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing is left aside"
        );
    }

    #[test]
    fn a_key_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, [7; 32]).unwrap();
        for mode in [0o640, 0o604, 0o644, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(read(&path), Err(KeyFileError::TooOpen { mode: m, .. }) if m == mode));
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(read(&path).unwrap().unwrap().as_bytes(), &[7; 32]);
    }

    #[test]
    fn a_key_file_of_another_length_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for length in [0, 31, 33] {
            let path = folder.path().join(length.to_string());
            write_new(&path, &vec![1; length]).unwrap();
            assert!(
                matches!(read(&path), Err(KeyFileError::Length { .. })),
                "{length}"
            );
        }
    }
}
