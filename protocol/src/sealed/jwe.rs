//! JWE compact serialization (RFC 7516) with the protocol's algorithms.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    JweParts, KeyId, MAX_LENGTH, MessageType, PrivateKey, PublicKey, SealedError,
    header::{JweHeader, KeyManagement},
    keys::{Secret, draw_scalar},
    parts::concat_kdf,
    spki::Spki,
};
use crate::{
    encoding::b64u,
    primitives::{Aes256Gcm, ephemeral_agreement},
};

/// Encrypts to `recipient`, whose key id is `key_id`: a JWE in compact serialization.
///
/// # Errors
/// [`SealedError::TooLong`]: the message would be longer than [`MAX_LENGTH`].
pub fn encrypt(
    message: MessageType,
    key_id: &KeyId,
    recipient: &PublicKey,
    plaintext: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<String, SealedError> {
    if plaintext.len() > MAX_LENGTH {
        return Err(SealedError::TooLong);
    }
    let (management, encrypted_key, content_key) = match &recipient.key {
        Spki::P256(point) => {
            let (ephemeral, shared) = draw_scalar(rng, |scalar| ephemeral_agreement(scalar, point))
                .ok_or(SealedError::Key)?;
            (
                KeyManagement::EcdhEs { ephemeral },
                Vec::new(),
                concat_kdf(&*shared),
            )
        }
        Spki::Rsa { key, .. } => {
            let mut content_key = Zeroizing::new([0; 32]);
            rng.fill_bytes(&mut *content_key);
            let encrypted_key = key
                .encrypt_oaep(&*content_key, rng)
                .ok_or(SealedError::Key)?;
            (KeyManagement::RsaOaep256, encrypted_key, content_key)
        }
    };
    let header = JweHeader {
        management,
        kid: *key_id,
        typ: message.jwe().to_owned(),
    }
    .encode();
    let mut nonce = [0; 12];
    rng.fill_bytes(&mut nonce);
    let sealed = Aes256Gcm::new(&content_key).seal(&nonce, header.as_bytes(), plaintext);
    let (ciphertext, tag) = sealed.split_at(plaintext.len());
    let jwe = [
        header,
        b64u(&encrypted_key),
        b64u(&nonce),
        b64u(ciphertext),
        b64u(tag),
    ]
    .join(".");
    if jwe.len() > MAX_LENGTH {
        Err(SealedError::TooLong)
    } else {
        Ok(jwe)
    }
}

/// Opens a JWE that was encrypted to `recipient` under the key id `key_id`.
///
/// # Errors
/// Not a sealed message of this type to this key, or altered on the way.
pub fn decrypt(
    message: MessageType,
    jwe: &str,
    key_id: &KeyId,
    recipient: &PrivateKey,
) -> Result<Zeroizing<Vec<u8>>, SealedError> {
    let parts = JweParts::parse(message, jwe, key_id)?;
    match &recipient.key {
        Secret::P256(key) => {
            let ephemeral = parts.ephemeral().ok_or(SealedError::Algorithm)?;
            let shared = key.agree(ephemeral).ok_or(SealedError::Authentication)?;
            parts.open_with_shared_secret(&*shared)
        }
        Secret::Rsa(key) => {
            let encrypted_key = parts.encrypted_key().ok_or(SealedError::Algorithm)?;
            let content_key = key
                .decrypt_oaep(encrypted_key)
                .ok_or(SealedError::Authentication)?;
            parts.open_with_content_key(&content_key)
        }
    }
}
