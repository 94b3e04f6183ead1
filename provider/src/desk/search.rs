//! What somebody at the desk may have typed into the one search field.

use gridpass_protocol::{DeviceId, TemporaryId};

use crate::{
    enrollment::Serial,
    id::{AccountNumber, EnrollmentId},
    vault::Vault,
};

/// Longer than any device ID with its separators, and than most names.
const MAX_TEXT: usize = 128;

/// Everything that a text may stand for. A number may be an account's and a device's at once.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) enrollment: Option<EnrollmentId>,
    pub(super) temporary_id: Option<TemporaryId>,
    /// The keyed lookup of a device ID: found only if it is typed whole.
    pub(super) device: Option<[u8; 32]>,
    pub(super) account: Option<AccountNumber>,
    /// What names a certificate, of which there may be several.
    pub(super) certificate: CertificateNames,
    /// How the name of an account begins, in lower case.
    pub(super) name: String,
}

impl Search {
    /// Reads what was typed; `None` if it was nothing.
    pub(super) fn new(typed: &str, vault: &Vault) -> Option<Self> {
        let text: String = typed.trim().chars().take(MAX_TEXT).collect();
        if text.is_empty() {
            return None;
        }
        Some(Self {
            enrollment: text.parse().ok(),
            temporary_id: text.parse().ok(),
            device: DeviceId::parse(&text)
                .ok()
                .map(|device_id| vault.device_lookup(&device_id)),
            account: text.parse().ok(),
            certificate: CertificateNames::new(&text),
            name: text.to_lowercase(),
        })
    }
}

/// What a text may name a certificate by.
#[derive(Debug, Default)]
pub(super) struct CertificateNames {
    /// Its serial number.
    pub(super) serial: Option<Serial>,
    /// The first and the last SHA-256 that begin as its LFDI (20 bytes) or its SFDI (36 bits)
    /// says; both the same if the whole was typed.
    pub(super) fingerprints: Option<[[u8; 32]; 2]>,
    /// The last 10 bytes of its SHA-256 (OpenADR).
    pub(super) ven_fingerprint: Option<[u8; 10]>,
}

impl CertificateNames {
    /// Reads hexadecimal digits, with or without colons and spaces between them; 12 decimal ones
    /// may be an SFDI as well.
    fn new(text: &str) -> Self {
        let digits: String = text
            .chars()
            .filter(|c| !matches!(c, ':' | '-' | ' '))
            .collect();
        let Some(bytes) = bytes_of(&digits) else {
            return Self::default();
        };
        Self {
            serial: Serial::from_bytes(&bytes),
            fingerprints: match bytes.len() {
                20 | 32 => Some(beginning_with(&bytes)),
                6 => fingerprints_of_sfdi(&digits),
                _ => None,
            },
            ven_fingerprint: bytes.try_into().ok(),
        }
    }
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = digits
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    let digits = digits.filter(|digits| !digits.is_empty() && digits.len() % 2 == 0)?;
    Some(
        digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect(),
    )
}

fn beginning_with(bytes: &[u8]) -> [[u8; 32]; 2] {
    let fill = |rest| {
        let mut whole = [rest; 32];
        whole[..bytes.len()].copy_from_slice(bytes);
        whole
    };
    [fill(0x00), fill(0xff)]
}

/// An SFDI is the first 36 bits as 11 decimal digits and a check digit (IEEE 2030.5, 6.3.3).
fn fingerprints_of_sfdi(digits: &str) -> Option<[[u8; 32]; 2]> {
    let sum: u32 = digits
        .chars()
        .map(|digit| digit.to_digit(10))
        .sum::<Option<_>>()?;
    let number: u64 = digits.get(..11)?.parse().ok()?;
    if !sum.is_multiple_of(10) || number >> 36 != 0 {
        return None;
    }
    let [first, last] = [number << 4, number << 4 | 0xf].map(|bits| bits.to_be_bytes());
    let [mut low, mut high] = [[0x00; 32], [0xff; 32]];
    low[..5].copy_from_slice(&first[3..]);
    high[..5].copy_from_slice(&last[3..]);
    Some([low, high])
}

/// The first text after all those that begin with `prefix`.
pub(super) fn end_of(prefix: &str) -> String {
    format!("{prefix}\u{10ffff}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_file::MasterKey;

    #[test]
    fn a_text_is_everything_that_it_may_stand_for() {
        let vault = Vault::new(&MasterKey::from_bytes([1; 32]));
        assert!(Search::new("  ", &vault).is_none());
        let search = Search::new(" SN-4711-0815 ", &vault).unwrap();
        assert!(search.device.is_some() && search.enrollment.is_none());
        assert_eq!(search.account.unwrap().as_str(), "SN-4711-0815");
        assert_eq!(search.name, "sn-4711-0815");
        let short = Search::new("Ada", &vault).unwrap();
        assert!(short.device.is_none() && short.temporary_id.is_none());
    }
    #[test]
    fn a_certificate_is_named_in_many_ways() {
        let names = CertificateNames::new("7F:00:a1");
        assert_eq!(names.serial.unwrap().to_string(), "7f00a1");
        assert!(names.fingerprints.is_none() && names.ven_fingerprint.is_none());
        let ven = CertificateNames::new("11:22:33:44:55:66:77:88:99:AA");
        assert_eq!(ven.ven_fingerprint.unwrap()[9], 0xaa);
        let [low, high] = CertificateNames::new(&"ab".repeat(20))
            .fingerprints
            .unwrap();
        assert_eq!((low[19], low[20], high[20]), (0xab, 0, 0xff));
        let [low, high] = CertificateNames::new(&"ab".repeat(32))
            .fingerprints
            .unwrap();
        assert_eq!(low, high);
        for other in ["Ada", "", "abc", "é1", "+1"] {
            let names = CertificateNames::new(other);
            assert!(
                names.serial.is_none() && names.fingerprints.is_none(),
                "{other}"
            );
        }
    }

    #[test]
    fn an_sfdi_names_the_hashes_that_it_was_made_of() {
        // The example of IEEE 2030.5: LFDI 3E4F45AB31EDFE5B67E343E5E4562E31984E23E5.
        let [low, high] = CertificateNames::new("167261211391").fingerprints.unwrap();
        assert_eq!(low[..5], [0x3e, 0x4f, 0x45, 0xab, 0x30]);
        assert_eq!(high[..5], [0x3e, 0x4f, 0x45, 0xab, 0x3f]);
        let wrong_check_digit = CertificateNames::new("167261211392");
        assert!(wrong_check_digit.fingerprints.is_none());
    }
}
