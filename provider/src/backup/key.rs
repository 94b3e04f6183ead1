//! The key file in a backup, under a passphrase.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use gridpass_protocol::{b64u, encoding::from_b64u};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{BackupError, BackupKey};
use crate::{
    key_file::{self, KeyFileError, MasterKey},
    random::Random,
    vault::{Purpose, Vault},
};

/// The fewest characters of a passphrase.
pub const SHORTEST_BACKUP_PASSPHRASE: usize = 16;
/// Memory in KiB, passes, lanes of argon2id: a second or so, once a backup (RFC 9106, 4).
const MEMORY: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;

/// Opens the key file in a backup.
pub struct BackupPassphrase(Zeroizing<String>);

impl BackupPassphrase {
    /// # Errors
    /// It is too short.
    pub fn new(text: Zeroizing<String>) -> Result<Self, BackupError> {
        if text.chars().count() < SHORTEST_BACKUP_PASSPHRASE {
            return Err(BackupError::ShortPassphrase);
        }
        Ok(Self(text))
    }
}

impl fmt::Debug for BackupPassphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupPassphrase([redacted])")
    }
}

/// The bytes of a key file, sealed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SealedKeyFile {
    /// b64u
    salt: String,
    /// b64u
    sealed: String,
}

impl SealedKeyFile {
    pub(super) fn seal(key: &BackupKey<'_>, random: &Random<'_>) -> Result<Self, BackupError> {
        let master = key_file::read(key.file)?.ok_or_else(|| KeyFileError::Missing {
            path: key.file.to_owned(),
        })?;
        let salt: [u8; 16] = random.bytes();
        let vault = vault_of(key.passphrase, &salt);
        let sealed = vault.seal(Purpose::KeyFile, &salt, master.as_bytes(), random);
        Ok(Self {
            salt: b64u(&salt),
            sealed: b64u(&sealed),
        })
    }

    pub(super) fn open(&self, passphrase: &BackupPassphrase) -> Result<MasterKey, BackupError> {
        let salt = from_b64u(&self.salt).map_err(|_| BackupError::Damaged)?;
        let sealed = from_b64u(&self.sealed).map_err(|_| BackupError::Damaged)?;
        let bytes = vault_of(passphrase, &salt)
            .open(Purpose::KeyFile, &salt, &sealed)
            .map_err(|_| BackupError::WrongPassphrase)?;
        let bytes: [u8; 32] = bytes[..].try_into().map_err(|_| BackupError::Damaged)?;
        Ok(MasterKey::from_bytes(bytes))
    }
}

/// What seals under a passphrase.
fn vault_of(passphrase: &BackupPassphrase, salt: &[u8]) -> Vault {
    let params =
        Params::new(MEMORY, PASSES, LANES, None).expect("the constants are within argon2's bounds");
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.0.as_bytes(), salt, &mut *key)
        .expect("argon2 takes a salt of 16 bytes and gives 32");
    Vault::new(&MasterKey::from_bytes(*key))
}
