//! Keys that are followed by others: the key that labels name and confirmations are sealed to, and
//! the key file.
//!
//! Everything sealed in the database is sealed under one secret. At first that is the key file
//! itself. When the key file is exchanged, the secret stays and is kept in the database, sealed
//! under the new key file: one row changes, no server has to stop, and the audit's checkpoints,
//! which were signed under the secret, still verify. From then on the old key file opens nothing
//! but what was backed up before. Whoever had the old key file *and* a copy of the database had
//! the secret: against that no exchange helps, see `docs/operations.md`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use gridpass_protocol::{UnixTime, b64u};

use crate::{
    Gridpass,
    audit::{self, Actor},
    ca::{AuthorityKey, make_provider_key},
    id::ProviderId,
    installation::{OpenError, Provider},
    key_file::{self, KeyFileError, MasterKey},
    random::Random,
    store::{
        StoreError, identity,
        provider_keys::{self, Role, SealedKey},
    },
    vault::Vault,
};

/// Why a key was not followed by another.
#[derive(Debug, thiserror::Error)]
pub enum KeyRotationError {
    /// This installation serves no such provider.
    #[error("there is no provider {0}")]
    UnknownProvider(ProviderId),
    /// The new key could not be made or certified.
    #[error("the new key cannot be made: {0}")]
    Make(String),
    /// The key file is not this database's.
    #[error("the key file is not the one of this database")]
    WrongKeyFile,
    /// The key file before is still there.
    #[error(
        "{0} is there from an exchange before: keep it with the backups that it opens, or destroy \
         it, and try again"
    )]
    OldKeyFile(PathBuf),
    /// Somebody else has exchanged it at the same moment.
    #[error("somebody else has just exchanged the key file; try again")]
    Raced,
    /// A file cannot be renamed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The installation cannot take the new key up.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a key is for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Comes into force some seconds after it was made, when every server knows it.
    Next,
    /// New labels name it.
    Current,
    /// Labels of before name it; it opens their confirmations until its end.
    Overlapping,
    /// Its certificate has ended.
    Ended,
}

/// A key that confirmations are sealed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderKeyView {
    /// SHA-256 of its certificate, b64u: what labels name it by.
    pub fingerprint: String,
    /// From when on its certificate is good: when it was made, a little backdated.
    pub not_before: UnixTime,
    /// Until when.
    pub not_after: UnixTime,
    /// What it is for.
    pub state: KeyState,
}

/// The key file as the database knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyFileView {
    /// When it was made or exchanged.
    pub since: UnixTime,
    /// Whether it followed another one.
    pub exchanged: bool,
}

impl Gridpass {
    /// The keys that confirmations of a provider are or were sealed to: the one in force, then the
    /// youngest first.
    ///
    /// # Errors
    /// There is no such provider.
    pub fn provider_keys(
        &self,
        provider: &ProviderId,
    ) -> Result<Vec<ProviderKeyView>, KeyRotationError> {
        let (provider, now) = (self.rotating(provider)?, self.clock_now());
        let in_force = provider.key();
        let current = *in_force.id();
        let view = |key: &Arc<AuthorityKey>| ProviderKeyView {
            fingerprint: b64u(key.id().as_bytes()),
            not_before: key.not_before(),
            not_after: key.not_after(),
            state: if *key.id() == current {
                KeyState::Current
            } else if key.not_before() > in_force.not_before() {
                KeyState::Next
            } else if now < key.not_after() {
                KeyState::Overlapping
            } else {
                KeyState::Ended
            },
        };
        Ok(provider.keys().iter().map(view).collect())
    }

    /// Makes a new key for confirmations of a provider. New labels name it as soon as every server
    /// knows it; what was printed before names the one before, which goes on opening confirmations
    /// until its end.
    ///
    /// # Errors
    /// See [`KeyRotationError`]; nothing has changed then.
    pub fn rotate_provider_key(
        &self,
        provider: &ProviderId,
        actor: Actor,
    ) -> Result<(), KeyRotationError> {
        let issuer = self.rotating(provider)?.own_issuer();
        let now = self.clock_now();
        let random = &mut Random(&*self.random);
        let made = make_provider_key(provider, &issuer, now, random)
            .map_err(|error| KeyRotationError::Make(error.to_string()))?;
        let fingerprint = b64u(made.id().as_bytes());
        let sealed = SealedKey::new(Role::Provider, &made, &self.vault, &Random(&*self.random));
        let provider = provider.clone();
        self.store.write(move |transaction| {
            provider_keys::insert(transaction, &provider, &sealed, now)?;
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action: "keys.rotate",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({ "key": fingerprint }),
            };
            audit::append(transaction, &entry)
        })?;
        self.refresh_authorities()?;
        Ok(())
    }

    /// Since when the key file is what it is.
    ///
    /// # Errors
    /// The database failed.
    pub fn key_file(&self) -> Result<KeyFileView, StoreError> {
        let identity = self.store.read(identity::find)?;
        Ok(KeyFileView {
            since: identity.key_file_since.unwrap_or(UnixTime(0)),
            exchanged: identity.sealed_master.is_some(),
        })
    }

    /// Exchanges the key file for a new one, beside running servers; the old one is left as
    /// `<key file>.old`, because backups of before need it. Interrupted at any moment, it leaves
    /// an installation that opens, and is finished when called again.
    ///
    /// # Errors
    /// See [`KeyRotationError`]; the key file before is in force then, unless the database had
    /// taken the new one on, which is then found as `<key file>.next`.
    pub fn exchange_key_file(
        &self,
        key_file: &Path,
        actor: &Actor,
    ) -> Result<PathBuf, KeyRotationError> {
        let next = key_file::next_of(key_file);
        let old = {
            let mut old = key_file.as_os_str().to_owned();
            old.push(".old");
            PathBuf::from(old)
        };
        let identity = self.store.read(identity::find)?;
        let sealed = identity.sealed_master;
        let opens = |key: &MasterKey| {
            Vault::opened_by(key, sealed.as_deref(), self.vault.check()).is_some()
        };
        let begun = key_file::read(&next)?;
        if begun.as_ref().is_some_and(&opens) {
            take_names(key_file, &next, &old)?;
            return Ok(old);
        }
        if old.exists() {
            return Err(KeyRotationError::OldKeyFile(old));
        }
        let current = key_file::read(key_file)?
            .filter(&opens)
            .ok_or(KeyRotationError::WrongKeyFile)?;
        let master = match &sealed {
            None => current,
            Some(sealed) => {
                Vault::unwrap_master(&current, sealed).ok_or(KeyRotationError::WrongKeyFile)?
            }
        };
        let random = Random(&*self.random);
        // One that was made before and never came into force is as good as a new one.
        let follower = match begun {
            Some(begun) => begun,
            None => key_file::read_or_make(&next, &random)?,
        };
        let wrapped = Vault::wrap_master(&follower, &master, &random);
        self.write_key_file(sealed, wrapped, actor)?;
        take_names(key_file, &next, &old)?;
        Ok(old)
    }

    fn write_key_file(
        &self,
        before: Option<Vec<u8>>,
        wrapped: Vec<u8>,
        actor: &Actor,
    ) -> Result<(), KeyRotationError> {
        let (now, actor) = (self.clock_now(), actor.clone());
        let providers: Vec<_> = self
            .providers
            .iter()
            .map(|provider| provider.config.id.clone())
            .collect();
        self.store.write(move |transaction| {
            let is_ours =
                identity::exchange_key_file(transaction, before.as_deref(), &wrapped, now)?;
            if !is_ours {
                return Err(KeyRotationError::Raced);
            }
            for provider in &providers {
                let entry = audit::Entry {
                    provider,
                    at: now,
                    actor: &actor,
                    action: "keys.exchange-key-file",
                    result: "ok",
                    enrollment: None,
                    detail: serde_json::json!({}),
                };
                audit::append(transaction, &entry)?;
            }
            Ok(())
        })
    }

    fn rotating(&self, provider: &ProviderId) -> Result<&Provider, KeyRotationError> {
        self.provider(provider)
            .ok_or_else(|| KeyRotationError::UnknownProvider(provider.clone()))
    }
}

/// The key file becomes the old one, the next one becomes the key file. Both keep their names
/// after a power cut; in between, the next one is found by its own.
fn take_names(key_file: &Path, next: &Path, old: &Path) -> Result<(), KeyRotationError> {
    let failed = |source| KeyRotationError::Io {
        path: key_file.to_owned(),
        source,
    };
    // Not there: it was renamed before the interruption.
    if key_file.exists() && !old.exists() {
        fs::rename(key_file, old).map_err(failed)?;
    }
    fs::rename(next, key_file).map_err(failed)?;
    key_file::sync_folder_of(key_file).map_err(failed)
}
