//! The gateway's keys: files of its state directory, or in a PKCS#11 token.
//!
//! Each key has a file in `keys/`. It holds the key pair, or only the public half when the private
//! one is in the token: so what a key is for is known while the token is away.

mod used;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use der::pem::{self, LineEnding};
use gridpass_protocol::{DeviceKey, KeyAlgorithm, KeyId, KeyingError};
use rand_core::{CryptoRng, Rng};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub(crate) use used::{GatewayKey, TokenKey, UseError};

use crate::{
    clock::randomness,
    files::{self, FileError, Readers},
    token::{KeyLabel, Token, TokenError},
};

/// No key is longer, in bytes.
const MOST_KEY: u64 = 16 * 1024;
const PRIVATE: &str = "PRIVATE KEY";
const PUBLIC: &str = "PUBLIC KEY";

/// Names a key: SHA-256 of its SubjectPublicKeyInfo.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct KeyName(String);

impl KeyName {
    fn of(spki_der: &[u8]) -> Self {
        Self(KeyId::of_spki(spki_der).to_string())
    }
}

/// Why a key cannot be made, found or taken away.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{}: not written by this program, or damaged; restore it from a copy, or enrol anew", .0.display())]
    Damaged(PathBuf),
    #[error(
        "the gateway's key is in a PKCS#11 token: put [token] into the configuration as it was when the gateway was enrolled"
    )]
    TokenWanted,
    #[error(
        "{0} is asked for, and keys in a token are ES256 only: ask the provider for that, or take [token] out of the configuration"
    )]
    NotInTokens(KeyAlgorithm),
    #[error("the key or the request cannot be made: {0}")]
    Keying(#[from] KeyingError),
    #[error(transparent)]
    Token(#[from] TokenError),
}

/// Where keys are made, found and taken away.
pub(crate) struct Keys {
    folder: PathBuf,
    /// Holds the [`KeyLabel`] of this state directory.
    label: PathBuf,
    token: Option<Arc<Token>>,
}

impl Keys {
    /// The keys of a state directory, and of its token if there is one.
    pub(crate) fn open(state: &Path, token: Option<Arc<Token>>) -> Result<Self, FileError> {
        let folder = state.join("keys");
        files::folder(&folder)?;
        Ok(Self {
            folder,
            label: state.join("key-label"),
            token,
        })
    }

    /// Whether a key of this kind can be made.
    pub(crate) fn can_make(&self, algorithm: KeyAlgorithm) -> bool {
        self.token.is_none() || algorithm == KeyAlgorithm::Es256
    }

    /// Makes a key: in the token if there is one, else in a file. A state has to name it.
    pub(crate) fn make(
        &self,
        algorithm: KeyAlgorithm,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(KeyName, GatewayKey), KeyError> {
        if !self.can_make(algorithm) {
            return Err(KeyError::NotInTokens(algorithm));
        }
        let (key, name) = match &self.token {
            None => {
                let key = DeviceKey::make(rng, algorithm)?;
                let name = KeyName::of(&key.spki_der());
                self.write(&name, PRIVATE, &key.to_pkcs8())?;
                (GatewayKey::in_file(key), name)
            }
            Some(token) => {
                let spki = token.make_key(&self.label()?)?;
                let name = KeyName::of(&spki);
                self.write(&name, PUBLIC, &spki)?;
                (GatewayKey::in_token(token, spki), name)
            }
        };
        Ok((name, key))
    }

    /// A key that a state names. Talks to no token.
    pub(crate) fn find(&self, name: &KeyName) -> Result<GatewayKey, KeyError> {
        let path = self.path(name);
        let damaged = || KeyError::Damaged(path.clone());
        let pem = files::read(&path, MOST_KEY)?
            .map(Zeroizing::new)
            .ok_or_else(damaged)?;
        match pem::decode_vec(&pem) {
            Ok((PRIVATE, der)) => DeviceKey::from_pkcs8(&Zeroizing::new(der))
                .map(GatewayKey::in_file)
                .map_err(|_| damaged()),
            Ok((PUBLIC, spki)) if KeyName::of(&spki) == *name => match &self.token {
                Some(token) => Ok(GatewayKey::in_token(token, spki)),
                None => Err(KeyError::TokenWanted),
            },
            _ => Err(damaged()),
        }
    }

    /// Takes away all keys but these. Those in a token that is away wait for another time.
    pub(crate) fn keep_only(&self, named: &BTreeSet<KeyName>) -> Result<(), KeyError> {
        let kept: BTreeSet<PathBuf> = named.iter().map(|name| self.path(name)).collect();
        for path in files::list(&self.folder)? {
            if !kept.contains(&path) {
                files::remove(&path)?;
            }
        }
        let Some(token) = &self.token else {
            return Ok(());
        };
        let ids: Vec<KeyId> = named
            .iter()
            .filter_map(|name| name.0.parse().ok())
            .collect();
        match token.keep_only(&self.label()?, &ids) {
            Err(error @ TokenError::PinRefused) => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "the token was not tidied");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// What the keys of this state directory are called in a token: others may be in it too.
    fn label(&self) -> Result<KeyLabel, KeyError> {
        if let Some(label) = files::read(&self.label, MOST_KEY)? {
            let label = String::from_utf8(label)
                .ok()
                .filter(|label| !label.is_empty());
            return label
                .map(KeyLabel)
                .ok_or_else(|| KeyError::Damaged(self.label.clone()));
        }
        let label = format!("gridpass-gateway {:016x}", randomness().next_u64());
        files::replace(&self.label, label.as_bytes(), Readers::Owner)?;
        Ok(KeyLabel(label))
    }

    fn write(&self, name: &KeyName, label: &str, der: &[u8]) -> Result<(), FileError> {
        let pem = pem::encode_string(label, LineEnding::LF, der)
            .map(Zeroizing::new)
            .expect("a key is far shorter than PEM can be");
        files::replace(&self.path(name), pem.as_bytes(), Readers::Owner)
    }

    fn path(&self, name: &KeyName) -> PathBuf {
        self.folder.join(&name.0).with_extension("pem")
    }
}
