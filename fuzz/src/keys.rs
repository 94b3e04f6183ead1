//! Certificate requests and certificates.

use gridpass_protocol::directory::{certificate_from_pem, certificate_to_pem};
use gridpass_protocol::{CertificateFacts, Csr, Identifiers, PublicKey};

use crate::text;

/// A certificate request: strict DER, so that no other bytes are the same request.
pub fn csr(data: &[u8]) {
    let claimed = Csr::claimed_spki(data);
    if let Ok(csr) = Csr::parse(data) {
        assert_eq!(csr.der(), data, "two encodings of one request");
        assert_eq!(claimed.expect("it names a key"), csr.spki_der());
        assert_eq!(csr.public_key().spki_der(), csr.spki_der());
        assert_eq!(csr.public_key().algorithm(), csr.algorithm());
    }
    if let Ok(key) = PublicKey::from_spki_der(data) {
        assert_eq!(key.spki_der(), data, "two encodings of one key");
        let _ = key.verify_der(b"message", data);
    }
}

/// A certificate that somebody shows.
pub fn certificate(data: &[u8]) {
    let identifiers = Identifiers::of(data);
    assert_eq!(identifiers.fingerprint.len(), 64);
    assert!(identifiers.sfdi.bytes().all(|byte| byte.is_ascii_digit()));
    let _ = CertificateFacts::parse(data);
    let _ = PublicKey::from_certificate_der(data);
    let (certificate, issuer) = data.split_at(data.len() / 2);
    let _ = gridpass_protocol::certificate::verify_issued_by(
        certificate,
        issuer,
        gridpass_protocol::UnixTime(1_795_000_000),
    );
}

/// A certificate as PEM, as directories have it.
pub fn pem(data: &[u8]) {
    if let Some(text) = text(data)
        && let Ok(der) = certificate_from_pem(text)
        && let Ok(written) = certificate_to_pem(&der)
    {
        assert!(certificate_from_pem(&written).is_ok_and(|again| again == der));
    }
}
