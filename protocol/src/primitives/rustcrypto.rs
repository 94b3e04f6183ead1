//! P-256 and RSA public keys on RustCrypto: for WebAssembly, and wherever nothing else is asked.

#![cfg_attr(
    all(feature = "aws-lc", not(test)),
    expect(
        dead_code,
        reason = "the other backend stands in; this one stays checked"
    )
)]

use p256::{
    PublicKey, SecretKey,
    ecdsa::{
        Signature, SigningKey, VerifyingKey,
        signature::{Signer, Verifier},
    },
    pkcs8::{DecodePrivateKey, EncodePrivateKey},
};
use rand_core::CryptoRng;
use rsa::{BoxedUint, Oaep, Pkcs1v15Sign, Pss, RsaPublicKey};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{EC_SIGNATURE_LENGTH, POINT_LENGTH, SCALAR_LENGTH, sha256};

/// A point that is on the curve and not its identity.
#[derive(Clone)]
pub(crate) struct EcPoint {
    bytes: [u8; POINT_LENGTH],
    key: PublicKey,
}

impl EcPoint {
    pub(crate) fn parse(bytes: &[u8; POINT_LENGTH]) -> Option<Self> {
        let key = parse_point(bytes)?;
        Some(Self { bytes: *bytes, key })
    }

    pub(crate) fn as_bytes(&self) -> &[u8; POINT_LENGTH] {
        &self.bytes
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8; EC_SIGNATURE_LENGTH]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| {
            VerifyingKey::from(self.key)
                .verify(message, &signature)
                .is_ok()
        })
    }
}

/// A private key that agrees and signs. RustCrypto's types wipe themselves on drop.
pub(crate) struct EcKey {
    secret: SecretKey,
    signing: SigningKey,
    point: EcPoint,
}

impl EcKey {
    /// `None` unless the scalar is from 1 to the order less 1.
    pub(crate) fn from_scalar(scalar: &[u8; SCALAR_LENGTH]) -> Option<Self> {
        let secret = SecretKey::from_slice(scalar).ok()?;
        let signing = SigningKey::from(&secret);
        let key = secret.public_key();
        Some(Self {
            point: EcPoint {
                bytes: point_bytes(&key),
                key,
            },
            signing,
            secret,
        })
    }

    pub(crate) fn point(&self) -> &EcPoint {
        &self.point
    }

    pub(crate) fn scalar(&self) -> Zeroizing<[u8; SCALAR_LENGTH]> {
        Zeroizing::new(self.secret.to_bytes().into())
    }

    /// The shared secret: the x coordinate (SEC 1, 3.3.1), unless `peer` is off the curve.
    pub(crate) fn agree(&self, peer: &[u8; POINT_LENGTH]) -> Option<Zeroizing<[u8; 32]>> {
        Some(agree(&self.secret, &parse_point(peer)?))
    }

    /// Deterministic (RFC 6979).
    pub(crate) fn sign(&self, message: &[u8]) -> Option<[u8; EC_SIGNATURE_LENGTH]> {
        let signature: Signature = self.signing.try_sign(message).ok()?;
        Some(signature.to_bytes().into())
    }
}

/// Agrees with `peer` by the key pair of a scalar that is used once. `None` if the scalar is out
/// of range.
pub(crate) fn ephemeral_agreement(
    scalar: &[u8; SCALAR_LENGTH],
    peer: &EcPoint,
) -> Option<([u8; POINT_LENGTH], Zeroizing<[u8; 32]>)> {
    let secret = SecretKey::from_slice(scalar).ok()?;
    Some((point_bytes(&secret.public_key()), agree(&secret, &peer.key)))
}

fn parse_point(bytes: &[u8; POINT_LENGTH]) -> Option<PublicKey> {
    PublicKey::from_sec1_bytes(bytes).ok()
}

fn point_bytes(key: &PublicKey) -> [u8; POINT_LENGTH] {
    let point = key.to_sec1_bytes();
    point
        .as_ref()
        .try_into()
        .expect("p256 writes points uncompressed: 65 bytes")
}

fn agree(secret: &SecretKey, peer: &PublicKey) -> Zeroizing<[u8; 32]> {
    let shared = secret.diffie_hellman(peer);
    Zeroizing::new((*shared.raw_secret_bytes()).into())
}

/// The scalar in a PKCS#8 key; the public key in it, if any, has to be its own.
pub(crate) fn ec_scalar_from_pkcs8(der: &[u8]) -> Option<Zeroizing<[u8; SCALAR_LENGTH]>> {
    let secret = SecretKey::from_pkcs8_der(der).ok()?;
    Some(Zeroizing::new(secret.to_bytes().into()))
}

pub(crate) fn ec_scalar_to_pkcs8(scalar: &[u8; SCALAR_LENGTH]) -> Option<Zeroizing<Vec<u8>>> {
    let der = SecretKey::from_slice(scalar).ok()?.to_pkcs8_der().ok()?;
    Some(Zeroizing::new(der.as_bytes().to_vec()))
}

/// An RSA public key with e = 65537.
#[derive(Clone)]
pub(crate) struct RsaPublic(RsaPublicKey);

impl RsaPublic {
    /// `modulus` is big-endian; `spki_der` is the same key, which another backend reads.
    pub(crate) fn new(modulus: &[u8], _spki_der: &[u8]) -> Option<Self> {
        let bits = u32::try_from(modulus.len() * 8).ok()?;
        let modulus = BoxedUint::from_be_slice(modulus, bits).ok()?;
        RsaPublicKey::new(modulus, BoxedUint::from(65_537u64))
            .ok()
            .map(Self)
    }

    pub(crate) fn verify_pkcs1(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0
            .verify(Pkcs1v15Sign::new::<Sha256>(), &sha256(message), signature)
            .is_ok()
    }

    /// Salt as long as the hash (RFC 7518, 3.5).
    pub(crate) fn verify_pss(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0
            .verify(Pss::<Sha256>::new(), &sha256(message), signature)
            .is_ok()
    }

    /// RSA-OAEP with SHA-256 and MGF1 with SHA-256 (RFC 7518, 4.3).
    pub(crate) fn encrypt_oaep(
        &self,
        plaintext: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Option<Vec<u8>> {
        self.0.encrypt(rng, Oaep::<Sha256>::new(), plaintext).ok()
    }
}
