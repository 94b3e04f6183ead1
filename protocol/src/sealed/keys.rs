//! The keys of sealed messages and certificates.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    SealedError,
    spki::{Spki, p256_spki, rsa_spki, spki_of_certificate},
};
use crate::{
    KeyAlgorithm,
    primitives::{
        EcKey, RsaSecret, SCALAR_LENGTH, ec_scalar_from_pkcs8, ec_scalar_to_pkcs8,
        ec_signature_from_der, ec_signature_to_der,
    },
};

/// A public key: P-256, or RSA of 2048 or 3072 bits with e = 65537.
#[derive(Clone)]
pub struct PublicKey {
    pub(super) key: Spki,
    spki_der: Vec<u8>,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`SealedError::Key`]: not a key that the protocol uses, or not in DER.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, SealedError> {
        Ok(Self {
            key: Spki::parse(der)?,
            spki_der: der.to_vec(),
        })
    }

    /// Reads the key out of a certificate; checks nothing else of it.
    ///
    /// # Errors
    /// [`SealedError::Key`]: not a certificate, or not with a key that the protocol uses.
    pub fn from_certificate_der(der: &[u8]) -> Result<Self, SealedError> {
        Self::from_spki_der(&spki_of_certificate(der).ok_or(SealedError::Key)?)
    }

    /// Its SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    /// What kind it is.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.key.algorithm()
    }

    pub(crate) fn spki(&self) -> &Spki {
        &self.key
    }

    /// Verifies a signature as X.509 and PKCS#10 carry it: ECDSA with SHA-256 in ASN.1 for P-256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 for RSA.
    ///
    /// # Errors
    /// [`SealedError::Authentication`]: the signature is not of this message and key.
    pub fn verify_der(&self, message: &[u8], signature: &[u8]) -> Result<(), SealedError> {
        let valid = match &self.key {
            Spki::P256(point) => ec_signature_from_der(signature)
                .is_some_and(|signature| point.verify(message, &signature)),
            Spki::Rsa { key, .. } => key.verify_pkcs1(message, signature),
        };
        if valid {
            Ok(())
        } else {
            Err(SealedError::Authentication)
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.algorithm())
    }
}

/// A private key, parsed and ready. Wiped on drop, never shown.
pub struct PrivateKey {
    pub(super) key: Secret,
    public: PublicKey,
}

pub(super) enum Secret {
    P256(Box<EcKey>),
    Rsa(Box<RsaSecret>),
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({} [redacted])", self.public.algorithm())
    }
}

impl PrivateKey {
    /// A fresh P-256 key.
    #[must_use]
    pub fn make_p256(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let key =
            draw_scalar(rng, EcKey::from_scalar).expect("of eight random scalars one is in range");
        Self::from_p256(key).expect("the point of a valid scalar is on the curve")
    }

    /// A fresh RSA key with a modulus of `bits` bits, 2048 or 3072.
    pub(crate) fn make_rsa(
        rng: &mut (impl CryptoRng + ?Sized),
        bits: usize,
    ) -> Result<Self, SealedError> {
        Self::from_rsa(RsaSecret::make(rng, bits).ok_or(SealedError::Key)?)
    }

    /// Reads a PKCS#8 key.
    ///
    /// # Errors
    /// [`SealedError::Key`]: not a key that the protocol uses.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, SealedError> {
        if let Some(scalar) = ec_scalar_from_pkcs8(der) {
            return Self::from_p256(EcKey::from_scalar(&scalar).ok_or(SealedError::Key)?);
        }
        Self::from_rsa(RsaSecret::from_pkcs8(der).ok_or(SealedError::Key)?)
    }

    /// The key as PKCS#8. Secret.
    #[must_use]
    pub fn to_pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        match &self.key {
            Secret::P256(key) => ec_scalar_to_pkcs8(&key.scalar()),
            Secret::Rsa(key) => key.to_pkcs8(),
        }
        .expect("a key that has been parsed or made can be written")
    }

    /// The SubjectPublicKeyInfo of its public key.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        self.public.spki_der()
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// What kind it is.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.public.algorithm()
    }

    /// Signs as X.509 carries it: ECDSA with SHA-256 in ASN.1. For certificates and revocation
    /// lists of the provider's CA.
    ///
    /// # Errors
    /// [`SealedError::Algorithm`]: the key is not a P-256 key.
    pub fn sign_der(&self, message: &[u8]) -> Result<Vec<u8>, SealedError> {
        match &self.key {
            Secret::P256(key) => sign_ecdsa_der(key, message),
            Secret::Rsa(_) => Err(SealedError::Algorithm),
        }
    }

    /// Signs a certificate request: as [`PrivateKey::sign_der`], or RSASSA-PKCS1-v1_5 with
    /// SHA-256, blinded.
    pub(crate) fn sign_request(
        &self,
        message: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>, SealedError> {
        match &self.key {
            Secret::P256(key) => sign_ecdsa_der(key, message),
            Secret::Rsa(key) => key.sign_pkcs1(message, rng).ok_or(SealedError::Key),
        }
    }

    fn from_p256(key: EcKey) -> Result<Self, SealedError> {
        let public = PublicKey::from_spki_der(&p256_spki(key.point().as_bytes()))?;
        Ok(Self {
            key: Secret::P256(Box::new(key)),
            public,
        })
    }

    fn from_rsa(key: RsaSecret) -> Result<Self, SealedError> {
        let spki = rsa_spki(&key.modulus(), &key.exponent()).map_err(|_| SealedError::Key)?;
        let public = PublicKey::from_spki_der(&spki)?;
        Ok(Self {
            key: Secret::Rsa(Box::new(key)),
            public,
        })
    }
}

fn sign_ecdsa_der(key: &EcKey, message: &[u8]) -> Result<Vec<u8>, SealedError> {
    key.sign(message)
        .and_then(|signature| ec_signature_to_der(&signature))
        .ok_or(SealedError::Key)
}

/// Draws scalars until one is in range. Each is but for a chance of 2^-32, so `None` means that
/// the random numbers are broken, or that `accept` refuses for another reason.
pub(super) fn draw_scalar<T>(
    rng: &mut (impl CryptoRng + ?Sized),
    accept: impl Fn(&[u8; SCALAR_LENGTH]) -> Option<T>,
) -> Option<T> {
    let mut scalar = Zeroizing::new([0; SCALAR_LENGTH]);
    (0..8).find_map(|_| {
        rng.fill_bytes(&mut *scalar);
        accept(&scalar)
    })
}
