//! What a mapping is made of: temporary id, one-time password and its ciphertext
//! (protocol, Mapping and OTP ciphertext).

use std::fmt;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    DeviceId,
    encoding::b64u_text,
    primitives::{hkdf_sha256, sha256},
};

/// 16 random bytes that stand for one enrollment: the only identifier in a label or a
/// confirmation. Not a secret. As text: `b64u`, 22 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemporaryId([u8; 16]);

b64u_text!(TemporaryId);

impl TemporaryId {
    /// A fresh one.
    #[must_use]
    pub fn make(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(random(rng))
    }

    /// The one with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// The one-time password: 32 random bytes that prove that who confirms has both the label and
/// the device ID. Wiped on drop, never shown, never serialized as such.
#[derive(Clone)]
pub struct Otp(Zeroizing<[u8; 32]>);

impl Otp {
    /// A fresh one.
    #[must_use]
    pub fn make(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(Zeroizing::new(random(rng)))
    }

    /// The one with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Its bytes. Secret.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What the provider stores of it: SHA-256. A 256-bit random value needs no slow hash
    /// (OWASP ASVS 5.0, 6.5.2).
    #[must_use]
    pub fn hash(&self) -> OtpHash {
        OtpHash(sha256(&*self.0))
    }

    /// Hides it under a device ID, for the label.
    ///
    /// Unauthenticated on purpose: every guess of a device ID decrypts to some 32 bytes, so a
    /// label gives nobody a way to test guesses offline.
    #[must_use]
    pub fn encrypt(&self, device_id: &DeviceId, temporary_id: &TemporaryId) -> OtpCiphertext {
        OtpCiphertext(*xor(&self.0, &keystream(device_id, temporary_id)))
    }
}

impl PartialEq for Otp {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl Eq for Otp {}

impl fmt::Debug for Otp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Otp([redacted])")
    }
}

/// SHA-256 of an [`Otp`].
#[derive(Clone)]
pub struct OtpHash([u8; 32]);

impl OtpHash {
    /// The one with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether it is the hash of `otp`; in constant time.
    #[must_use]
    pub fn matches(&self, otp: &Otp) -> bool {
        *self == otp.hash()
    }
}

impl PartialEq for OtpHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for OtpHash {}

impl fmt::Debug for OtpHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OtpHash([redacted])")
    }
}

/// The one-time password as the label carries it, readable with the device ID alone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OtpCiphertext([u8; 32]);

impl OtpCiphertext {
    /// The one with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The one-time password, if `device_id` is the right one; else 32 other bytes. Only the
    /// provider can tell which.
    #[must_use]
    pub fn decrypt(&self, device_id: &DeviceId, temporary_id: &TemporaryId) -> Otp {
        Otp(xor(&self.0, &keystream(device_id, temporary_id)))
    }
}

/// Redacted: with the device ID beside it in a log, it would be the one-time password.
impl fmt::Debug for OtpCiphertext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OtpCiphertext([redacted])")
    }
}

fn keystream(device_id: &DeviceId, temporary_id: &TemporaryId) -> Zeroizing<[u8; 32]> {
    hkdf_sha256(
        device_id.as_str().as_bytes(),
        &temporary_id.0,
        b"gridpass/1 otp",
    )
}

fn xor(a: &[u8; 32], b: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(std::array::from_fn(|i| a[i] ^ b[i]))
}

fn random<const N: usize>(rng: &mut (impl CryptoRng + ?Sized)) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::rng;

    #[test]
    fn a_wrong_device_id_decrypts_to_something_else_without_complaint() {
        let mut rng = rng();
        let (temporary_id, otp) = (TemporaryId::make(&mut rng), Otp::make(&mut rng));
        let right = DeviceId::parse("SN-4711-0815").unwrap();
        let wrong = DeviceId::parse("SN-4711-0816").unwrap();
        let ciphertext = otp.encrypt(&right, &temporary_id);
        assert_eq!(ciphertext.decrypt(&right, &temporary_id), otp);
        assert_ne!(ciphertext.decrypt(&wrong, &temporary_id), otp);
        assert!(otp.hash().matches(&otp));
        assert!(
            !otp.hash()
                .matches(&ciphertext.decrypt(&wrong, &temporary_id))
        );
    }

    #[test]
    fn debug_tells_no_secret() {
        let otp = Otp::from_bytes([0xAB; 32]);
        for text in [
            format!("{otp:?}"),
            format!("{:?}", otp.hash()),
            format!("{:?}", OtpCiphertext::from_bytes([0xAB; 32])),
        ] {
            assert!(text.ends_with("([redacted])"), "{text}");
        }
    }

    #[test]
    fn a_temporary_id_is_22_characters_of_b64u() {
        let temporary_id = TemporaryId::make(&mut rng());
        let text = temporary_id.to_string();
        assert_eq!(text.len(), 22);
        assert_eq!(text.parse(), Ok(temporary_id));
        assert!(text[1..].parse::<TemporaryId>().is_err());
        assert!(format!("{text}A").parse::<TemporaryId>().is_err());
    }
}
