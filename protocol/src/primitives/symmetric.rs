//! SHA-256, HKDF and AES-GCM. RustCrypto uses the processor's instructions for them, so a second
//! backend would gain nothing.

use aes_gcm::{AeadInOut, KeyInit};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// HKDF-SHA256 (RFC 5869) with an output of `N` bytes, at most 32 here.
pub(crate) fn hkdf_sha256<const N: usize>(
    ikm: &[u8],
    salt: &[u8],
    info: &[u8],
) -> Zeroizing<[u8; N]> {
    let mut output = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::new(Some(salt), ikm)
        .expand(info, &mut *output)
        .expect("the output is shorter than 255 blocks");
    output
}

/// AES-256-GCM under one key.
pub(crate) struct Aes256Gcm(aes_gcm::Aes256Gcm);

impl Aes256Gcm {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(aes_gcm::Aes256Gcm::new(key.into()))
    }

    /// Ciphertext, then the tag of 16 bytes.
    pub(crate) fn seal(&self, nonce: &[u8; 12], associated: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let mut buffer = Vec::with_capacity(plaintext.len() + 16);
        buffer.extend_from_slice(plaintext);
        self.0
            .encrypt_in_place(nonce.into(), associated, &mut buffer)
            .expect("messages are far shorter than the 64 GiB that GCM takes");
        buffer
    }

    /// The plaintext, unless anything has been altered.
    pub(crate) fn open(
        &self,
        nonce: &[u8; 12],
        associated: &[u8],
        ciphertext: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        self.0
            .decrypt_in_place(nonce.into(), associated, &mut *buffer)
            .ok()?;
        Some(buffer)
    }
}
