//! The issuance: certificate and settings, sealed to the device (protocol, stage 9).

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    KeyId, MessageType, PrivateKey, PublicKey, SealedError,
    encoding::{serde_b64u, serde_b64u_list},
    sealed,
};

/// What the provider sends back when it has issued. Unknown members are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuance {
    /// Which enrollment this is.
    pub enrollment_id: Uuid,
    /// The device's certificate, DER.
    #[serde(with = "serde_b64u")]
    pub certificate: Vec<u8>,
    /// The certificates above it, issuer first, root last, DER.
    #[serde(with = "serde_b64u_list")]
    pub chain: Vec<Vec<u8>>,
    /// How to go on.
    pub settings: Settings,
}

/// How a device talks to its provider from now on. Unknown members are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Names this delivery in the receipt; present when one is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// Grows with every change.
    pub version: u32,
    /// The settings profile these were made from.
    pub profile: String,
    /// The provider's name, for people.
    pub provider: String,
    /// Where to post sealed messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages_url: Option<String>,
    /// Seconds between two polls.
    pub poll_interval: u32,
    /// Whom to ask, by e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_email: Option<String>,
    /// Whom to ask, by phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_phone: Option<String>,
    /// Days before the certificate's end at which the device renews it.
    pub renew_before: u32,
}

impl Issuance {
    /// Signs with the provider's key, then seals to the device's key: a JWE of a JWS.
    ///
    /// # Errors
    /// The recipient's key is not one that the protocol uses, or the issuance is too long.
    pub fn seal(
        &self,
        recipient_spki_der: &[u8],
        provider_certificate_der: &[u8],
        provider: &PrivateKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<String, SealedError> {
        const TYPE: MessageType = MessageType::Issuance;
        let recipient = PublicKey::from_spki_der(recipient_spki_der)?;
        let json = serde_json::to_vec(self).map_err(|_| SealedError::Content)?;
        let signer = KeyId::of_certificate(provider_certificate_der);
        let jws = sealed::sign(TYPE, &signer, provider, &json, rng)?;
        let key_id = KeyId::of_spki(recipient_spki_der);
        sealed::encrypt(TYPE, &key_id, &recipient, jws.as_bytes(), rng)
    }

    /// Opens an issuance with the device's key and verifies the provider's signature.
    ///
    /// # Errors
    /// Not an issuance sealed to this key and signed by this provider.
    pub fn open(
        jwe: &str,
        device: &PrivateKey,
        device_spki_der: &[u8],
        provider_certificate_der: &[u8],
    ) -> Result<Self, SealedError> {
        let key_id = KeyId::of_spki(device_spki_der);
        let jws = sealed::decrypt(MessageType::Issuance, jwe, &key_id, device)?;
        Self::verify_jws(&jws, provider_certificate_der)
    }

    /// Verifies the JWS that was inside the JWE: for who opened it with [`crate::JweParts`].
    ///
    /// # Errors
    /// Not an issuance signed by this provider.
    pub fn verify_jws(jws: &[u8], provider_certificate_der: &[u8]) -> Result<Self, SealedError> {
        let jws = std::str::from_utf8(jws).map_err(|_| SealedError::Form)?;
        let signer = PublicKey::from_certificate_der(provider_certificate_der)?;
        let key_id = KeyId::of_certificate(provider_certificate_der);
        let json = sealed::verify(MessageType::Issuance, jws, &key_id, &signer)?;
        serde_json::from_slice(&json).map_err(|_| SealedError::Content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        JweParts, KeyAgreement, PrivateKey,
        test_support::{Profile, certificate, rng, rsa_2048},
    };

    fn issuance() -> Issuance {
        Issuance {
            enrollment_id: Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001),
            certificate: vec![1, 2, 3],
            chain: vec![vec![4], vec![5, 6]],
            settings: Settings {
                id: None,
                version: 1,
                profile: "default".into(),
                provider: "Green Mountain".into(),
                messages_url: Some("https://portal.gmec.example/api/v1/messages".into()),
                poll_interval: 300,
                support_email: None,
                support_phone: Some("+1 802 555 0100".into()),
                renew_before: 30,
            },
        }
    }

    fn provider() -> (PrivateKey, Vec<u8>) {
        let key = PrivateKey::make_p256(&mut rng());
        let der = certificate(Profile::EndEntity, "CN=provider", &key, "CN=issuing", &key);
        (key, der)
    }

    #[test]
    fn the_json_is_the_protocols() {
        assert_eq!(
            serde_json::to_string(&issuance()).unwrap(),
            concat!(
                r#"{"enrollment_id":"01920000-0000-7000-8000-000000000001","certificate":"AQID","#,
                r#""chain":["BA","BQY"],"settings":{"version":1,"profile":"default","#,
                r#""provider":"Green Mountain","#,
                r#""messages_url":"https://portal.gmec.example/api/v1/messages","#,
                r#""poll_interval":300,"support_phone":"+1 802 555 0100","renew_before":30}}"#
            )
        );
    }

    #[test]
    fn unknown_members_are_ignored_and_doubled_ones_refused() {
        let json = serde_json::to_string(&issuance()).unwrap();
        let with = |member: &str| json.replacen('{', &format!("{{{member},"), 1);
        let read = |text: &str| serde_json::from_str::<Issuance>(text).ok();
        assert_eq!(read(&with(r#""later":[1]"#)), Some(issuance()));
        assert_eq!(read(&with(r#""certificate":"AQID""#)), None);
    }

    #[test]
    fn an_issuance_opens_for_its_device_alone() {
        let (provider_key, provider_der) = provider();
        let mut other_rng = rng();
        let other = [
            PrivateKey::make_p256(&mut other_rng),
            PrivateKey::make_p256(&mut other_rng),
        ];
        for device in [&other[1], &rsa_2048()] {
            let spki = device.spki_der();
            let jwe = issuance()
                .seal(spki, &provider_der, &provider_key, &mut rng())
                .unwrap();
            let open =
                |key: &PrivateKey, spki: &[u8], der: &[u8]| Issuance::open(&jwe, key, spki, der);
            assert_eq!(open(device, spki, &provider_der), Ok(issuance()));
            let stranger = &other[0];
            assert_eq!(
                open(stranger, stranger.spki_der(), &provider_der),
                Err(SealedError::KeyId)
            );
            assert!(open(stranger, spki, &provider_der).is_err());

            let forger = certificate(Profile::EndEntity, "CN=p", &other[1], "CN=i", &other[1]);
            assert_eq!(open(device, spki, &forger), Err(SealedError::KeyId));
        }
    }

    #[test]
    fn an_issuance_opened_by_parts_is_verified_alike() {
        let (provider_key, provider_der) = provider();
        let device = rsa_2048();
        let key_id = KeyId::of_spki(device.spki_der());
        let jwe = issuance()
            .seal(device.spki_der(), &provider_der, &provider_key, &mut rng())
            .unwrap();
        let parts = JweParts::parse(MessageType::Issuance, &jwe, &key_id).unwrap();
        assert!(matches!(
            parts.key_agreement(),
            KeyAgreement::RsaOaep { .. }
        ));
        let jws = sealed::decrypt(MessageType::Issuance, &jwe, &key_id, &device).unwrap();
        assert_eq!(Issuance::verify_jws(&jws, &provider_der), Ok(issuance()));
        let mut altered = jws.to_vec();
        *altered.last_mut().unwrap() ^= 4;
        assert!(Issuance::verify_jws(&altered, &provider_der).is_err());
    }

    #[test]
    fn a_confirmation_travels_to_the_provider_alone() {
        let (provider_key, provider_der) = provider();
        let confirmation = crate::Confirmation {
            otp: crate::Otp::make(&mut rng()),
            public_key: vec![1],
            csr: vec![2],
        };
        let jwe = confirmation.seal(&provider_der, &mut rng()).unwrap();
        let key_id = KeyId::of_certificate(&provider_der);
        let open = |key_id: &KeyId, key: &PrivateKey| crate::Confirmation::open(&jwe, key_id, key);
        assert_eq!(open(&key_id, &provider_key), Ok(confirmation));
        assert!(open(&KeyId::of_spki(provider_key.spki_der()), &provider_key).is_err());
        assert!(open(&key_id, &rsa_2048()).is_err());
    }
}
