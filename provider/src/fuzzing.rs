//! The parsers of this crate that meet the network and are nobody else's business, as the targets in
//! `fuzz/` drive them: each takes whatever bytes there are, and fails loudly where what was taken
//! breaks a promise.

pub use crate::oidc::{TRIAL_CLIENT, TRIAL_ISSUER, TRIAL_NONCE, TRIAL_TIME, TrialIssuer};

use crate::{
    account::import,
    bulk,
    ca::{CrlName, ocsp, pkcs7},
    desk::PageCursor,
    key_file::MasterKey,
    vault::Vault,
    webhooks::{self, Plain},
};

/// `OCSPRequest` (RFC 6960, 4.1.1): what is taken names certificates that can be written again, and its
/// nonce keeps the bounds of RFC 9654, 2.1. Tells whether it was taken.
#[must_use]
pub fn ocsp_request(der: &[u8]) -> bool {
    let Ok(asked) = ocsp::Asked::read(der) else {
        return false;
    };
    assert!(!asked.certificates.is_empty());
    for certificate in asked.certificates {
        let _ = certificate.serial();
        assert!(certificate.to_bytes().is_ok_and(|bytes| !bytes.is_empty()));
    }
    assert!(
        asked
            .nonce
            .is_none_or(|nonce| (1..=128).contains(&nonce.len()))
    );
    true
}

/// A `certs-only` message (RFC 8951, 3.2): what is read from it, written and read again, is the same.
#[must_use]
pub fn certs_only(message: &[u8]) -> bool {
    let Ok(certificates) = pkcs7::certificates(message) else {
        return false;
    };
    let written = pkcs7::certs_only(&certificates).expect("what was read can be written");
    let again = pkcs7::certificates(&written).expect("what was written can be read");
    assert!(
        again
            .iter()
            .all(|certificate| certificates.contains(certificate))
    );
    true
}

/// The name of a revocation list: one spelling a list.
#[must_use]
pub fn crl_name(file: &str) -> bool {
    CrlName::parse(file).is_some_and(|name| {
        assert_eq!(name.file(), file, "two addresses of one list");
        true
    })
}

/// A place in a list of the desk survives its way through an address.
#[must_use]
pub fn page_cursor(text: &str) -> bool {
    text.parse::<PageCursor>().is_ok_and(|cursor| {
        assert!(cursor.to_string().parse() == Ok(cursor));
        true
    })
}

/// A table of customers: as many lines as were read, each at its place.
#[must_use]
pub fn customers(table: &[u8]) -> bool {
    import::read(table).is_ok_and(|lines| {
        assert!(!lines.is_empty());
        let in_order = lines.windows(2).all(|pair| pair[0].line < pair[1].line);
        assert!(in_order, "two lines in one place");
        true
    })
}

/// A file of registrations.
#[must_use]
pub fn registrations(file: &[u8]) -> bool {
    let vault = Vault::new(&MasterKey::from_bytes([7; 32]));
    bulk::lines_of(file, &vault).is_some_and(|lines| {
        assert!(lines > 0);
        true
    })
}

/// The address of a webhook: what is taken is https, has a host, and names nobody.
#[must_use]
pub fn webhook_url(url: &str) -> bool {
    webhooks::host_to_call(url, Plain::Refused).is_some_and(|host| {
        assert!(!host.is_empty() && !host.contains(['@', '/', '?', '#', '\r', '\n']));
        assert!(
            url.get(..8)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
        );
        true
    })
}
