//! What the database keeps only sealed: everything here is keyed by the key file, which lies
//! beside the database and is backed up apart from it.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest, hkdf, hmac,
};
use gridpass_protocol::DeviceId;
use zeroize::Zeroizing;

use crate::{key_file::MasterKey, random::Random};

/// What a sealed value is: it opens only as what it was sealed as.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    DeviceId,
    PrivateKey,
    Message,
    ManualCode,
    WebhookSecret,
    Totp,
    Ceremony,
    Address,
    BulkLines,
    Answer,
    VenToken,
    PushKey,
    PushEndpoint,
    KeyFile,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::DeviceId => b"device id",
            Self::PrivateKey => b"private key",
            Self::Message => b"message",
            Self::ManualCode => b"manual code",
            Self::WebhookSecret => b"webhook secret",
            Self::BulkLines => b"bulk lines",
            Self::VenToken => b"ven token",
            Self::PushKey => b"push key",
            Self::PushEndpoint => b"push endpoint",
            Self::KeyFile => b"key file",
            Self::Totp => b"totp",
            Self::Ceremony => b"ceremony",
            Self::Answer => b"answer to a device",
            Self::Address => b"address of the desk",
        }
    }
}

/// The row that the sealed secret of a vault belongs to.
const INSTALLATION: &[u8] = b"installation";

/// A sealed value does not open: it was changed, moved to another row, or sealed under another
/// key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open")]
pub(crate) struct VaultError;

/// Seals values for the database, and makes the keyed lookups that find a device ID again
/// without storing it.
pub(crate) struct Vault {
    sealing: LessSafeKey,
    lookup: hmac::Key,
    check: [u8; 32],
}

impl Vault {
    pub(crate) fn new(master: &MasterKey) -> Self {
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(master.as_bytes());
        let sealing = derive(&secret, b"gridpass/1 vault seal");
        let lookup = derive(&secret, b"gridpass/1 vault lookup");
        let sealing =
            UnboundKey::new(&AES_256_GCM, &*sealing).expect("AES-256-GCM takes a key of 32 bytes");
        Self {
            sealing: LessSafeKey::new(sealing),
            lookup: hmac::Key::new(hmac::HMAC_SHA256, &*lookup),
            check: *derive(&secret, b"gridpass/1 vault check"),
        }
    }

    /// The vault of a database whose key file may have been exchanged: then the database keeps the
    /// secret of the vault as `sealed_master`, under the key file of today. None if the key file
    /// is another database's.
    pub(crate) fn opened_by(
        key_file: &MasterKey,
        sealed_master: Option<&[u8]>,
        check: &[u8],
    ) -> Option<Self> {
        let vault = match sealed_master {
            None => Self::new(key_file),
            Some(sealed) => Self::new(&Self::unwrap_master(key_file, sealed)?),
        };
        (vault.check().as_slice() == check).then_some(vault)
    }

    /// The secret of a vault, sealed under a key file.
    pub(crate) fn wrap_master(
        key_file: &MasterKey,
        master: &MasterKey,
        random: &Random<'_>,
    ) -> Vec<u8> {
        Self::new(key_file).seal(Purpose::KeyFile, INSTALLATION, master.as_bytes(), random)
    }

    /// What [`Vault::wrap_master`] has sealed; none if it was under another key file.
    pub(crate) fn unwrap_master(key_file: &MasterKey, sealed: &[u8]) -> Option<MasterKey> {
        let bytes = Self::new(key_file)
            .open(Purpose::KeyFile, INSTALLATION, sealed)
            .ok()?;
        bytes[..].try_into().ok().map(MasterKey::from_bytes)
    }

    /// The key of one backup, which its salt tells from every other's.
    pub(crate) fn backup_key(&self, salt: &[u8; 32]) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.lookup_of(b"backup", salt))
    }

    /// A value that tells, beside the database, whether this is the key file that belongs to it.
    pub(crate) const fn check(&self) -> &[u8; 32] {
        &self.check
    }

    /// Seals `plaintext` for the row named `row`: nonce, AES-256-GCM ciphertext, tag.
    pub(crate) fn seal(
        &self,
        purpose: Purpose,
        row: &[u8],
        plaintext: &[u8],
        random: &Random<'_>,
    ) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut sealed = Vec::with_capacity(NONCE_LEN + plaintext.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let tag = self
            .sealing
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(associated_data(purpose, row)),
                &mut sealed[NONCE_LEN..],
            )
            .expect("AES-GCM seals anything below 64 GiB");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Opens what [`Vault::seal`] sealed for this purpose and row.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub(crate) fn open(
        &self,
        purpose: Purpose,
        row: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN).ok_or(VaultError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError)?;
        let mut plaintext = Zeroizing::new(ciphertext.to_vec());
        let length = self
            .sealing
            .open_in_place(
                nonce,
                Aad::from(associated_data(purpose, row)),
                &mut plaintext,
            )
            .map_err(|_| VaultError)?
            .len();
        plaintext.truncate(length);
        Ok(plaintext)
    }

    /// The keyed lookup of a device ID: equal for equal IDs, useless without the key file, even
    /// for an ID that could be guessed.
    pub(crate) fn device_lookup(&self, device_id: &DeviceId) -> [u8; 32] {
        self.lookup_of(b"device id", device_id.as_str().as_bytes())
    }

    /// A keyed lookup of any other text, of which `domain` says what it is.
    pub(crate) fn lookup_of(&self, domain: &[u8], text: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.lookup);
        context.update(domain);
        context.update(&[0]);
        context.update(text);
        let mut lookup = [0; 32];
        lookup.copy_from_slice(context.sign().as_ref());
        lookup
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault([redacted])")
    }
}

/// SHA-256, for what is looked up by its hash.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

fn derive(secret: &hkdf::Prk, info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    secret
        .expand(&[info], hkdf::HKDF_SHA256)
        .and_then(|material| material.fill(&mut *key))
        .expect("HKDF-SHA256 gives 32 bytes");
    key
}

fn associated_data(purpose: Purpose, row: &[u8]) -> Vec<u8> {
    [b"gridpass/1 ", purpose.label(), &[0], row].concat()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    fn vault(seed: u8) -> Vault {
        Vault::new(&MasterKey::from_bytes([seed; 32]))
    }

    #[test]
    fn a_sealed_value_opens_only_as_what_and_where_it_was_sealed() {
        let source = Mutex::new(ChaCha20Rng::seed_from_u64(1));
        let random = Random(&source);
        let sealed = vault(1).seal(Purpose::Message, b"row 1", b"hello", &random);
        assert_eq!(
            &**vault(1).open(Purpose::Message, b"row 1", &sealed).unwrap(),
            b"hello"
        );
        assert!(vault(1).open(Purpose::Message, b"row 2", &sealed).is_err());
        assert!(vault(1).open(Purpose::DeviceId, b"row 1", &sealed).is_err());
        assert!(vault(2).open(Purpose::Message, b"row 1", &sealed).is_err());
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert_eq!(
                vault(1).open(Purpose::Message, b"row 1", &changed),
                Err(VaultError)
            );
        }
        assert!(
            vault(1)
                .open(Purpose::Message, b"row 1", &sealed[..11])
                .is_err()
        );
    }

    #[test]
    fn a_lookup_depends_on_the_key_file_and_on_its_domain() {
        let device_id = DeviceId::parse("SN-4711-0815").unwrap();
        let lookup = vault(1).device_lookup(&device_id);
        assert_eq!(
            lookup,
            vault(1).device_lookup(&DeviceId::parse("sn47110815").unwrap())
        );
        assert_ne!(lookup, vault(2).device_lookup(&device_id));
        assert_ne!(lookup, vault(1).lookup_of(b"other", b"SN47110815"));
    }
}
