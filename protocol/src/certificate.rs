//! Certificates as people and other systems name them, and the few facts the protocol needs.

use der::{Decode, Encode};
use x509_cert::{
    Certificate,
    ext::pkix::{BasicConstraints, KeyUsage},
    time::Time,
};

use crate::{PublicKey, UnixTime, keying::signature_algorithm, primitives::sha256};

/// The names under which other systems know a certificate (protocol, Certificate).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifiers {
    /// SHA-256 of the DER, hexadecimal, lower case.
    pub fingerprint: String,
    /// OpenADR VEN fingerprint: the last 10 bytes of it, capitals, colon-separated.
    pub ven_fingerprint: String,
    /// IEEE 2030.5 long-form device identifier: the first 20 bytes of it, capitals.
    pub lfdi: String,
    /// IEEE 2030.5 short-form device identifier: the first 36 bits of it as 11 decimal digits,
    /// and a check digit that makes the sum of all digits a multiple of 10.
    pub sfdi: String,
}

impl Identifiers {
    /// Of the certificate with this DER.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        let hash = sha256(der);
        let ven: Vec<String> = hash[22..]
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        Self {
            fingerprint: hex(&hash),
            ven_fingerprint: ven.join(":"),
            lfdi: hex(&hash[..20]).to_ascii_uppercase(),
            sfdi: sfdi(&hash),
        }
    }
}

fn sfdi(hash: &[u8; 32]) -> String {
    let first_40_bits = hash[..5]
        .iter()
        .fold(0, |value, byte| value << 8 | u64::from(*byte));
    let number = format!("{:011}", first_40_bits >> 4);
    let sum: u32 = number.bytes().map(|digit| u32::from(digit - b'0')).sum();
    format!("{number}{}", (10 - sum % 10) % 10)
}

/// Hexadecimal, lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Why a certificate is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not an X.509 certificate in DER.
    #[error("not a certificate")]
    Malformed,
    /// The issuer's name is not the name of the certificate above it.
    #[error("issued by another authority")]
    Issuer,
    /// Issued by a certificate that may not issue.
    #[error("issued by a certificate that may not issue")]
    NotAuthority,
    /// Not signed by the key of the certificate above it.
    #[error("not signed by its issuer")]
    Signature,
    /// Not valid yet, or no longer.
    #[error("outside of its time of validity")]
    Validity,
}

/// What a certificate says. Nothing of it has been verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Subject, RFC 4514.
    pub subject: String,
    /// Issuer, RFC 4514.
    pub issuer: String,
    /// Serial number, hexadecimal, lower case, whole bytes.
    pub serial: String,
    /// Not valid before this time.
    pub not_before: UnixTime,
    /// Not valid after this time.
    pub not_after: UnixTime,
    /// SubjectPublicKeyInfo DER.
    pub spki_der: Vec<u8>,
}

impl CertificateFacts {
    /// Reads a certificate.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`].
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        let certificate = read(der)?;
        let tbs = certificate.tbs_certificate();
        Ok(Self {
            subject: tbs.subject().to_string(),
            issuer: tbs.issuer().to_string(),
            serial: hex(tbs.serial_number().as_bytes()),
            not_before: unix(tbs.validity().not_before),
            not_after: unix(tbs.validity().not_after),
            spki_der: encoded(tbs.subject_public_key_info())?,
        })
    }
}

/// Checks that a certificate was issued by another, and that both are valid at `at`.
///
/// A self-signed certificate is issued by itself. Names, key usage and signature are checked
/// (RFC 5280, 6.1.3); revocation is not.
///
/// # Errors
/// Says what does not hold.
pub fn verify_issued_by(
    certificate_der: &[u8],
    issuer_der: &[u8],
    at: UnixTime,
) -> Result<(), CertificateError> {
    let (certificate, issuer) = (read(certificate_der)?, read(issuer_der)?);
    if certificate.tbs_certificate().issuer() != issuer.tbs_certificate().subject() {
        return Err(CertificateError::Issuer);
    }
    if !may_issue(&issuer) {
        return Err(CertificateError::NotAuthority);
    }
    if !(is_valid_at(&certificate, at) && is_valid_at(&issuer, at)) {
        return Err(CertificateError::Validity);
    }
    verify_signature(&certificate, &issuer)
}

fn verify_signature(
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<(), CertificateError> {
    let algorithm = certificate.signature_algorithm();
    let key = encoded(issuer.tbs_certificate().subject_public_key_info())?;
    let key = PublicKey::from_spki_der(&key).map_err(|_| CertificateError::Signature)?;
    if algorithm != certificate.tbs_certificate().signature()
        || *algorithm != signature_algorithm(key.algorithm())
    {
        return Err(CertificateError::Signature);
    }
    let signature = certificate
        .signature()
        .as_bytes()
        .ok_or(CertificateError::Malformed)?;
    key.verify_der(&encoded(certificate.tbs_certificate())?, signature)
        .map_err(|_| CertificateError::Signature)
}

/// Whether its basic constraints and its key usage let it sign certificates.
pub(crate) fn may_issue(certificate: &Certificate) -> bool {
    let tbs = certificate.tbs_certificate();
    let authority = matches!(
        tbs.get_extension::<BasicConstraints>(),
        Ok(Some((_, BasicConstraints { ca: true, .. })))
    );
    let signs = match tbs.get_extension::<KeyUsage>() {
        Ok(Some((_, usage))) => usage.key_cert_sign(),
        Ok(None) => true,
        Err(_) => false,
    };
    authority && signs
}

fn is_valid_at(certificate: &Certificate, at: UnixTime) -> bool {
    let validity = certificate.tbs_certificate().validity();
    (unix(validity.not_before)..=unix(validity.not_after)).contains(&at)
}

/// Reads a certificate in strict DER: written again, it is the same.
pub(crate) fn read(der: &[u8]) -> Result<Certificate, CertificateError> {
    let certificate = Certificate::from_der(der).map_err(|_| CertificateError::Malformed)?;
    if encoded(&certificate)? == der {
        Ok(certificate)
    } else {
        Err(CertificateError::Malformed)
    }
}

fn encoded(part: &impl Encode) -> Result<Vec<u8>, CertificateError> {
    part.to_der().map_err(|_| CertificateError::Malformed)
}

fn unix(time: Time) -> UnixTime {
    UnixTime(time.to_unix_duration().as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        PrivateKey,
        test_support::{Profile, certificate, rng, rsa_2048},
    };

    const NOW: UnixTime = UnixTime(1500);

    fn two_keys() -> [PrivateKey; 2] {
        let mut rng = rng();
        [
            PrivateKey::make_p256(&mut rng),
            PrivateKey::make_p256(&mut rng),
        ]
    }

    #[test]
    fn sfdi_is_the_one_of_the_standards_example() {
        let all: serde_json::Value =
            serde_json::from_str(include_str!("../tests/vectors.json")).unwrap();
        let (lfdi, expected) = (&all["sfdi_example"]["lfdi"], &all["sfdi_example"]["sfdi"]);
        let lfdi = u64::from_str_radix(&lfdi.as_str().unwrap()[..10], 16).unwrap();
        let mut hash = [0; 32];
        hash[..5].copy_from_slice(&lfdi.to_be_bytes()[3..]);
        assert_eq!(sfdi(&hash), expected.as_str().unwrap());
    }

    #[test]
    fn sfdi_has_twelve_digits_always() {
        assert_eq!(sfdi(&[0; 32]), "000000000000");
        let mut one = [0; 32];
        one[4] = 0x1F;
        assert_eq!(sfdi(&one), "000000000019");
        assert_eq!(sfdi(&[255; 32]), "687194767357");
    }

    #[test]
    fn facts_are_read() {
        let [root, device] = two_keys();
        let der = certificate(
            Profile::EndEntity,
            "CN=device,O=x",
            &device,
            "CN=root",
            &root,
        );
        let facts = CertificateFacts::parse(&der).unwrap();
        assert_eq!(facts.subject, "CN=device,O=x");
        assert_eq!(facts.issuer, "CN=root");
        assert_eq!(facts.serial, "01020304");
        assert_eq!(
            (facts.not_before, facts.not_after),
            (UnixTime(1000), UnixTime(2000))
        );
        assert_eq!(facts.spki_der, device.spki_der());
        assert_eq!(
            CertificateFacts::parse(&der[1..]),
            Err(CertificateError::Malformed)
        );
        let longer = [&der[..], &[0]].concat();
        assert_eq!(
            CertificateFacts::parse(&longer),
            Err(CertificateError::Malformed)
        );
    }

    #[test]
    fn a_certificate_is_verified_against_its_issuer() {
        let [root, device] = two_keys();
        let root_der = certificate(Profile::Authority, "CN=root", &root, "CN=root", &root);
        let der = certificate(Profile::EndEntity, "CN=device", &device, "CN=root", &root);
        assert_eq!(verify_issued_by(&der, &root_der, NOW), Ok(()));
        assert_eq!(verify_issued_by(&root_der, &root_der, NOW), Ok(()));
        for (at, expected) in [
            (999, Err(CertificateError::Validity)),
            (1000, Ok(())),
            (2000, Ok(())),
            (2001, Err(CertificateError::Validity)),
        ] {
            assert_eq!(
                verify_issued_by(&der, &root_der, UnixTime(at)),
                expected,
                "{at}"
            );
        }
    }

    #[test]
    fn an_authority_may_have_an_rsa_key() {
        let [device, _] = two_keys();
        let root = rsa_2048();
        let root_der = certificate(Profile::Authority, "CN=root", &root, "CN=root", &root);
        let der = certificate(Profile::EndEntity, "CN=device", &device, "CN=root", &root);
        assert_eq!(verify_issued_by(&der, &root_der, NOW), Ok(()));
        let forged = certificate(Profile::EndEntity, "CN=device", &device, "CN=root", &device);
        assert_eq!(
            verify_issued_by(&forged, &root_der, NOW),
            Err(CertificateError::Signature)
        );
    }

    #[test]
    fn a_certificate_of_somebody_else_is_refused() {
        let [root, other] = two_keys();
        let root_der = certificate(Profile::Authority, "CN=root", &root, "CN=root", &root);
        let leaf = |issuer, key| certificate(Profile::EndEntity, "CN=leaf", &other, issuer, key);
        let check = |der: &[u8], issuer: &[u8]| verify_issued_by(der, issuer, NOW);
        assert_eq!(
            check(&leaf("CN=Root 2", &root), &root_der),
            Err(CertificateError::Issuer)
        );
        assert_eq!(
            check(&leaf("CN=root", &other), &root_der),
            Err(CertificateError::Signature)
        );
        let no_authority = certificate(Profile::EndEntity, "CN=root", &root, "CN=root", &root);
        let der = leaf("CN=root", &root);
        assert_eq!(
            check(&der, &no_authority),
            Err(CertificateError::NotAuthority)
        );
        for place in 0..der.len() {
            let mut altered = der.clone();
            altered[place] ^= 1;
            assert!(check(&altered, &root_der).is_err(), "byte {place}");
        }
    }
}
