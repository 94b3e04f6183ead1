//! P-256 and RSA public keys on aws-lc-rs: for servers.

use aws_lc_rs::{
    agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree},
    rand::SystemRandom,
    rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey},
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, ParsedPublicKey,
        RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey as Verifier,
    },
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{EC_SIGNATURE_LENGTH, POINT_LENGTH, SCALAR_LENGTH};

/// A point that is on the curve and not its identity.
#[derive(Clone)]
pub(crate) struct EcPoint {
    bytes: [u8; POINT_LENGTH],
    key: ParsedPublicKey,
}

impl EcPoint {
    pub(crate) fn parse(bytes: &[u8; POINT_LENGTH]) -> Option<Self> {
        // The library also reads hybrid points, whose first byte is 6 or 7.
        if bytes[0] != 4 {
            return None;
        }
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes).ok()?;
        Some(Self { bytes: *bytes, key })
    }

    pub(crate) fn as_bytes(&self) -> &[u8; POINT_LENGTH] {
        &self.bytes
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8; EC_SIGNATURE_LENGTH]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

/// A private key that agrees and signs, parsed once. The library wipes its own copies.
pub(crate) struct EcKey {
    scalar: Zeroizing<[u8; SCALAR_LENGTH]>,
    agreement: PrivateKey,
    signing: EcdsaKeyPair,
    point: EcPoint,
}

impl EcKey {
    /// `None` unless the scalar is from 1 to the order less 1.
    pub(crate) fn from_scalar(scalar: &[u8; SCALAR_LENGTH]) -> Option<Self> {
        let (agreement, point) = key_pair(scalar)?;
        let signing = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            scalar,
            &point,
        )
        .ok()?;
        let point = EcPoint::parse(&point)?;
        Some(Self {
            scalar: Zeroizing::new(*scalar),
            agreement,
            signing,
            point,
        })
    }

    pub(crate) fn point(&self) -> &EcPoint {
        &self.point
    }

    pub(crate) fn scalar(&self) -> Zeroizing<[u8; SCALAR_LENGTH]> {
        self.scalar.clone()
    }

    /// The shared secret: the x coordinate (SEC 1, 3.3.1), unless `peer` is off the curve.
    pub(crate) fn agree(&self, peer: &[u8; POINT_LENGTH]) -> Option<Zeroizing<[u8; 32]>> {
        agree_with(&self.agreement, peer)
    }

    /// Randomised by the library's own generator.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<[u8; EC_SIGNATURE_LENGTH]> {
        let signature = self.signing.sign(&SystemRandom::new(), message).ok()?;
        signature.as_ref().try_into().ok()
    }
}

/// Agrees with `peer` by the key pair of a scalar that is used once. `None` if the scalar is out
/// of range.
pub(crate) fn ephemeral_agreement(
    scalar: &[u8; SCALAR_LENGTH],
    peer: &EcPoint,
) -> Option<([u8; POINT_LENGTH], Zeroizing<[u8; 32]>)> {
    let (agreement, point) = key_pair(scalar)?;
    let shared = agree_with(&agreement, &peer.bytes)?;
    Some((point, shared))
}

fn key_pair(scalar: &[u8; SCALAR_LENGTH]) -> Option<(PrivateKey, [u8; POINT_LENGTH])> {
    let agreement = PrivateKey::from_private_key(&ECDH_P256, scalar).ok()?;
    let point = agreement
        .compute_public_key()
        .ok()?
        .as_ref()
        .try_into()
        .ok()?;
    Some((agreement, point))
}

fn agree_with(key: &PrivateKey, peer: &[u8; POINT_LENGTH]) -> Option<Zeroizing<[u8; 32]>> {
    if peer[0] != 4 {
        return None;
    }
    agree(
        key,
        UnparsedPublicKey::new(&ECDH_P256, peer),
        (),
        |shared| shared.try_into().map(Zeroizing::new).map_err(|_| ()),
    )
    .ok()
}

/// An RSA public key with e = 65537.
#[derive(Clone)]
pub(crate) struct RsaPublic(Vec<u8>);

impl RsaPublic {
    /// `spki_der` is the key; `modulus` is what another backend reads.
    pub(crate) fn new(_modulus: &[u8], spki_der: &[u8]) -> Option<Self> {
        PublicEncryptingKey::from_der(spki_der).ok()?;
        Some(Self(spki_der.to_vec()))
    }

    pub(crate) fn verify_pkcs1(&self, message: &[u8], signature: &[u8]) -> bool {
        Verifier::new(&RSA_PKCS1_2048_8192_SHA256, &self.0)
            .verify(message, signature)
            .is_ok()
    }

    /// Salt as long as the hash (RFC 7518, 3.5).
    pub(crate) fn verify_pss(&self, message: &[u8], signature: &[u8]) -> bool {
        Verifier::new(&RSA_PSS_2048_8192_SHA256, &self.0)
            .verify(message, signature)
            .is_ok()
    }

    /// RSA-OAEP with SHA-256 and MGF1 with SHA-256 (RFC 7518, 4.3). The padding is drawn by the
    /// library's own generator.
    pub(crate) fn encrypt_oaep(
        &self,
        plaintext: &[u8],
        _rng: &mut (impl CryptoRng + ?Sized),
    ) -> Option<Vec<u8>> {
        let key = PublicEncryptingKey::from_der(&self.0).ok()?;
        let key = OaepPublicEncryptingKey::new(key).ok()?;
        let mut ciphertext = vec![0; key.ciphertext_size()];
        let length = key
            .encrypt(&OAEP_SHA256_MGF1SHA256, plaintext, &mut ciphertext, None)
            .ok()?
            .len();
        ciphertext.truncate(length);
        Some(ciphertext)
    }
}
