//! The confirmation: one-time password, public key and certificate request, sealed to the
//! provider (protocol, stage 7).

use std::borrow::Cow;

use rand_core::CryptoRng;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{
    KeyId, MessageType, Otp, PrivateKey, PublicKey, SealedError,
    encoding::{array_from_b64u, b64u, from_b64u},
    sealed,
};

/// What the device sends to prove itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The one-time password, decrypted with the device ID.
    pub otp: Otp,
    /// SubjectPublicKeyInfo DER.
    pub public_key: Vec<u8>,
    /// PKCS#10 DER.
    pub csr: Vec<u8>,
}

/// The JSON inside: every member `b64u`. Unknown members are ignored.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    otp: Cow<'a, str>,
    #[serde(borrow)]
    public_key: Cow<'a, str>,
    #[serde(borrow)]
    csr: Cow<'a, str>,
}

impl Confirmation {
    /// Seals the confirmation to the provider: a JWE.
    ///
    /// # Errors
    /// The provider certificate has no key that the protocol uses, or the confirmation is too
    /// long.
    pub fn seal(
        &self,
        provider_certificate_der: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<String, SealedError> {
        let recipient = PublicKey::from_certificate_der(provider_certificate_der)?;
        let key_id = KeyId::of_certificate(provider_certificate_der);
        sealed::encrypt(
            MessageType::Confirmation,
            &key_id,
            &recipient,
            self.to_json().as_bytes(),
            rng,
        )
    }

    /// Opens a confirmation with the provider's key, whose certificate has the id `key_id`.
    /// Neither the one-time password nor the request has been checked then.
    ///
    /// # Errors
    /// Not a confirmation sealed to this key.
    pub fn open(jwe: &str, key_id: &KeyId, provider: &PrivateKey) -> Result<Self, SealedError> {
        let json = sealed::decrypt(MessageType::Confirmation, jwe, key_id, provider)?;
        Self::from_json(&json).ok_or(SealedError::Content)
    }

    /// By hand, so that the one-time password is in no other buffer than this one.
    fn to_json(&self) -> Zeroizing<String> {
        let otp = Zeroizing::new(b64u(self.otp.as_bytes()));
        let (public_key, csr) = (b64u(&self.public_key), b64u(&self.csr));
        let parts = [
            "{\"otp\":\"",
            &otp,
            "\",\"public_key\":\"",
            &public_key,
            "\",\"csr\":\"",
            &csr,
            "\"}",
        ];
        Zeroizing::new(parts.concat())
    }

    fn from_json(json: &[u8]) -> Option<Self> {
        // Derived readers take an array for an object.
        if json.trim_ascii_start().first() != Some(&b'{') {
            return None;
        }
        let wire: Wire<'_> = serde_json::from_slice(json).ok()?;
        Some(Self {
            otp: Otp::from_bytes(array_from_b64u(&wire.otp).ok()?),
            public_key: from_b64u(&wire.public_key).ok()?,
            csr: from_b64u(&wire.csr).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confirmation() -> Confirmation {
        Confirmation {
            otp: Otp::from_bytes([7; 32]),
            public_key: vec![1, 2, 3],
            csr: vec![4],
        }
    }

    #[test]
    fn the_json_is_read_back() {
        let json = confirmation().to_json();
        assert_eq!(
            json.as_str(),
            r#"{"otp":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","public_key":"AQID","csr":"BA"}"#
        );
        assert_eq!(
            Confirmation::from_json(json.as_bytes()),
            Some(confirmation())
        );
    }

    #[test]
    fn unknown_members_are_ignored_and_doubled_ones_refused() {
        let json = confirmation().to_json();
        let with = |more: &str| json.replacen('{', &format!("{{{more},"), 1);
        let read = |text: String| Confirmation::from_json(text.as_bytes());
        assert_eq!(read(with(r#""later":{"a":[1]}"#)), Some(confirmation()));
        assert_eq!(read(with(r#""csr":"BA""#)), None);
    }

    #[test]
    fn anything_else_is_refused() {
        for json in [
            "",
            "null",
            r#"["BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","AQID","BA"]"#,
            r#"{"otp":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBw","public_key":"AQID","csr":"BA"}"#,
            r#"{"otp":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=","public_key":"AQID","csr":"BA"}"#,
            r#"{"otp":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","public_key":"AQID"}"#,
            r#"{"otp":7,"public_key":"AQID","csr":"BA"}"#,
        ] {
            assert_eq!(Confirmation::from_json(json.as_bytes()), None, "{json}");
        }
    }
}
