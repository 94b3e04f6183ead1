//! The way back: from a backup to a database that has proven itself.

use std::{
    fs::{self, File},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use super::{
    BackupError, BackupPassphrase, Manifest, Proof, StoreFinding, at, beside,
    file::{Header, SealedReader},
    manifest, proof, sync_folder_of,
};
use crate::{
    key_file::{self, MasterKey},
    store::{identity, inspection},
    vault::Vault,
};

/// A database that was restored and has proven itself.
#[derive(Debug)]
pub struct Restored {
    /// What the backup said of itself.
    pub manifest: Manifest,
    /// What was read.
    pub proof: Proof,
    /// Whether the key file came from the backup.
    pub key_file_restored: bool,
}

/// Restores a backup: writes a new database beside where it is to be, proves it by reading it, and
/// only then gives it its name. Without a key file in its place the one in the backup is taken, if
/// it is there and `passphrase` opens it.
///
/// # Errors
/// See [`BackupError`]. No database and no key file is ever overwritten, and none is left that has
/// not proven itself.
pub fn restore(
    from: &Path,
    database: &Path,
    key_file: &Path,
    passphrase: Option<&BackupPassphrase>,
) -> Result<Restored, BackupError> {
    // The log of another database would be taken for this one's.
    for end in ["", "-wal", "-shm"] {
        let there = beside(database, end);
        if there.exists() {
            return Err(BackupError::Exists(there));
        }
    }
    let mut backup = SealedReader::open(from)?;
    let (found, known) = (backup.header.manifest.schema, identity::KNOWN_SCHEMA);
    if found > known {
        return Err(BackupError::Newer { found, known });
    }
    let (key, key_file_restored) = match key_file::read(key_file)? {
        Some(key) => (key, false),
        None => (from_backup(&backup.header, passphrase, key_file)?, true),
    };
    let vault = vault_of(&key, &backup.header)?;
    let aside = beside(database, ".restoring");
    let restored = write_and_prove(&mut backup, &vault, &aside);
    let named = restored.and_then(|proof| {
        if key_file_restored {
            key_file::write(key_file, &key)?;
        }
        fs::hard_link(&aside, database).map_err(at(database))?;
        Ok(proof)
    });
    for end in ["", "-wal", "-shm"] {
        // What is not there needs no removal; what is left says by its name that it is nothing.
        let _ = fs::remove_file(beside(&aside, end));
    }
    let proof = named?;
    sync_folder_of(database)?;
    Ok(Restored {
        manifest: backup.header.manifest,
        proof,
        key_file_restored,
    })
}

fn from_backup(
    header: &Header,
    passphrase: Option<&BackupPassphrase>,
    key_file: &Path,
) -> Result<MasterKey, BackupError> {
    match (&header.sealed_key, passphrase) {
        (Some(sealed), Some(passphrase)) => sealed.open(passphrase),
        _ => Err(BackupError::NoKeyFile(key_file.to_owned())),
    }
}

fn vault_of(key: &MasterKey, header: &Header) -> Result<Vault, BackupError> {
    Vault::opened_by(key, header.sealed_master.as_deref(), &header.key_check)
        .ok_or(BackupError::WrongKeyFile)
}

fn write_and_prove(
    backup: &mut SealedReader,
    vault: &Vault,
    aside: &Path,
) -> Result<Proof, BackupError> {
    // What an earlier attempt left was never a database.
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(aside)
        .map_err(at(aside))?;
    let key = vault.backup_key(&backup.header.salt);
    backup.copy_to(&key, aside, &mut file)?;
    let connection = inspection::connect_unknown(aside)?;
    let proof = proof::prove(&connection, vault)?;
    drop(connection);
    file.sync_all().map_err(at(aside))?;
    match wrong(&proof, &backup.header.manifest) {
        Some(finding) => Err(BackupError::Unproven(finding)),
        None => Ok(proof),
    }
}

/// What is wrong, or not as the manifest says.
fn wrong(proof: &Proof, manifest: &Manifest) -> Option<StoreFinding> {
    if let Some(finding) = proof.findings.first() {
        return Some(finding.clone());
    }
    if proof.schema != manifest.schema {
        return Some(StoreFinding::Schema);
    }
    let names = manifest.tables.keys().chain(proof.tables.keys());
    for table in names {
        if manifest.tables.get(table) != proof.tables.get(table) {
            return Some(StoreFinding::Rows(table.clone()));
        }
    }
    let moved = |end: &&manifest::AuditEnd| !proof.audits.contains(end);
    let end = manifest.audits.iter().find(moved)?;
    Some(StoreFinding::Audit(end.provider.clone()))
}
