//! Raw cryptographic primitives. Private: the rest of the crate, and everyone else, sees only
//! whole operations.
//!
//! What a server does for every confirmation (P-256, RSA with public keys) has two backends of
//! one interface; everything else is RustCrypto always.

mod rsa_secret;
mod rustcrypto;
mod symmetric;

#[cfg(feature = "aws-lc")]
mod aws_lc;

#[cfg(feature = "aws-lc")]
pub(crate) use aws_lc::{EcKey, EcPoint, RsaPublic, ephemeral_agreement};
#[cfg(not(feature = "aws-lc"))]
pub(crate) use rustcrypto::{EcKey, EcPoint, RsaPublic, ephemeral_agreement};

pub(crate) use rsa_secret::RsaSecret;
pub(crate) use rustcrypto::{ec_scalar_from_pkcs8, ec_scalar_to_pkcs8};
pub(crate) use symmetric::{Aes256Gcm, hkdf_sha256, sha256};

/// A P-256 point, SEC 1 uncompressed.
pub(crate) const POINT_LENGTH: usize = 65;

/// A field element or scalar of P-256.
pub(crate) const SCALAR_LENGTH: usize = 32;

/// An ECDSA signature over P-256 as JWS has it: r and s (RFC 7518, 3.4).
pub(crate) const EC_SIGNATURE_LENGTH: usize = 64;

/// The r and s of an ECDSA signature in ASN.1; strict DER only.
pub(crate) fn ec_signature_from_der(der: &[u8]) -> Option<[u8; EC_SIGNATURE_LENGTH]> {
    p256::ecdsa::Signature::from_der(der)
        .ok()
        .map(|signature| signature.to_bytes().into())
}

/// An ECDSA signature in ASN.1.
pub(crate) fn ec_signature_to_der(signature: &[u8; EC_SIGNATURE_LENGTH]) -> Option<Vec<u8>> {
    let signature = p256::ecdsa::Signature::from_slice(signature).ok()?;
    Some(signature.to_der().as_bytes().to_vec())
}

#[cfg(all(test, feature = "aws-lc"))]
mod tests;
