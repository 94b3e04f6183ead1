//! The directory: `GET /.well-known/gridpass`, what a portal publishes about its providers.

use serde::{Deserialize, Serialize};

use crate::{CertificateError, ProviderCertificate, UnixTime, certificate};

/// What a portal publishes. Unknown members are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// Versions of the protocol that the portal speaks.
    pub protocol_versions: Vec<u32>,
    /// The providers behind the portal.
    pub providers: Vec<DirectoryEntry>,
}

/// One provider of a portal. Unknown members are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryEntry {
    /// The provider's id.
    pub id: String,
    /// The provider's name, for people.
    pub name: String,
    /// PEM: the CA's root, its issuing certificate, then every live provider certificate.
    pub certificates: Vec<String>,
    /// Where devices post sealed messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages_url: Option<String>,
    /// Where gateways enrol over EST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub est_url: Option<String>,
    /// Where devices come with their certificate in TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtls_url: Option<String>,
}

/// Why no provider of a directory fits a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// The portal speaks other versions of the protocol.
    #[error("the portal speaks another version of the protocol")]
    Version,
    /// No provider publishes the certificate that the label names.
    #[error("no provider of this portal has the certificate that the label names")]
    Unknown,
    /// The certificate is published, but not chained to that provider's CA, or not valid now.
    #[error("the certificate that the label names is not valid: {0}")]
    Certificate(#[from] CertificateError),
}

/// The version of the protocol that this crate speaks.
pub const PROTOCOL_VERSION: u32 = 1;

/// A chain longer than this is no chain that a provider of Gridpass has.
const MAX_CHAIN: usize = 4;

impl Directory {
    /// The provider that a label names, with its certificate in DER: published, issued by that
    /// provider's CA, and valid at `at`.
    ///
    /// # Errors
    /// The label has to be refused then: no provider publishes that certificate, or it does not
    /// chain to the provider's self-signed root, or one of the chain is not valid at `at`.
    pub fn find(
        &self,
        label: &ProviderCertificate,
        at: UnixTime,
    ) -> Result<(&DirectoryEntry, Vec<u8>), DirectoryError> {
        if !self.protocol_versions.contains(&PROTOCOL_VERSION) {
            return Err(DirectoryError::Version);
        }
        for entry in &self.providers {
            let published = entry.certificates_der()?;
            if let Some(named) = published.iter().find(|der| label.matches(der)) {
                verify_chain(named, &published, at)?;
                return Ok((entry, named.clone()));
            }
        }
        Err(DirectoryError::Unknown)
    }
}

impl DirectoryEntry {
    /// The published certificates in DER, in their order.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`]: one of them is not a PEM certificate.
    pub fn certificates_der(&self) -> Result<Vec<Vec<u8>>, CertificateError> {
        self.certificates
            .iter()
            .map(|pem| certificate_from_pem(pem))
            .collect()
    }
}

/// The DER of a certificate in PEM (RFC 7468).
///
/// # Errors
/// [`CertificateError::Malformed`]: not exactly one PEM certificate.
pub fn certificate_from_pem(pem: &str) -> Result<Vec<u8>, CertificateError> {
    match der::pem::decode_vec(pem.as_bytes()) {
        Ok(("CERTIFICATE", der)) => Ok(der),
        _ => Err(CertificateError::Malformed),
    }
}

/// A certificate as PEM (RFC 7468).
///
/// # Errors
/// [`CertificateError::Malformed`]: too long for PEM.
pub fn certificate_to_pem(der: &[u8]) -> Result<String, CertificateError> {
    der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, der)
        .map_err(|_| CertificateError::Malformed)
}

/// Follows the issuers of an end-entity certificate among `published` up to a self-signed root.
fn verify_chain(
    end_entity: &[u8],
    published: &[Vec<u8>],
    at: UnixTime,
) -> Result<(), CertificateError> {
    if certificate::may_issue(&certificate::read(end_entity)?) {
        return Err(CertificateError::NotAuthority);
    }
    let mut current = end_entity;
    for _ in 0..MAX_CHAIN {
        let mut error = CertificateError::Issuer;
        let issuer = published.iter().find(|issuer| {
            match certificate::verify_issued_by(current, issuer, at) {
                Ok(()) => true,
                // Another certificate of the list: not worth telling.
                Err(CertificateError::Issuer) => false,
                Err(reason) => {
                    error = reason;
                    false
                }
            }
        });
        match issuer {
            None => return Err(error),
            Some(root) if root == current => return Ok(()),
            Some(issuer) => current = issuer,
        }
    }
    Err(CertificateError::Issuer)
}
