//! What a key of the gateway is used for.

use std::{fmt, sync::Arc};

use gridpass_protocol::{
    CsrContent, DeviceKey, JweParts, KeyAgreement, KeyAlgorithm, KeyId, KeyingError, MessageType,
    PublicKey, SealedError, TemporaryId, UnsignedCsr, Up, sealed,
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::KeyError;
use crate::token::{Token, TokenError, p256_spki};

/// A key pair of the gateway, wherever its private half is.
pub(crate) enum GatewayKey {
    /// In a file of the state directory.
    File(DeviceKey),
    /// In a token, which is not talked to before it is needed.
    Token(TokenKey),
}

/// A P-256 key in a token.
#[derive(Clone)]
pub(crate) struct TokenKey {
    token: Arc<Token>,
    id: KeyId,
    spki: Vec<u8>,
}

/// Why a key was not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UseError {
    /// What is to be made or opened is not as it should be.
    #[error(transparent)]
    Sealed(#[from] SealedError),
    /// The token did not do it. It may later.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl GatewayKey {
    pub(super) fn in_file(key: DeviceKey) -> Self {
        Self::File(key)
    }

    pub(super) fn in_token(token: &Arc<Token>, spki: Vec<u8>) -> Self {
        Self::Token(TokenKey {
            token: Arc::clone(token),
            id: KeyId::of_spki(&spki),
            spki,
        })
    }

    /// What kind it is.
    pub(crate) fn algorithm(&self) -> KeyAlgorithm {
        match self {
            Self::File(key) => key.algorithm(),
            Self::Token(_) => KeyAlgorithm::Es256,
        }
    }

    /// The SubjectPublicKeyInfo of the public half.
    pub(crate) fn spki_der(&self) -> Vec<u8> {
        match self {
            Self::File(key) => key.spki_der(),
            Self::Token(key) => key.spki.clone(),
        }
    }

    /// The PKCS#10 request for this key, DER.
    pub(crate) fn csr(
        &self,
        content: &CsrContent,
        temporary_id: &TemporaryId,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::File(key) => Ok(key.csr(content, temporary_id, rng)?),
            Self::Token(key) => {
                let unsigned = UnsignedCsr::new(content, temporary_id, &key.spki)?;
                let signature = key.sign(unsigned.signing_input())?;
                match unsigned.with_signature(&signature) {
                    Err(KeyingError::Key(_)) => Err(WRONG_SIGNATURE.into()),
                    request => Ok(request?),
                }
            }
        }
    }

    /// Signs a message, as the holder of `certificate`, and seals it to the provider.
    pub(crate) fn seal(
        &self,
        up: &Up,
        certificate: &[u8],
        provider_certificate: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<String, UseError> {
        match self {
            Self::File(key) => {
                Ok(up.seal(certificate, key.private_key(), provider_certificate, rng)?)
            }
            Self::Token(key) => {
                let unsigned = up.unsigned(certificate, KeyAlgorithm::Es256)?;
                let signature = key.sign(unsigned.signing_input())?;
                let jws = unsigned.with_signature(&signature)?;
                // A token with a fault must not give anything away by it.
                let public = PublicKey::from_spki_der(&key.spki)?;
                let signer = KeyId::of_certificate(certificate);
                sealed::verify(MessageType::Up, &jws, &signer, &public)
                    .map_err(|_| WRONG_SIGNATURE)?;
                Ok(Up::seal_jws(&jws, provider_certificate, rng)?)
            }
        }
    }

    /// Opens a message that is sealed to this key under the id `key_id`: the JWS in it, whose
    /// signature is still to be verified.
    pub(crate) fn open(
        &self,
        message: MessageType,
        jwe: &str,
        key_id: &KeyId,
    ) -> Result<Zeroizing<Vec<u8>>, UseError> {
        match self {
            Self::File(key) => Ok(sealed::decrypt(message, jwe, key_id, key.private_key())?),
            Self::Token(key) => {
                let parts = JweParts::parse(message, jwe, key_id)?;
                let KeyAgreement::Ecdh { ephemeral_public } = parts.key_agreement() else {
                    return Err(SealedError::Algorithm.into());
                };
                // A point of another curve would have the token tell something of its key.
                p256_spki(&ephemeral_public).ok_or(SealedError::Authentication)?;
                let secret = key.token.agree(&key.id, &ephemeral_public)?;
                Ok(parts.open_with_shared_secret(&secret)?)
            }
        }
    }
}

const WRONG_SIGNATURE: TokenError = TokenError::Faulty("a signature that does not verify");

impl TokenKey {
    /// The SubjectPublicKeyInfo of the public half.
    pub(crate) fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// By ECDSA with SHA-256: r and s of 32 bytes each.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<[u8; 64], TokenError> {
        self.token.sign(&self.id, message)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({})", self.id)
    }
}
