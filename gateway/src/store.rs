//! The state directory: what a gateway must not forget.
//!
//! `state.json` says how the gateway stands and names its keys, which lie in `keys/`. A key is
//! written before a state that names it, and taken away after the last state that named it. So a
//! power cut at any moment leaves a state from which the next start goes on.

use std::{
    collections::BTreeSet,
    fs::File,
    path::{Path, PathBuf},
};

use der::pem::{self, LineEnding};
use gridpass_protocol::{DeviceId, DeviceKey, KeyId, directory::certificate_to_pem};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    files::{self, FileError, Readers},
    state::{Enrolled, Pending, State},
};

/// No state is longer, in bytes.
const MOST_STATE: u64 = 1024 * 1024;
/// No key is longer, in bytes.
const MOST_KEY: u64 = 16 * 1024;
const KEY_LABEL: &str = "PRIVATE KEY";

/// Names a key: SHA-256 of its SubjectPublicKeyInfo.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct KeyName(String);

impl KeyName {
    fn of(key: &DeviceKey) -> Self {
        Self(KeyId::of_spki(&key.spki_der()).to_string())
    }
}

/// A key pair as PEM. Secret: wiped on drop, never shown.
pub(crate) struct KeyPem(Zeroizing<Vec<u8>>);

impl KeyPem {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Why the state directory is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{}: another gridpass-gateway uses this directory; stop it first", .0.display())]
    Held(PathBuf),
    #[error("{}: not written by this program, or damaged; restore it from a copy, or enrol anew", .0.display())]
    Damaged(PathBuf),
}

/// [`State`] as it is written.
#[derive(Serialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
enum Kept<'a> {
    Pending(&'a Pending),
    Enrolled(&'a Enrolled),
}

/// A state directory that this process alone uses.
pub(crate) struct Store {
    folder: PathBuf,
    _lock: File,
}

impl Store {
    /// Opens a state directory; makes it when there is none.
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        files::folder(folder)?;
        let lock = files::hold(&folder.join("lock"))?;
        let store = Self {
            folder: folder.to_owned(),
            _lock: lock.ok_or_else(|| StoreError::Held(folder.to_owned()))?,
        };
        files::folder(&store.folder.join("keys"))?;
        files::folder(&store.journal())?;
        store.tidy_keys()?;
        Ok(store)
    }

    /// Where the journal of items is.
    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.join("journal")
    }

    /// How the gateway stands; none before anything was begun.
    pub(crate) fn state(&self) -> Result<Option<State>, StoreError> {
        read_state(&self.folder)
    }

    /// Writes down an enrollment that is not answered yet.
    pub(crate) fn keep_pending(&self, pending: &Pending) -> Result<(), StoreError> {
        self.write(&Kept::Pending(pending))
    }

    /// Writes down how an enrolled gateway stands from now on.
    pub(crate) fn keep(&self, enrolled: &Enrolled) -> Result<(), StoreError> {
        self.write(&Kept::Enrolled(enrolled))?;
        self.publish(enrolled)
    }

    fn write(&self, kept: &Kept<'_>) -> Result<(), StoreError> {
        let json = Zeroizing::new(
            serde_json::to_vec_pretty(kept).expect("a state is plain structs with string keys"),
        );
        Ok(files::replace(&self.state_path(), &json, Readers::Owner)?)
    }

    /// Forgets an enrollment that came to nothing, with its key.
    pub(crate) fn forget(&self) -> Result<(), StoreError> {
        files::remove(&self.state_path())?;
        self.tidy_keys()
    }

    /// Writes a new key down. The next state has to name it.
    pub(crate) fn add_key(&self, key: &DeviceKey) -> Result<KeyName, StoreError> {
        let name = KeyName::of(key);
        let pem = pem::encode_string(KEY_LABEL, LineEnding::LF, &key.to_pkcs8())
            .map(Zeroizing::new)
            .expect("a PKCS#8 key is far shorter than PEM can be");
        files::replace(&self.key_path(&name), pem.as_bytes(), Readers::Owner)?;
        Ok(name)
    }

    /// A key that a state names.
    pub(crate) fn key(&self, name: &KeyName) -> Result<DeviceKey, StoreError> {
        let damaged = || StoreError::Damaged(self.key_path(name));
        match pem::decode_vec(self.key_pem(name)?.as_bytes()) {
            Ok((KEY_LABEL, der)) => {
                DeviceKey::from_pkcs8(&Zeroizing::new(der)).map_err(|_| damaged())
            }
            _ => Err(damaged()),
        }
    }

    /// The same as it lies there, for TLS.
    pub(crate) fn key_pem(&self, name: &KeyName) -> Result<KeyPem, StoreError> {
        let path = self.key_path(name);
        files::read(&path, MOST_KEY)?
            .map(|pem| KeyPem(Zeroizing::new(pem)))
            .ok_or(StoreError::Damaged(path))
    }

    /// The device ID that was given at enrollment.
    pub(crate) fn device_id(&self) -> Result<Option<DeviceId>, StoreError> {
        read_device_id(&self.device_id_path())
    }

    /// Keeps the device ID, for gateways whose configuration does not say it.
    pub(crate) fn keep_device_id(&self, device_id: &DeviceId) -> Result<(), StoreError> {
        let path = self.device_id_path();
        Ok(files::replace(
            &path,
            device_id.as_str().as_bytes(),
            Readers::Owner,
        )?)
    }

    /// Copies of the certificates for other programs; never read back.
    fn publish(&self, enrolled: &Enrolled) -> Result<(), StoreError> {
        let identity = &enrolled.identity;
        let own: Vec<&[u8]> = std::iter::once(&identity.certificate)
            .chain(&identity.chain)
            .map(Vec::as_slice)
            .collect();
        let provider = [enrolled.provider_certificate.as_slice()];
        for (name, certificates) in [
            ("certificate.pem", own.as_slice()),
            ("provider.pem", provider.as_slice()),
        ] {
            let pem: String = certificates
                .iter()
                .filter_map(|der| certificate_to_pem(der).ok())
                .collect();
            let path = self.folder.join(name);
            if files::read(&path, MOST_STATE)?.as_deref() != Some(pem.as_bytes()) {
                files::replace(&path, pem.as_bytes(), Readers::Everybody)?;
            }
        }
        Ok(())
    }

    /// Takes away the keys that no state names: of what was given up, or cut off by a power cut.
    fn tidy_keys(&self) -> Result<(), StoreError> {
        let named: BTreeSet<PathBuf> = self
            .state()?
            .iter()
            .flat_map(State::keys)
            .map(|name| self.key_path(name))
            .collect();
        for path in files::list(&self.folder.join("keys"))? {
            if !named.contains(&path) {
                files::remove(&path)?;
            }
        }
        Ok(())
    }

    fn state_path(&self) -> PathBuf {
        state_path(&self.folder)
    }

    fn device_id_path(&self) -> PathBuf {
        self.folder.join("device-id")
    }

    fn key_path(&self, name: &KeyName) -> PathBuf {
        self.folder.join("keys").join(&name.0).with_extension("pem")
    }
}

fn state_path(folder: &Path) -> PathBuf {
    folder.join("state.json")
}

/// How the gateway of a state directory stands, for who only looks.
pub(crate) fn read_state(folder: &Path) -> Result<Option<State>, StoreError> {
    let path = state_path(folder);
    let Some(json) = files::read(&path, MOST_STATE)?.map(Zeroizing::new) else {
        return Ok(None);
    };
    match serde_json::from_slice(&json) {
        Ok(state) => Ok(Some(state)),
        Err(_) => Err(StoreError::Damaged(path)),
    }
}

/// The device ID in a file; none when there is no such file.
pub(crate) fn read_device_id(path: &Path) -> Result<Option<DeviceId>, StoreError> {
    let Some(text) = files::read(path, MOST_KEY)?.map(Zeroizing::new) else {
        return Ok(None);
    };
    std::str::from_utf8(&text)
        .ok()
        .and_then(|text| DeviceId::parse(text.trim()).ok())
        .map(Some)
        .ok_or_else(|| StoreError::Damaged(path.to_owned()))
}
