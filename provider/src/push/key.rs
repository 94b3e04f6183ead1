//! The provider's key for push services, and what it signs (RFC 8292).

use der::{Decode, Sequence, asn1::UintRef};
use gridpass_protocol::{Origin, PrivateKey, SealedError, UnixTime, encoding::b64u};
use serde_json::json;
use spki::SubjectPublicKeyInfoRef;
use ureq::http::Uri;

use crate::{
    config::ProviderConfig,
    id::ProviderId,
    random::Random,
    vault::{Purpose, Vault, VaultError},
};

/// How long a signature is good, in seconds; RFC 8292 allows a day.
const GOOD_FOR: u64 = 12 * 60 * 60;

/// A key for push services.
pub(crate) struct PushKey {
    public: Vec<u8>,
    private: PrivateKey,
    sealed: Vec<u8>,
}

/// An ECDSA signature as X.509 carries it (RFC 3279, 2.2.3).
#[derive(Sequence)]
struct Signature<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

impl PushKey {
    /// A fresh one for this provider.
    pub(super) fn make(provider: &ProviderId, vault: &Vault, random: &Random<'_>) -> Self {
        let private = PrivateKey::make_p256(&mut Random(random.0));
        let row = provider.as_str().as_bytes();
        let sealed = vault.seal(Purpose::PushKey, row, &private.to_pkcs8_der(), random);
        Self::new(private, sealed)
    }

    /// Opens one from the database.
    pub(super) fn open(
        provider: &ProviderId,
        sealed: Vec<u8>,
        vault: &Vault,
    ) -> Result<Self, VaultError> {
        let row = provider.as_str().as_bytes();
        let pkcs8 = vault.open(Purpose::PushKey, row, &sealed)?;
        let private = PrivateKey::from_pkcs8_der(&pkcs8).map_err(|_| VaultError)?;
        Ok(Self::new(private, sealed))
    }

    fn new(private: PrivateKey, sealed: Vec<u8>) -> Self {
        let spki = SubjectPublicKeyInfoRef::from_der(private.spki_der())
            .expect("a key writes its own SubjectPublicKeyInfo");
        Self {
            public: spki.subject_public_key.raw_bytes().to_vec(),
            private,
            sealed,
        }
    }

    /// The point, uncompressed: what a browser calls the application server's key.
    pub(crate) fn public(&self) -> &[u8] {
        &self.public
    }

    pub(super) fn sealed(&self) -> &[u8] {
        &self.sealed
    }

    /// The header `Authorization` of a request to an endpoint: a JWT that the push service can
    /// verify by the key beside it (RFC 8292, 3).
    pub(super) fn authorization(
        &self,
        endpoint: &str,
        contact: &str,
        now: UnixTime,
    ) -> Result<String, SealedError> {
        let header = json!({ "typ": "JWT", "alg": "ES256" });
        let claims = json!({
            "aud": origin_of(endpoint).ok_or(SealedError::Content)?,
            "exp": now.plus(GOOD_FOR).0,
            "sub": contact,
        });
        let [header, claims] = [header, claims].map(|part| b64u(part.to_string().as_bytes()));
        let signed = format!("{header}.{claims}");
        let signature = fixed(&self.private.sign_der(signed.as_bytes())?)?;
        let key = b64u(&self.public);
        Ok(format!("vapid t={signed}.{}, k={key}", b64u(&signature)))
    }
}

/// Whom a push service may ask about us (RFC 8292, 2.1): the provider's enrollment desk, or else
/// the portal itself.
pub(super) fn contact_of(provider: &ProviderConfig, origin: &Origin) -> String {
    match &provider.support_email {
        Some(address) => format!("mailto:{address}"),
        None => origin.as_str().to_owned(),
    }
}

/// The origin of an address (RFC 6454).
fn origin_of(endpoint: &str) -> Option<String> {
    let uri: Uri = endpoint.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

/// A signature as JWS carries it: two numbers of 32 bytes (RFC 7518, 3.4).
fn fixed(der: &[u8]) -> Result<[u8; 64], SealedError> {
    let Signature { r, s } = Signature::from_der(der).map_err(|_| SealedError::Key)?;
    let mut fixed = [0; 64];
    for (number, end) in [(r, 32), (s, 64)] {
        let bytes = number.as_bytes();
        let begin = end - bytes.len().min(32);
        let place = &mut fixed[begin..end];
        // P-256 has no longer numbers.
        if place.len() != bytes.len() {
            return Err(SealedError::Key);
        }
        place.copy_from_slice(bytes);
    }
    Ok(fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_of_an_endpoint_has_no_path() {
        for (endpoint, origin) in [
            (
                "https://push.example/wpush/v2/abc?x=1",
                "https://push.example",
            ),
            ("https://push.example:8443/a", "https://push.example:8443"),
        ] {
            assert_eq!(origin_of(endpoint).as_deref(), Some(origin));
        }
    }

    #[test]
    fn short_numbers_of_a_signature_are_filled_up() {
        let signature = fixed(&[0x30, 0x07, 0x02, 0x01, 0x05, 0x02, 0x02, 0x00, 0xff]).unwrap();
        assert_eq!((signature[31], signature[63]), (5, 0xff));
        assert_eq!(signature.iter().filter(|byte| **byte != 0).count(), 2);
        assert!(fixed(&[0x30, 0x00]).is_err());
    }
}
