//! SubjectPublicKeyInfo of the keys that the protocol uses, in its one DER form.

use der::{Decode, asn1::UintRef};
use rsa::pkcs1;
use spki::SubjectPublicKeyInfoRef;

use super::SealedError;
use crate::{
    KeyAlgorithm,
    primitives::{EcPoint, POINT_LENGTH, RsaPublic},
};

/// Everything before the point in the SubjectPublicKeyInfo of a P-256 key: id-ecPublicKey,
/// prime256v1, BIT STRING (RFC 5480). Compared as a whole, no parser is needed.
const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A,
    0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// 65537, the only exponent in use.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// A public key as it stands in a SubjectPublicKeyInfo.
#[derive(Clone)]
pub(crate) enum Spki {
    P256(EcPoint),
    Rsa { key: RsaPublic, modulus: Vec<u8> },
}

impl Spki {
    /// Reads the DER. RSA keys with another size than 2048 or 3072 bits, another exponent, or an
    /// even modulus are refused.
    pub(crate) fn parse(der: &[u8]) -> Result<Self, SealedError> {
        if let Some(point) = der.strip_prefix(&P256_HEAD) {
            let point: &[u8; POINT_LENGTH] = point.try_into().map_err(|_| SealedError::Key)?;
            return EcPoint::parse(point)
                .map(Self::P256)
                .ok_or(SealedError::Key);
        }
        let modulus = rsa_modulus(der).ok_or(SealedError::Key)?;
        let key = RsaPublic::new(&modulus, der).ok_or(SealedError::Key)?;
        Ok(Self::Rsa { key, modulus })
    }

    pub(crate) fn algorithm(&self) -> KeyAlgorithm {
        match self {
            Self::P256(_) => KeyAlgorithm::Es256,
            Self::Rsa { modulus, .. } if modulus.len() == 256 => KeyAlgorithm::Rs2048,
            Self::Rsa { .. } => KeyAlgorithm::Rs3072,
        }
    }
}

/// The SubjectPublicKeyInfo of a P-256 key.
pub(super) fn p256_spki(point: &[u8; POINT_LENGTH]) -> Vec<u8> {
    [&P256_HEAD[..], point].concat()
}

/// The SubjectPublicKeyInfo of an RSA key (RFC 3279, 2.3.1).
pub(super) fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> der::Result<Vec<u8>> {
    use der::Encode;
    let key = pkcs1::RsaPublicKeyRef {
        modulus: UintRef::new(modulus)?,
        public_exponent: UintRef::new(exponent)?,
    }
    .to_der()?;
    SubjectPublicKeyInfoRef {
        algorithm: pkcs1::ALGORITHM_ID,
        subject_public_key: der::asn1::BitStringRef::from_bytes(&key)?,
    }
    .to_der()
}

/// The modulus of an acceptable RSA key, big-endian without leading zeros.
fn rsa_modulus(der: &[u8]) -> Option<Vec<u8>> {
    let spki = SubjectPublicKeyInfoRef::from_der(der).ok()?;
    if spki.algorithm != pkcs1::ALGORITHM_ID {
        return None;
    }
    let key = pkcs1::RsaPublicKeyRef::from_der(spki.subject_public_key.as_bytes()?).ok()?;
    let (modulus, exponent) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
    let exact = matches!(modulus.len(), 256 | 384) && modulus[0] & 0x80 != 0;
    let odd = modulus.last()? & 1 == 1;
    let canonical = || rsa_spki(modulus, exponent).is_ok_and(|own| own == der);
    (exact && odd && exponent == EXPONENT && canonical()).then(|| modulus.to_vec())
}

/// The SubjectPublicKeyInfo in a certificate, DER.
pub(crate) fn spki_of_certificate(der: &[u8]) -> Option<Vec<u8>> {
    use der::Encode;
    let certificate = x509_cert::Certificate::from_der(der).ok()?;
    certificate
        .tbs_certificate()
        .subject_public_key_info()
        .to_der()
        .ok()
}
