//! Certificates as people and other systems name them, and the few facts the protocol needs.

use crate::UnixTime;

/// The names under which other systems know a certificate (protocol, Certificate).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifiers {
    /// SHA-256 of the DER, hexadecimal, lower case.
    pub fingerprint: String,
    /// OpenADR VEN fingerprint: the last 10 bytes, capitals, colon-separated.
    pub ven_fingerprint: String,
    /// IEEE 2030.5 long-form device identifier: the first 20 bytes, capitals.
    pub lfdi: String,
    /// IEEE 2030.5 short-form device identifier: the first 36 bits as decimal and a check digit.
    pub sfdi: String,
}

impl Identifiers {
    /// Of the certificate with this DER.
    #[must_use]
    pub fn of(_der: &[u8]) -> Self {
        unimplemented!()
    }
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

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Subject, RFC 4514.
    pub subject: String,
    /// Issuer, RFC 4514.
    pub issuer: String,
    /// Serial number, hexadecimal, lower case.
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
    pub fn parse(_der: &[u8]) -> Result<Self, CertificateError> {
        unimplemented!()
    }
}

/// Checks that a certificate was issued by another, and that both are valid at `at`.
///
/// # Errors
/// Says what does not hold.
pub fn verify_issued_by(
    _certificate_der: &[u8],
    _issuer_der: &[u8],
    _at: UnixTime,
) -> Result<(), CertificateError> {
    unimplemented!()
}
