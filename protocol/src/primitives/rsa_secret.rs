//! RSA private keys. Only devices have them, so there is one backend.

use rand_core::CryptoRng;
use rsa::{
    Oaep, Pkcs1v15Sign, Pss, RsaPrivateKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey},
    traits::PublicKeyParts,
};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::sha256;

/// A private key with two primes and e = 65537. Wipes itself on drop.
pub(crate) struct RsaSecret(RsaPrivateKey);

impl RsaSecret {
    /// A fresh key whose modulus has exactly `bits` bits.
    pub(crate) fn make(rng: &mut (impl CryptoRng + ?Sized), bits: usize) -> Option<Self> {
        loop {
            let key = RsaPrivateKey::new(rng, bits).ok()?;
            if key.n().bits_vartime() as usize == bits {
                return Some(Self(key));
            }
        }
    }

    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        RsaPrivateKey::from_pkcs8_der(der).ok().map(Self)
    }

    pub(crate) fn to_pkcs8(&self) -> Option<Zeroizing<Vec<u8>>> {
        let der = self.0.to_pkcs8_der().ok()?;
        Some(Zeroizing::new(der.as_bytes().to_vec()))
    }

    /// Big-endian, without leading zeros.
    pub(crate) fn modulus(&self) -> Vec<u8> {
        self.0.n().to_be_bytes_trimmed_vartime().into_vec()
    }

    /// Big-endian, without leading zeros.
    pub(crate) fn exponent(&self) -> Vec<u8> {
        self.0.e().to_be_bytes_trimmed_vartime().into_vec()
    }

    /// RSASSA-PKCS1-v1_5, blinded.
    pub(crate) fn sign_pkcs1(
        &self,
        message: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Option<Vec<u8>> {
        self.0
            .sign_with_rng(rng, Pkcs1v15Sign::new::<Sha256>(), &sha256(message))
            .ok()
    }

    /// RSASSA-PSS with a salt as long as the hash, blinded.
    pub(crate) fn sign_pss(
        &self,
        message: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Option<Vec<u8>> {
        self.0
            .sign_with_rng(rng, Pss::<Sha256>::new(), &sha256(message))
            .ok()
    }

    /// RSA-OAEP with SHA-256. The modular exponentiation is constant-time by itself.
    pub(crate) fn decrypt_oaep(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.0
            .decrypt(Oaep::<Sha256>::new(), ciphertext)
            .ok()
            .map(Zeroizing::new)
    }
}
