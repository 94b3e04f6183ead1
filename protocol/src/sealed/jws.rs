//! JWS compact serialization (RFC 7515) with the protocol's algorithms.

use rand_core::CryptoRng;

use super::{
    KeyId, MAX_LENGTH, MessageType, PrivateKey, PublicKey, SealedError,
    header::{JwsHeader, SignatureAlgorithm},
    keys::Secret,
    parts::split,
    spki::Spki,
};
use crate::{
    KeyAlgorithm,
    encoding::{b64u, from_b64u},
};

/// A JWS that wants its signature, for a signer whose private key does not leave WebCrypto.
pub struct UnsignedJws(String);

impl UnsignedJws {
    /// A message by the key of kind `algorithm` with the id `key_id`.
    ///
    /// # Errors
    /// A confirmation is never signed; the payload would make the message too long.
    pub fn new(
        message: MessageType,
        key_id: &KeyId,
        algorithm: KeyAlgorithm,
        payload: &[u8],
    ) -> Result<Self, SealedError> {
        if payload.len() > MAX_LENGTH {
            return Err(SealedError::TooLong);
        }
        let algorithm = match algorithm {
            KeyAlgorithm::Es256 => SignatureAlgorithm::Es256,
            KeyAlgorithm::Rs2048 | KeyAlgorithm::Rs3072 => SignatureAlgorithm::Ps256,
        };
        let header = JwsHeader {
            algorithm,
            kid: *key_id,
            typ: message.jws()?.to_owned(),
        };
        Ok(Self([header.encode(), b64u(payload)].join(".")))
    }

    /// What has to be signed: by ECDSA with SHA-256, or by RSASSA-PSS with SHA-256 and a salt of
    /// 32 bytes.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The JWS with this signature: r and s of 32 bytes each, or the RSA signature.
    ///
    /// # Errors
    /// [`SealedError::TooLong`]: the message would be longer than [`MAX_LENGTH`].
    pub fn with_signature(self, signature: &[u8]) -> Result<String, SealedError> {
        let jws = [self.0, b64u(signature)].join(".");
        if jws.len() > MAX_LENGTH {
            Err(SealedError::TooLong)
        } else {
            Ok(jws)
        }
    }
}

/// Signs by `signer`, whose key id is `key_id`: a JWS in compact serialization.
///
/// # Errors
/// A confirmation is never signed; the message would be longer than [`MAX_LENGTH`].
pub fn sign(
    message: MessageType,
    key_id: &KeyId,
    signer: &PrivateKey,
    payload: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<String, SealedError> {
    let unsigned = UnsignedJws::new(message, key_id, signer.algorithm(), payload)?;
    let input = unsigned.signing_input();
    let signature = match &signer.key {
        Secret::P256(key) => key.sign(input).map(Vec::from),
        Secret::Rsa(key) => key.sign_pss(input, rng),
    }
    .ok_or(SealedError::Key)?;
    unsigned.with_signature(&signature)
}

/// Whose signature a JWS claims to carry: the `kid` of its header. Nothing is verified by this.
///
/// # Errors
/// Not a signed message.
pub fn signer_of(jws: &str) -> Result<KeyId, SealedError> {
    let [protected, _, _] = split(jws)?;
    Ok(JwsHeader::parse(protected)?.kid)
}

/// Verifies a JWS by `signer`, whose key id is `key_id`, and returns its payload.
///
/// # Errors
/// Not a message of this type signed by this key, or altered on the way.
pub fn verify(
    message: MessageType,
    jws: &str,
    key_id: &KeyId,
    signer: &PublicKey,
) -> Result<Vec<u8>, SealedError> {
    let typ = message.jws()?;
    let [protected, payload, signature] = split(jws)?;
    let header = JwsHeader::parse(protected)?;
    if header.typ != typ {
        return Err(SealedError::Type);
    }
    if header.kid != *key_id {
        return Err(SealedError::KeyId);
    }
    let signature = from_b64u(signature).map_err(|_| SealedError::Form)?;
    let input = &jws.as_bytes()[..protected.len() + 1 + payload.len()];
    let valid = match (&signer.key, header.algorithm) {
        (Spki::P256(point), SignatureAlgorithm::Es256) => signature
            .as_slice()
            .try_into()
            .is_ok_and(|signature| point.verify(input, signature)),
        (Spki::Rsa { key, .. }, SignatureAlgorithm::Ps256) => key.verify_pss(input, &signature),
        _ => return Err(SealedError::Algorithm),
    };
    if !valid {
        return Err(SealedError::Authentication);
    }
    from_b64u(payload).map_err(|_| SealedError::Form)
}
