//! The PKCS#11 token that keeps the gateway's keys, where there is one.
//!
//! A key is made in the token, cannot be taken out of it, and does there what needs it: it signs,
//! and it agrees on the secret that an answer is sealed under. Keys are P-256 only: few tokens
//! open RSA-OAEP with SHA-256, which an answer to an RSA key would need.

#[cfg(not(feature = "pkcs11"))]
mod absent;
#[cfg(feature = "pkcs11")]
mod module;
#[cfg(feature = "pkcs11")]
#[cfg(test)]
mod tests;

#[cfg(not(feature = "pkcs11"))]
pub(crate) use absent::Token;
#[cfg(feature = "pkcs11")]
pub(crate) use module::Token;

use std::path::PathBuf;

use const_oid::db::rfc5912::ID_EC_PUBLIC_KEY;
use der::{AnyRef, Decode, Encode, asn1::BitStringRef};
use gridpass_protocol::PublicKey;
use serde::Deserialize;
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

/// secp256r1 (RFC 5480, 2.1.1.1), as CKA_EC_PARAMS and as the parameters of a key.
const P256: &[u8] = &[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7];

/// Where the gateway's keys are kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenConfig {
    /// The PKCS#11 module, a shared library of the token's maker.
    pub(crate) module: PathBuf,
    /// The token's label.
    pub(crate) token: String,
    /// A file with the user's PIN.
    #[serde(default)]
    pub(crate) pin_file: Option<PathBuf>,
    /// The name of the environment variable with the user's PIN.
    #[serde(default)]
    pub(crate) pin_variable: Option<String>,
}

impl TokenConfig {
    /// What is wrong with it: the setting, and why.
    fn problem(&self) -> Option<(&'static str, &'static str)> {
        if self.token.is_empty() || self.token.len() > 32 {
            return Some(("token", "1 to 32 bytes (PKCS #11, CK_TOKEN_INFO)"));
        }
        if self.pin_file.is_some() == self.pin_variable.is_some() {
            return Some((
                "pin_file",
                "exactly one of pin_file and pin_variable is needed",
            ));
        }
        None
    }
}

/// Why a token did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(
    not(feature = "pkcs11"),
    expect(dead_code, reason = "said by builds that have tokens")
)]
pub(crate) enum TokenError {
    #[cfg_attr(
        feature = "pkcs11",
        expect(dead_code, reason = "said by builds that have no tokens")
    )]
    #[error(
        "this gridpass-gateway is built without PKCS#11: take [token] out of the configuration, or use a build with it"
    )]
    NotBuiltIn,
    #[error("token.{0}: {1}")]
    Config(&'static str, &'static str),
    #[error(
        "the PIN of the token cannot be read ({0}): check token.pin_file or token.pin_variable"
    )]
    Pin(String),
    /// Nothing is tried again with this PIN: a token locks itself after a few wrong ones.
    #[error(
        "the token refuses the PIN, and it is not tried again so that the token does not lock itself: put the right one in its place and start again"
    )]
    PinRefused,
    #[error("no token is labelled {0:?}: plug it in, or check token.token")]
    NoToken(String),
    #[error(
        "the token does not have the gateway's key: plug in the one with which the gateway was enrolled"
    )]
    NoKey,
    #[error("the token is faulty: it gave {0}")]
    Faulty(&'static str),
    #[error("the token does not answer ({0}): check it, and token.module")]
    Module(String),
}

/// The label of all keys of one state directory, by which they are found among a token's others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyLabel(pub(crate) String);

/// The SubjectPublicKeyInfo of a point (SEC 1, uncompressed); none when it is not one of P-256.
pub(crate) fn p256_spki(point: &[u8]) -> Option<Vec<u8>> {
    let spki = SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef {
            oid: ID_EC_PUBLIC_KEY,
            parameters: AnyRef::from_der(P256).ok(),
        },
        subject_public_key: BitStringRef::from_bytes(point).ok()?,
    };
    let spki = spki.to_der().ok()?;
    PublicKey::from_spki_der(&spki).is_ok().then_some(spki)
}
