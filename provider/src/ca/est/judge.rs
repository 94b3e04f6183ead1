//! Whether a certificate that came from elsewhere may be given to a device.

use der::{Decode, Encode, oid::AssociatedOid};
use gridpass_protocol::{UnixTime, certificate::verify_issued_by};
use rustls::{
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, TrustAnchor, UnixTime as PkiTime},
};
use webpki::{EndEntityCert, KeyUsage as Purpose, anchor_from_trusted_cert};
use x509_cert::{
    Certificate, TbsCertificate,
    certificate::Version,
    ext::pkix::{
        BasicConstraints, CertificatePolicies, ExtendedKeyUsage, KeyUsage, KeyUsages,
        SubjectAltName,
    },
};

use crate::ca::{
    CertificateProfile, SubjectContent,
    profile::{subject_of_request, unix_time},
};

/// A certificate lasts so much longer than the profile says before that is a finding, in
/// seconds: CAs date certificates back.
const TOLERANCE: u64 = 24 * 60 * 60;

/// The clock of a CA may be so far ahead of ours, in seconds.
const AHEAD: u64 = 5 * 60;

/// What is wrong with a certificate of an upstream CA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamFinding {
    /// No certificate, or not of version 3.
    #[error("it is no certificate of version 3 (RFC 5280, 4.1)")]
    Malformed,
    /// Of another key than the device's.
    #[error("it is not of the key in the request")]
    Key,
    /// RFC 5280, 4.1.2.2.
    #[error("its serial number is not positive, or longer than 20 octets (RFC 5280, 4.1.2.2)")]
    Serial,
    /// Not valid now, or longer than the profile says.
    #[error("it is not valid now, or lasts longer than certificate_days")]
    Validity,
    /// Not about the device.
    #[error("its subject is not that of the request, or not what profile.subject says")]
    Subject,
    /// It could issue certificates itself.
    #[error("it is the certificate of a CA (RFC 5280, 4.2.1.9)")]
    Authority,
    /// RFC 5280, 4.2.1.3.
    #[error(
        "its key usage does not let a device sign, or lets it sign certificates (RFC 5280, 4.2.1.3)"
    )]
    Usage,
    /// RFC 5280, 4.2.1.12.
    #[error("its extended key usage lacks a purpose of the profile (RFC 5280, 4.2.1.12)")]
    Purposes,
    /// RFC 5280, 4.2.1.4.
    #[error("it lacks a policy of the profile (RFC 5280, 4.2.1.4)")]
    Policies,
    /// No path to an anchor.
    #[error("it does not chain to a configured anchor (RFC 5280, 6.1)")]
    Chain,
    /// Devices know P-256 and RSA of 2048 and 3072 bits, with SHA-256.
    #[error(
        "it is signed in a way that devices cannot verify: they know P-256, and RSA of 2048 or 3072 bits, with SHA-256"
    )]
    Signature,
}

/// What a certificate was asked to be.
pub(super) struct Wanted<'a> {
    pub(super) spki: &'a [u8],
    pub(super) csr: &'a [u8],
    pub(super) now: UnixTime,
    pub(super) days: u32,
}

pub(super) struct Judge {
    anchors: Vec<Vec<u8>>,
    parsed: Vec<TrustAnchor<'static>>,
    profile: CertificateProfile,
}

impl Judge {
    pub(super) fn new(anchors: Vec<Vec<u8>>, profile: &CertificateProfile) -> Result<Self, String> {
        let parsed = anchors
            .iter()
            .map(|der| {
                anchor_from_trusted_cert(&CertificateDer::from(der.as_slice()))
                    .map(|anchor| anchor.to_owned())
                    .map_err(|error| format!("a trust anchor is of no use: {error}"))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            anchors,
            parsed,
            profile: profile.clone(),
        })
    }

    pub(super) fn anchors(&self) -> &[Vec<u8>] {
        &self.anchors
    }

    /// Checks what a certificate says, before its signature counts.
    pub(super) fn lint(&self, der: &[u8], wanted: &Wanted<'_>) -> Result<(), UpstreamFinding> {
        let certificate = Certificate::from_der(der).map_err(|_| UpstreamFinding::Malformed)?;
        let tbs = certificate.tbs_certificate();
        check(tbs.version() == Version::V3, UpstreamFinding::Malformed)?;
        check(is_of_key(der, wanted.spki), UpstreamFinding::Key)?;
        let serial = tbs.serial_number().as_bytes();
        let positive = (1..=20).contains(&serial.len()) && serial[0] & 0x80 == 0;
        check(
            positive && serial.iter().any(|byte| *byte != 0),
            UpstreamFinding::Serial,
        )?;
        check(lasts(tbs, wanted), UpstreamFinding::Validity)?;
        self.lint_subject(tbs, wanted)?;
        self.lint_usage(tbs)
    }

    fn lint_subject(
        &self,
        tbs: &TbsCertificate,
        wanted: &Wanted<'_>,
    ) -> Result<(), UpstreamFinding> {
        let unreadable = |_| UpstreamFinding::Subject;
        let subject = tbs.subject().to_der().map_err(unreadable)?;
        let right = match self.profile.subject {
            SubjectContent::Request => {
                subject == subject_of_request(wanted.csr).map_err(unreadable)?
            }
            SubjectContent::Empty => {
                tbs.subject().is_empty()
                    && matches!(extension::<SubjectAltName>(tbs), Ok(Some((true, _))))
            }
        };
        check(right, UpstreamFinding::Subject)
    }

    fn lint_usage(&self, tbs: &TbsCertificate) -> Result<(), UpstreamFinding> {
        let constraints = extension::<BasicConstraints>(tbs)?;
        check(
            constraints.is_none_or(|(_, constraints)| !constraints.ca),
            UpstreamFinding::Authority,
        )?;
        let usage = extension::<KeyUsage>(tbs)?.map(|(_, KeyUsage(usage))| usage);
        let signs = usage.is_some_and(|usage| {
            usage.contains(KeyUsages::DigitalSignature)
                && !usage.contains(KeyUsages::KeyCertSign)
                && !usage.contains(KeyUsages::CRLSign)
        });
        check(signs, UpstreamFinding::Usage)?;
        let purposes = extension::<ExtendedKeyUsage>(tbs)?.map(|(_, ExtendedKeyUsage(oids))| oids);
        let has_purposes = purposes.is_some_and(|oids| {
            let wanted = self.profile.purpose_oids();
            wanted.iter().all(|wanted| oids.contains(wanted))
        });
        check(has_purposes, UpstreamFinding::Purposes)?;
        let policies = extension::<CertificatePolicies>(tbs)?
            .map_or_else(Vec::new, |(_, CertificatePolicies(policies))| policies);
        let has_policies = self.profile.policy_oids().iter().all(|wanted| {
            policies
                .iter()
                .any(|policy| policy.policy_identifier == *wanted)
        });
        check(has_policies, UpstreamFinding::Policies)
    }

    /// The certificates above one, issuer first, up to an anchor, or as far as devices can follow
    /// (RFC 5280, 6.1). `published` are the certificates that the CA publishes.
    pub(super) fn chain(
        &self,
        der: &[u8],
        published: &[Vec<u8>],
        now: UnixTime,
    ) -> Result<Vec<Vec<u8>>, UpstreamFinding> {
        let chain = self.path(der, published, now)?;
        let mut certificate = der;
        let mut verifiable = Vec::new();
        for issuer in chain {
            if verify_issued_by(certificate, issuer, now).is_err() {
                break;
            }
            certificate = issuer;
            verifiable.push(issuer.to_vec());
        }
        check(!verifiable.is_empty(), UpstreamFinding::Signature)?;
        Ok(verifiable)
    }

    fn path<'a>(
        &'a self,
        der: &[u8],
        published: &'a [Vec<u8>],
        now: UnixTime,
    ) -> Result<Vec<&'a [u8]>, UpstreamFinding> {
        let broken = |_| UpstreamFinding::Chain;
        let leaf = CertificateDer::from(der);
        let leaf = EndEntityCert::try_from(&leaf).map_err(broken)?;
        let intermediates: Vec<_> = published
            .iter()
            .map(|der| CertificateDer::from(der.as_slice()))
            .collect();
        let provider = aws_lc_rs::default_provider();
        let time = PkiTime::since_unix_epoch(std::time::Duration::from_secs(now.0));
        let path = leaf
            .verify_for_usage(
                provider.signature_verification_algorithms.all,
                &self.parsed,
                &intermediates,
                time,
                Purpose::client_auth(),
                None,
                None,
            )
            .map_err(broken)?;
        let place = self
            .parsed
            .iter()
            .position(|anchor| anchor == path.anchor());
        let anchor = place.map(|place| self.anchors[place].as_slice());
        let mut chain = Vec::new();
        for intermediate in path.intermediate_certificates() {
            let der = intermediate.der();
            let known = published
                .iter()
                .find(|known| known.as_slice() == der.as_ref());
            chain.push(known.ok_or(UpstreamFinding::Chain)?.as_slice());
        }
        chain.push(anchor.ok_or(UpstreamFinding::Chain)?);
        // What the library leaves out: key usage (RFC 5280, 4.2.1.3), and the time of the anchor.
        for certificate in &chain {
            check(may_certify(certificate, now), UpstreamFinding::Chain)?;
        }
        Ok(chain)
    }
}

fn check(holds: bool, otherwise: UpstreamFinding) -> Result<(), UpstreamFinding> {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// Whether a certificate is of the key in `spki`, DER.
pub(super) fn is_of_key(der: &[u8], spki: &[u8]) -> bool {
    let of_key = Certificate::from_der(der).and_then(|certificate| {
        certificate
            .tbs_certificate()
            .subject_public_key_info()
            .to_der()
    });
    of_key.is_ok_and(|found| found == spki)
}

fn lasts(tbs: &TbsCertificate, wanted: &Wanted<'_>) -> bool {
    let not_before = unix_time(&tbs.validity().not_before);
    let not_after = unix_time(&tbs.validity().not_after);
    let longest = u64::from(wanted.days) * 24 * 60 * 60 + TOLERANCE;
    not_before <= wanted.now.plus(AHEAD)
        && wanted.now < not_after
        && not_after.since(not_before) <= longest
}

/// Whether a certificate may certify others at `now`.
fn may_certify(der: &[u8], now: UnixTime) -> bool {
    let Ok(certificate) = Certificate::from_der(der) else {
        return false;
    };
    let tbs = certificate.tbs_certificate();
    let validity = tbs.validity();
    let is_authority = matches!(
        extension::<BasicConstraints>(tbs),
        Ok(Some((_, BasicConstraints { ca: true, .. })))
    );
    let signs = match extension::<KeyUsage>(tbs) {
        Ok(Some((_, KeyUsage(usage)))) => usage.contains(KeyUsages::KeyCertSign),
        Ok(None) => true,
        Err(_) => false,
    };
    is_authority
        && signs
        && unix_time(&validity.not_before) <= now
        && now <= unix_time(&validity.not_after)
}

fn extension<'a, T: Decode<'a> + AssociatedOid>(
    tbs: &'a TbsCertificate,
) -> Result<Option<(bool, T)>, UpstreamFinding> {
    tbs.get_extension::<T>()
        .map_err(|_| UpstreamFinding::Malformed)
}

#[cfg(test)]
mod tests;
