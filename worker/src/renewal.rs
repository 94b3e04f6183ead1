//! A new key for an enrollment that has one (protocol, Rollover).

use gridpass_protocol::{DeviceKey, KeyAlgorithm};
use gridpass_wire::Standing;
use rand_core::CryptoRng;

use crate::{
    vault::Device,
    webcrypto::{self, KeyPair},
};

/// A key that wants a certificate.
pub(crate) struct NextKey {
    pub(crate) keys: KeyPair,
    /// SubjectPublicKeyInfo DER.
    pub(crate) public_key: Vec<u8>,
    /// PKCS#10 DER.
    pub(crate) csr: Vec<u8>,
}

/// Makes a key as the provider wants it, and its request with the subject of the first one.
pub(crate) async fn make_next(
    device: &Device,
    rng: &mut impl CryptoRng,
) -> Result<NextKey, Standing> {
    let refused = |reason: &str| Standing::RenewalRefused {
        reason: Some(reason.to_owned()),
    };
    let content = device.csr_content.as_ref().ok_or(refused("old-record"))?;
    let algorithm = wanted_algorithm(device).ok_or(refused("key"))?;
    let key = DeviceKey::make(rng, algorithm).map_err(|_| refused("key"))?;
    let csr = key
        .csr(content, &device.temporary_id, rng)
        .map_err(|_| refused("csr"))?;
    let keys = webcrypto::import(&key.to_pkcs8(), algorithm)
        .await
        .map_err(|_| Standing::NotKept)?;
    Ok(NextKey {
        keys,
        public_key: key.spki_der(),
        csr,
    })
}

/// The first that the provider accepts; the present one's kind as long as nothing is known.
fn wanted_algorithm(device: &Device) -> Option<KeyAlgorithm> {
    device
        .conversation
        .parameters
        .as_ref()
        .and_then(|parameters| parameters.key_algorithms.first().copied())
        .or_else(|| device.key_algorithm())
}
