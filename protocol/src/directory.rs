//! The directory: `GET /.well-known/gridpass`, what a portal publishes about its providers.

use serde::{Deserialize, Serialize};

use crate::{ProviderCertificate, UnixTime};

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
    Certificate(#[from] crate::CertificateError),
}

impl Directory {
    /// The provider that a label names, with its certificate in DER: published, issued by that
    /// provider's CA, and valid at `at`.
    ///
    /// # Errors
    /// The label has to be refused then.
    pub fn find(
        &self,
        _label: &ProviderCertificate,
        _at: UnixTime,
    ) -> Result<(&DirectoryEntry, Vec<u8>), DirectoryError> {
        unimplemented!()
    }
}
