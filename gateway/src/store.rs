//! The state directory: what a gateway must not forget.
//!
//! `state.json` says how the gateway stands and names its keys ([`Keys`]). A key is made before a
//! state that names it, and taken away after the last state that named it. So a power cut at any
//! moment leaves a state from which the next start goes on.

use std::{
    collections::BTreeSet,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use gridpass_protocol::{DeviceId, KeyAlgorithm, directory::certificate_to_pem};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::{
    clock::randomness,
    files::{self, FileError, Readers},
    keys::{GatewayKey, KeyError, KeyName, Keys},
    state::{Enrolled, Pending, State},
    token::Token,
};

/// No state is longer, in bytes.
const MOST_STATE: u64 = 1024 * 1024;
/// No device ID is longer, in bytes.
const MOST_DEVICE_ID: u64 = 16 * 1024;

/// Why the state directory is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{}: another gridpass-gateway uses this directory; stop it first", .0.display())]
    Held(PathBuf),
    #[error("{}: not written by this program, or damaged; restore it from a copy, or enrol anew", .0.display())]
    Damaged(PathBuf),
    #[error(transparent)]
    Key(#[from] KeyError),
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
    keys: Keys,
    _lock: File,
}

impl Store {
    /// Opens a state directory; makes it when there is none. New keys are made in the token, if
    /// there is one.
    pub(crate) fn open(folder: &Path, token: Option<Arc<Token>>) -> Result<Self, StoreError> {
        files::folder(folder)?;
        let lock = files::hold(&folder.join("lock"))?;
        let store = Self {
            folder: folder.to_owned(),
            _lock: lock.ok_or_else(|| StoreError::Held(folder.to_owned()))?,
            keys: Keys::open(folder, token)?,
        };
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

    /// Makes a new key, in the place of those that no state names. The next state has to name it.
    pub(crate) fn make_key(
        &self,
        algorithm: KeyAlgorithm,
    ) -> Result<(KeyName, GatewayKey), StoreError> {
        self.tidy_keys()?;
        Ok(self.keys.make(algorithm, &mut randomness())?)
    }

    /// Whether a key of this kind can be made.
    pub(crate) fn can_make_key(&self, algorithm: KeyAlgorithm) -> bool {
        self.keys.can_make(algorithm)
    }

    /// A key that a state names.
    pub(crate) fn key(&self, name: &KeyName) -> Result<GatewayKey, StoreError> {
        Ok(self.keys.find(name)?)
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
        let state = self.state()?;
        let named: BTreeSet<KeyName> = state.iter().flat_map(State::keys).cloned().collect();
        Ok(self.keys.keep_only(&named)?)
    }

    fn state_path(&self) -> PathBuf {
        state_path(&self.folder)
    }

    fn device_id_path(&self) -> PathBuf {
        self.folder.join("device-id")
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
    let Some(text) = files::read(path, MOST_DEVICE_ID)?.map(Zeroizing::new) else {
        return Ok(None);
    };
    std::str::from_utf8(&text)
        .ok()
        .and_then(|text| DeviceId::parse(text.trim()).ok())
        .map(Some)
        .ok_or_else(|| StoreError::Damaged(path.to_owned()))
}
