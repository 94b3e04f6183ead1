//! Whether the certificates above an issuing key let it certify devices (RFC 5280, section 6).

use const_oid::ObjectIdentifier;
use der::{Decode, oid::AssociatedOid};
use gridpass_protocol::{CertificateError, UnixTime, certificate::verify_issued_by};
use x509_cert::{
    Certificate,
    ext::pkix::{BasicConstraints, KeyUsage, KeyUsages, NameConstraints},
};

/// No chain of an issuing key is longer, its root included: devices look no further.
const LONGEST: usize = 3;

/// Extensions that may be critical in a certificate of a CA: the ones that are looked at here.
const UNDERSTOOD: [ObjectIdentifier; 2] = [BasicConstraints::OID, KeyUsage::OID];

/// Why a chain of certificates does not serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// Too few or too many certificates.
    #[error("a chain has 2 or 3 certificates: the issuing one first, the root last")]
    Length,
    /// One of them is not issued by the next, or not valid now.
    #[error("the chain does not hold: {0}")]
    Link(#[from] CertificateError),
    /// The last one is not self-signed.
    #[error("the chain does not end with a root")]
    Root,
    /// One is no CA certificate, or may not sign what an issuing key has to sign.
    #[error(
        "a certificate of the chain may not sign certificates and revocation lists (RFC 5280, 4.2.1.3 and 4.2.1.9)"
    )]
    Usage,
    /// One allows fewer certificates below it than there are.
    #[error("a certificate of the chain allows no certificate this deep (RFC 5280, 4.2.1.9)")]
    PathLength,
    /// One restricts the names below it.
    #[error(
        "a certificate of the chain has name constraints (RFC 5280, 4.2.1.10): the names of devices could not be judged by them"
    )]
    NameConstraints,
    /// One has a critical extension that nobody here looks at.
    #[error(
        "a certificate of the chain has a critical extension that Gridpass does not know (RFC 5280, 4.2)"
    )]
    Critical,
}

/// Checks the chain of an issuing key, its own certificate first, at `now`.
pub(crate) fn verify_authority_chain(chain: &[Vec<u8>], now: UnixTime) -> Result<(), ChainError> {
    if !(2..=LONGEST).contains(&chain.len()) {
        return Err(ChainError::Length);
    }
    for (certificate, issuer) in chain.iter().zip(&chain[1..]) {
        verify_issued_by(certificate, issuer, now)?;
    }
    let root = &chain[chain.len() - 1];
    verify_issued_by(root, root, now).map_err(|error| match error {
        CertificateError::Issuer | CertificateError::Signature => ChainError::Root,
        other => ChainError::Link(other),
    })?;
    chain
        .iter()
        .enumerate()
        .try_for_each(|(depth, certificate)| verify_constraints(certificate, depth))
}

/// `depth` is how many certificates of CAs are below this one.
fn verify_constraints(certificate: &[u8], depth: usize) -> Result<(), ChainError> {
    let unreadable = |_| ChainError::Link(CertificateError::Malformed);
    let certificate = Certificate::from_der(certificate).map_err(unreadable)?;
    let tbs = certificate.tbs_certificate();
    let constraints: Option<(_, BasicConstraints)> = tbs.get_extension().map_err(unreadable)?;
    let usage: Option<(_, KeyUsage)> = tbs.get_extension().map_err(unreadable)?;
    let Some(((_, constraints), (_, KeyUsage(usage)))) = constraints.zip(usage) else {
        return Err(ChainError::Usage);
    };
    if !constraints.ca || !usage.contains(KeyUsages::KeyCertSign | KeyUsages::CRLSign) {
        return Err(ChainError::Usage);
    }
    let most = constraints.path_len_constraint.map(usize::from);
    if most.is_some_and(|most| most < depth) {
        return Err(ChainError::PathLength);
    }
    let extensions = tbs.extensions().map_or(&[][..], Vec::as_slice);
    if extensions
        .iter()
        .any(|extension| extension.extn_id == NameConstraints::OID)
    {
        return Err(ChainError::NameConstraints);
    }
    if extensions
        .iter()
        .any(|extension| extension.critical && !UNDERSTOOD.contains(&extension.extn_id))
    {
        return Err(ChainError::Critical);
    }
    Ok(())
}
