//! Backups: one file with the whole database, made beside running servers; and the way back.
//!
//! A backup is sealed under the key file. Without the key file the database in it would be of
//! little use anyway, because every secret in it is sealed under the same; sealed as a whole it
//! shows nobody the names and addresses of customers either, and there is no further secret to
//! keep. So the key file is kept elsewhere, and is in a backup only if it is asked for, under a
//! passphrase: whoever holds both file and passphrase holds the installation.
//!
//! What is restored proves itself by being read before it gets its name (module `proof`).

mod file;
mod key;
mod manifest;
mod proof;
mod restore;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use self::{
    file::{Header, Place, SealedWriter},
    key::SealedKeyFile,
};
pub use self::{
    key::{BackupPassphrase, SHORTEST_BACKUP_PASSPHRASE},
    manifest::{AuditEnd, Manifest},
    proof::{Proof, StoreFinding},
    restore::{Restored, restore},
};
use crate::{
    Gridpass,
    key_file::KeyFileError,
    random::Random,
    store::{StoreError, identity, inspection},
};

/// Why there is no backup, or no restored database.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file cannot be read or made.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database is in PostgreSQL.
    #[error(
        "the database is in PostgreSQL, whose own tools make backups (pg_dump); `gridpass store \
         verify` proves what was restored"
    )]
    NotAFile,
    /// There is a file of this name; none is ever overwritten.
    #[error("{0} is there already, and nothing is overwritten: move it away, or name another file")]
    Exists(PathBuf),
    /// The file is not a backup.
    #[error("{0} is not a backup of Gridpass, or of a newer version")]
    NotABackup(PathBuf),
    /// The file was changed or cut off.
    #[error("the backup is damaged: it was changed, or it is not whole")]
    Damaged,
    /// The key file is of another installation.
    #[error(
        "the key file is not the one that this backup was made with; if the key file was \
         exchanged since, the older one opens it"
    )]
    WrongKeyFile,
    /// There is no key file, and none can be had from the backup.
    #[error(
        "there is no key file at {0}: put the installation's key file there, or name a backup \
         that was made --with-key-file and its passphrase"
    )]
    NoKeyFile(PathBuf),
    /// The passphrase does not open the key file in the backup.
    #[error("the passphrase does not open the key file in the backup")]
    WrongPassphrase,
    /// The passphrase is too short.
    #[error("a passphrase has at least {SHORTEST_BACKUP_PASSPHRASE} characters")]
    ShortPassphrase,
    /// The restored database is not what was backed up.
    #[error("the restored database is not what was backed up: {0}")]
    Unproven(StoreFinding),
    /// A newer Gridpass made the backup.
    #[error("the backup has schema version {found}; this Gridpass knows up to {known}")]
    Newer {
        /// The version of the backup.
        found: u64,
        /// The newest version that this binary knows.
        known: u64,
    },
    /// The key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says which file an error is about.
fn at(path: &Path) -> impl Fn(io::Error) -> BackupError + '_ {
    move |source| match source.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(path.to_owned()),
        _ => BackupError::Io {
            path: path.to_owned(),
            source,
        },
    }
}

/// A file of this user alone, that was not there before.
fn make_private(path: &Path) -> Result<File, BackupError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(at(path))
}

/// What is written of a folder stays after a power cut.
fn sync_folder_of(path: &Path) -> Result<(), BackupError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(at(folder))
}

/// `path` with more at its end.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// What a backup is made of besides the database.
#[derive(Debug)]
pub struct BackupKey<'a> {
    /// The key file.
    pub file: &'a Path,
    /// Opens it.
    pub passphrase: &'a BackupPassphrase,
}

impl Gridpass {
    /// Backs the whole database up into a file that is not there yet, while servers go on: as it
    /// is at one moment after the call began. As much again has to be free beside the database for
    /// a while.
    ///
    /// # Errors
    /// See [`BackupError`]; no file of that name is left then.
    pub fn back_up(&self, to: &Path, key: Option<BackupKey<'_>>) -> Result<Manifest, BackupError> {
        let database = self.store.file().ok_or(BackupError::NotAFile)?;
        let random = Random(&*self.random);
        let salt: [u8; 32] = random.bytes();
        let sealed_key = key
            .map(|key| SealedKeyFile::seal(&key, &random))
            .transpose()?;
        let snapshot = Snapshot::take(database, &random)?;
        let connection = inspection::connect_unknown(&snapshot.path)?;
        let identity = identity::find(&connection)?;
        let mut manifest = Manifest::of(&connection, identity.schema, self.clock_now())?;
        drop(connection);
        let mut database = snapshot.open()?;
        (manifest.bytes, manifest.sha256) = file::measure(&mut database).map_err(at(to))?;
        let header = Header {
            manifest,
            salt,
            key_check: *self.vault.check(),
            sealed_master: identity.sealed_master,
            sealed_key,
        };
        // Under another name until it is whole.
        let aside = beside(to, ".part");
        if to.exists() {
            return Err(BackupError::Exists(to.to_owned()));
        }
        let written = self.write_backup(&mut database, &aside, &header);
        let named = written.and_then(|()| fs::hard_link(&aside, to).map_err(at(to)));
        // Another backup's part is not ours to remove.
        let removed = match &named {
            Err(BackupError::Exists(path)) if *path == aside => Ok(()),
            _ => fs::remove_file(&aside).map_err(at(&aside)),
        };
        named.and(removed)?;
        sync_folder_of(to)?;
        Ok(header.manifest)
    }

    fn write_backup(
        &self,
        database: &mut File,
        to: &Path,
        header: &Header,
    ) -> Result<(), BackupError> {
        let file = make_private(to)?;
        let mut writer = SealedWriter::begin(file, header, &self.vault.backup_key(&header.salt))
            .map_err(at(to))?;
        let mut piece = vec![0; file::PIECE];
        loop {
            let read = fill(database, &mut piece).map_err(at(to))?;
            let place = Place::of(read, piece.len());
            writer.write(&mut piece[..read], place).map_err(at(to))?;
            if place == Place::Last {
                return writer.end().map_err(at(to));
            }
        }
    }
}

/// Reads until `bytes` is full or there is no more.
fn fill(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match from.read(&mut bytes[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// The database as it was at one moment, in clear beside it; removed when dropped.
struct Snapshot {
    path: PathBuf,
}

impl Snapshot {
    fn take(database: &Path, random: &Random<'_>) -> Result<Self, BackupError> {
        let name = format!(".snapshot-{:032x}", u128::from_le_bytes(random.bytes()));
        let snapshot = Self {
            path: beside(database, &name),
        };
        make_private(&snapshot.path)?;
        inspection::snapshot(database, &snapshot.path)?;
        Ok(snapshot)
    }

    fn open(&self) -> Result<File, BackupError> {
        File::open(&self.path).map_err(at(&self.path))
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        for end in ["", "-journal", "-wal", "-shm"] {
            // A file that is not there needs no removal; of another failure nothing would follow.
            let _ = fs::remove_file(beside(&self.path, end));
        }
    }
}
