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
            // What is no certificate is published in vain; the others are not to suffer for it.
            let published: Vec<Vec<u8>> = entry
                .certificates
                .iter()
                .filter_map(|pem| certificate_from_pem(pem).ok())
                .collect();
            if let Some(named) = published.iter().find(|der| label.matches(der)) {
                verify_chain(named, &published, at)?;
                return Ok((entry, named.clone()));
            }
        }
        Err(DirectoryError::Unknown)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        PrivateKey,
        primitives::sha256,
        test_support::{Profile, certificate as make, rng},
    };

    const NOW: UnixTime = UnixTime(1500);

    /// Root, issuing and provider certificate of one provider.
    fn chain() -> [Vec<u8>; 3] {
        let mut rng = rng();
        let [root, issuing, provider] = std::array::from_fn(|_| PrivateKey::make_p256(&mut rng));
        [
            make(Profile::Authority, "CN=root", &root, "CN=root", &root),
            make(Profile::Authority, "CN=issuing", &issuing, "CN=root", &root),
            make(
                Profile::EndEntity,
                "CN=provider",
                &provider,
                "CN=issuing",
                &issuing,
            ),
        ]
    }

    fn directory(certificates: &[&[u8]]) -> Directory {
        Directory {
            protocol_versions: vec![1],
            providers: vec![DirectoryEntry {
                id: "gmec".into(),
                name: "Green Mountain".into(),
                certificates: certificates
                    .iter()
                    .map(|der| certificate_to_pem(der).unwrap())
                    .collect(),
                messages_url: None,
                est_url: None,
                mtls_url: None,
            }],
        }
    }

    #[test]
    fn a_label_finds_its_provider_in_either_profile() {
        let [root, issuing, provider] = chain();
        let directory = directory(&[&root, &issuing, &provider]);
        for label in [
            ProviderCertificate::Full(provider.clone()),
            ProviderCertificate::Fingerprint(sha256(&provider)),
        ] {
            let (entry, der) = directory.find(&label, NOW).unwrap();
            assert_eq!(entry.id, "gmec");
            assert_eq!(der, provider);
        }
    }

    #[test]
    fn what_is_not_published_or_not_chained_is_refused() {
        let [root, issuing, provider] = chain();
        let label = ProviderCertificate::Full(provider.clone());
        let find = |certificates: &[&[u8]]| {
            directory(certificates)
                .find(&label, NOW)
                .map(|(_, der)| der)
        };
        assert_eq!(find(&[&root, &issuing]), Err(DirectoryError::Unknown));
        let issuer = Err(DirectoryError::Certificate(CertificateError::Issuer));
        assert_eq!(find(&[&root, &provider]), issuer);
        assert_eq!(find(&[&issuing, &provider]), issuer);
        let whole = directory(&[&root, &issuing, &provider]);
        assert_eq!(
            whole.find(&label, UnixTime(2001)).map(|(_, der)| der),
            Err(DirectoryError::Certificate(CertificateError::Validity))
        );
        assert_eq!(
            whole
                .find(&ProviderCertificate::Full(root), NOW)
                .map(|(_, der)| der),
            Err(DirectoryError::Certificate(CertificateError::NotAuthority))
        );
    }

    #[test]
    fn another_version_of_the_protocol_is_refused() {
        let [root, issuing, provider] = chain();
        let mut directory = directory(&[&root, &issuing, &provider]);
        directory.protocol_versions = vec![2];
        let found = directory.find(&ProviderCertificate::Full(provider), NOW);
        assert_eq!(found.map(|(_, der)| der), Err(DirectoryError::Version));
    }

    #[test]
    fn unknown_members_are_ignored() {
        let json = r#"{"protocol_versions":[1],"later":1,"providers":[
            {"id":"a","name":"A","certificates":[],"later":{}}]}"#;
        let directory: Directory = serde_json::from_str(json).unwrap();
        assert_eq!(
            serde_json::to_string(&directory).unwrap(),
            r#"{"protocol_versions":[1],"providers":[{"id":"a","name":"A","certificates":[]}]}"#
        );
    }

    #[test]
    fn only_a_certificate_in_pem_is_read() {
        let [root, ..] = chain();
        let pem = certificate_to_pem(&root).unwrap();
        assert_eq!(certificate_from_pem(&pem), Ok(root));
        for wrong in [
            String::new(),
            pem.replace("CERTIFICATE", "X509 CRL"),
            pem[..80].to_owned(),
        ] {
            assert_eq!(
                certificate_from_pem(&wrong),
                Err(CertificateError::Malformed)
            );
        }
    }
}
