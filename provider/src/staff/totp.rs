//! Codes of authenticator apps (RFC 6238): SHA-1, six digits, 30 seconds, which every app knows.

use gridpass_protocol::UnixTime;
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::{
    id::StaffId,
    random::Random,
    vault::{Purpose, Vault, VaultError},
};

/// Bytes of a secret (RFC 4226, 4, R6 recommends 160 bits).
const LENGTH: usize = 20;

/// The secret that a person's app shares with us.
pub(crate) struct TotpSecret(Zeroizing<[u8; LENGTH]>);

impl TotpSecret {
    pub(crate) fn make(random: &Random<'_>) -> Self {
        Self(Zeroizing::new(random.bytes()))
    }

    pub(crate) fn seal(&self, staff: StaffId, vault: &Vault, random: &Random<'_>) -> Vec<u8> {
        vault.seal(Purpose::Totp, staff.as_bytes(), &*self.0, random)
    }

    pub(crate) fn open(sealed: &[u8], staff: StaffId, vault: &Vault) -> Result<Self, VaultError> {
        let opened = vault.open(Purpose::Totp, staff.as_bytes(), sealed)?;
        let secret: [u8; LENGTH] = opened.as_slice().try_into().map_err(|_| VaultError)?;
        Ok(Self(Zeroizing::new(secret)))
    }

    /// The time step of which this is the code, if it is one of now, the step before or the one
    /// after: clocks of telephones are not exact.
    pub(crate) fn step_of(&self, code: &str, now: UnixTime) -> Option<u64> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        self.totp("", "").check(&digits, now.0)
    }

    /// What the QR code for an app says, and the secret for typing.
    pub(crate) fn address(&self, email: &str, provider_name: &str) -> (String, String) {
        // Neither label may hold a colon: it parts them.
        let plain = |text: &str| text.replace(':', " ");
        let totp = self.totp(&plain(email), &plain(provider_name));
        let address = totp
            .to_url()
            .expect("the labels are not empty and hold no colon");
        (address, Secret::from(*self.0).to_base32())
    }

    fn totp(&self, email: &str, issuer: &str) -> Totp {
        Builder::new()
            .with_secret(*self.0)
            .with_account_name(email)
            .with_issuer((!issuer.is_empty()).then_some(issuer))
            .build()
            .expect("20 bytes, 6 digits and 30 seconds are within RFC 6238")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // RFC 6238, appendix B, the last six of eight digits.
        let secret = TotpSecret(Zeroizing::new(*b"12345678901234567890"));
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804")] {
            assert_eq!(secret.step_of(code, UnixTime(time)), Some(time / 30));
            assert_eq!(secret.step_of(code, UnixTime(time + 30)), Some(time / 30));
            assert_eq!(secret.step_of(code, UnixTime(time + 90)), None);
        }
        assert_eq!(secret.step_of("287 082", UnixTime(59)), Some(1));
        for wrong in ["", "28708", "2870822", "abcdef", "287083"] {
            assert_eq!(secret.step_of(wrong, UnixTime(59)), None, "{wrong}");
        }
    }

    #[test]
    fn the_address_names_person_and_provider() {
        let secret = TotpSecret(Zeroizing::new(*b"12345678901234567890"));
        let (address, typed) = secret.address("ada@gmec.example", "GMEC: Vermont");
        assert!(address.starts_with("otpauth://totp/"), "{address}");
        assert!(address.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"));
        assert_eq!(typed, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }
}
