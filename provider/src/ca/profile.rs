//! Certificate profiles: what each kind of certificate says (RFC 5280; protocol, Certificate).

use std::time::Duration;

use const_oid::{ObjectIdentifier, db::rfc5280::ID_AD_OCSP};
use der::{
    AnyRef, DateTime, Decode, Encode, Sequence,
    asn1::{BitStringRef, OctetString, UintRef},
    oid::AssociatedOid,
};
use gridpass_protocol::{DeviceId, KeyAlgorithm, Origin, UnixTime};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use x509_cert::{
    ext::{
        Extension,
        pkix::{
            AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
            CertificatePolicies, CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, KeyUsages,
            SubjectAltName, SubjectKeyIdentifier, certpolicy::PolicyInformation,
            crl::dp::DistributionPoint,
        },
    },
    name::Name,
    time::{Time, Validity},
};

use super::{
    certificate_profile::{CertificateProfile, SubjectContent, uri},
    crl::{CrlName, CrlShard},
    signer::{SignError, SignatureAlgorithm, Signer},
};
use crate::{enrollment::Serial, id::EnrollmentId, random::Random, vault::sha256};

/// `TBSCertificate`, version 3 (RFC 5280, 4.1). Borrows what is copied as it is.
#[derive(Sequence)]
pub(super) struct TbsCertificate<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) version: u8,
    pub(super) serial: UintRef<'a>,
    pub(super) signature: AlgorithmIdentifierRef<'a>,
    pub(super) issuer: AnyRef<'a>,
    pub(super) validity: Validity,
    pub(super) subject: AnyRef<'a>,
    pub(super) spki: AnyRef<'a>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    pub(super) extensions: Vec<Extension>,
}

/// `Certificate` (RFC 5280, 4.1).
#[derive(Sequence)]
struct Certificate<'a> {
    tbs: AnyRef<'a>,
    signature_algorithm: AlgorithmIdentifierRef<'a>,
    signature: BitStringRef<'a>,
}

/// X.509 version 3.
const V3: u8 = 2;

/// A certificate to be signed.
pub(super) struct Draft<'a> {
    pub(super) serial: &'a Serial,
    /// Names, DER.
    pub(super) issuer: &'a [u8],
    pub(super) subject: &'a [u8],
    /// SubjectPublicKeyInfo, DER.
    pub(super) spki: &'a [u8],
    pub(super) validity: Validity,
    pub(super) extensions: Vec<Extension>,
}

impl Draft<'_> {
    /// Its `TBSCertificate`, DER, for a signature of this kind.
    pub(super) fn to_der(&self, algorithm: SignatureAlgorithm) -> der::Result<Vec<u8>> {
        TbsCertificate {
            version: V3,
            serial: UintRef::new(self.serial.as_bytes())?,
            signature: algorithm.identifier(),
            issuer: AnyRef::from_der(self.issuer)?,
            validity: self.validity,
            subject: AnyRef::from_der(self.subject)?,
            spki: AnyRef::from_der(self.spki)?,
            extensions: self.extensions.clone(),
        }
        .to_der()
    }
}

/// Signs a `TBSCertificate` that was drafted for this signer.
pub(super) fn sign(tbs: &[u8], signer: &dyn Signer) -> Result<Vec<u8>, SignError> {
    let signature = signer.sign(tbs)?;
    let certificate = Certificate {
        tbs: AnyRef::from_der(tbs)?,
        signature_algorithm: signer.algorithm().identifier(),
        signature: BitStringRef::from_bytes(&signature)?,
    };
    Ok(certificate.to_der()?)
}

/// A random serial number of 128 bits.
pub(super) fn make_serial(random: &Random<'_>) -> Serial {
    loop {
        // A leading zero byte would not survive DER.
        if let Some(serial) = Serial::from_bytes(&random.bytes::<16>()) {
            return serial;
        }
    }
}

/// A name of one common name, DER.
pub(super) fn common_name(text: &str) -> der::Result<Vec<u8>> {
    // RFC 4514, 2.4: what has a meaning there is escaped. Provider ids have nothing of it.
    format!("CN={text}").parse::<Name>()?.to_der()
}

pub(super) fn validity(not_before: UnixTime, not_after: UnixTime) -> der::Result<Validity> {
    Ok(Validity::new(time(not_before)?, time(not_after)?))
}

pub(super) fn time(time: UnixTime) -> der::Result<Time> {
    Ok(Time::from(DateTime::from_unix_duration(
        Duration::from_secs(time.0),
    )?))
}

pub(crate) fn unix_time(time: &Time) -> UnixTime {
    UnixTime(time.to_unix_duration().as_secs())
}

/// The key identifier of a public key: the leftmost 160 bits of the SHA-256 of its bits
/// (RFC 7093, section 2, method 1).
pub(super) fn key_identifier(spki: &[u8]) -> der::Result<[u8; 20]> {
    let spki = SubjectPublicKeyInfoRef::from_der(spki)?;
    let hash = sha256(spki.subject_public_key.raw_bytes());
    let mut identifier = [0; 20];
    identifier.copy_from_slice(&hash[..20]);
    Ok(identifier)
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Criticality {
    Critical,
    NonCritical,
}

pub(super) fn extension<T: AssociatedOid + Encode>(
    criticality: Criticality,
    value: &T,
) -> der::Result<Extension> {
    Ok(Extension {
        extn_id: T::OID,
        critical: matches!(criticality, Criticality::Critical),
        extn_value: OctetString::new(value.to_der()?)?,
    })
}

/// What may be under a certificate of a CA.
#[derive(Clone, Copy)]
pub(super) enum PathLength {
    Unlimited,
    EndEntitiesOnly,
}

/// The extensions of the root and of the issuing certificate.
pub(super) fn authority_extensions(
    path_length: PathLength,
    spki: &[u8],
    issuer_key_identifier: Option<[u8; 20]>,
) -> der::Result<Vec<Extension>> {
    let path_len_constraint = match path_length {
        PathLength::Unlimited => None,
        PathLength::EndEntitiesOnly => Some(0),
    };
    let mut extensions = vec![
        extension(
            Criticality::Critical,
            &BasicConstraints {
                ca: true,
                path_len_constraint,
            },
        )?,
        extension(
            Criticality::Critical,
            &KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign),
        )?,
        subject_key_identifier(spki)?,
    ];
    if let Some(identifier) = issuer_key_identifier {
        extensions.push(authority_key_identifier(identifier)?);
    }
    Ok(extensions)
}

/// The extensions of a root (RFC 5280, 4.2.1.9 and 4.2.1.3: MUST, and critical).
pub(super) const ROOT_EXTENSIONS: [(ObjectIdentifier, Criticality); 3] = [
    (BasicConstraints::OID, Criticality::Critical),
    (KeyUsage::OID, Criticality::Critical),
    (SubjectKeyIdentifier::OID, Criticality::NonCritical),
];

/// Those of an issuing certificate: also who issued it (4.2.1.1: MUST).
pub(super) const ISSUING_EXTENSIONS: [(ObjectIdentifier, Criticality); 4] = [
    ROOT_EXTENSIONS[0],
    ROOT_EXTENSIONS[1],
    ROOT_EXTENSIONS[2],
    (AuthorityKeyIdentifier::OID, Criticality::NonCritical),
];

/// Those of a provider certificate.
pub(super) const PROVIDER_EXTENSIONS: [(ObjectIdentifier, Criticality); 3] = [
    (KeyUsage::OID, Criticality::Critical),
    (SubjectKeyIdentifier::OID, Criticality::NonCritical),
    (AuthorityKeyIdentifier::OID, Criticality::NonCritical),
];

/// Those of the certificate of the listener for devices.
pub(super) const LISTENER_EXTENSIONS: [(ObjectIdentifier, Criticality); 5] = [
    (KeyUsage::OID, Criticality::Critical),
    (ExtendedKeyUsage::OID, Criticality::NonCritical),
    (SubjectAltName::OID, Criticality::NonCritical),
    (SubjectKeyIdentifier::OID, Criticality::NonCritical),
    (AuthorityKeyIdentifier::OID, Criticality::NonCritical),
];

/// The extensions of a provider certificate: as few as serve, because a label may carry it.
pub(super) fn provider_extensions(
    spki: &[u8],
    issuer_key_identifier: [u8; 20],
) -> der::Result<Vec<Extension>> {
    let usage = KeyUsage(KeyUsages::DigitalSignature | KeyUsages::KeyAgreement);
    Ok(vec![
        extension(Criticality::Critical, &usage)?,
        subject_key_identifier(spki)?,
        authority_key_identifier(issuer_key_identifier)?,
    ])
}

/// What is the same in every device certificate of one issuer.
pub(super) struct DeviceTemplate {
    profile: CertificateProfile,
    authority_key_identifier: Extension,
    purposes: Extension,
    policies: Option<Extension>,
    /// By the part of the list that they name; the whole one first.
    crls: Vec<Extension>,
    ocsp: Extension,
}

impl DeviceTemplate {
    pub(super) fn new(
        origin: &Origin,
        issuer_key_identifier: [u8; 20],
        profile: &CertificateProfile,
        crl_shards: u16,
    ) -> der::Result<Self> {
        let crl = |shard| {
            let name = CrlName {
                issuer: issuer_key_identifier,
                shard,
            };
            let point = DistributionPoint {
                distribution_point: Some(name.distribution_point(origin)?),
                reasons: None,
                crl_issuer: None,
            };
            extension(
                Criticality::NonCritical,
                &CrlDistributionPoints(vec![point]),
            )
        };
        let crls = (0..=crl_shards)
            .map(|part| crl(CrlShard(part)))
            .collect::<Result<_, _>>()?;
        let origin = published_origin(origin);
        let ocsp = AccessDescription {
            access_method: ID_AD_OCSP,
            access_location: uri(&format!("{origin}/ocsp"))?,
        };
        Ok(Self {
            authority_key_identifier: authority_key_identifier(issuer_key_identifier)?,
            purposes: extension(
                Criticality::NonCritical,
                &ExtendedKeyUsage(profile.purpose_oids()),
            )?,
            policies: policies(profile)?,
            profile: profile.clone(),
            crls,
            ocsp: extension(
                Criticality::NonCritical,
                &AuthorityInfoAccessSyntax(vec![ocsp]),
            )?,
        })
    }

    pub(super) const fn profile(&self) -> &CertificateProfile {
        &self.profile
    }

    /// The extensions of one device's certificate.
    pub(super) fn extensions(
        &self,
        enrollment_id: EnrollmentId,
        device_id: &DeviceId,
        spki: &[u8],
        algorithm: KeyAlgorithm,
        crl_shard: CrlShard,
    ) -> der::Result<Vec<Extension>> {
        let crl = self.crls.get(usize::from(crl_shard.0));
        let crl = crl.unwrap_or(&self.crls[0]).clone();
        let names = self.profile.names(enrollment_id, device_id)?;
        let mut extensions = vec![
            extension(
                Criticality::Critical,
                &KeyUsage(device_key_usage(algorithm)),
            )?,
            self.purposes.clone(),
            extension(
                name_criticality(self.profile.subject),
                &SubjectAltName(names),
            )?,
            subject_key_identifier(spki)?,
            self.authority_key_identifier.clone(),
            crl,
            self.ocsp.clone(),
        ];
        extensions.extend(self.policies.clone());
        Ok(extensions)
    }
}

/// Alternative names are critical if there is no subject (RFC 5280, 4.1.2.6: MUST), else not
/// (4.2.1.6: SHOULD).
pub(super) const fn name_criticality(subject: SubjectContent) -> Criticality {
    match subject {
        SubjectContent::Request => Criticality::NonCritical,
        SubjectContent::Empty => Criticality::Critical,
    }
}

fn policies(profile: &CertificateProfile) -> der::Result<Option<Extension>> {
    let policies: Vec<_> = profile
        .policy_oids()
        .into_iter()
        .map(|policy_identifier| PolicyInformation {
            policy_identifier,
            policy_qualifiers: None,
        })
        .collect();
    if policies.is_empty() {
        return Ok(None);
    }
    extension(Criticality::NonCritical, &CertificatePolicies(policies)).map(Some)
}

/// The origin as a certificate may name it: with a fully qualified name or an address
/// (RFC 5280, 4.2.1.6). `localhost`, in development, is neither.
pub(super) fn published_origin(origin: &Origin) -> String {
    let (text, host) = (origin.as_str(), origin.host());
    if host == "localhost" {
        text.replacen(host, "127.0.0.1", 1)
    } else {
        text.to_owned()
    }
}

/// The name of a device in its certificate (RFC 9562, section 4).
pub(super) fn device_name(enrollment_id: EnrollmentId) -> String {
    format!("urn:uuid:{enrollment_id}")
}

/// What a device's key is for: signing, and having messages sealed to it.
pub(super) fn device_key_usage(algorithm: KeyAlgorithm) -> der::flagset::FlagSet<KeyUsages> {
    match algorithm {
        KeyAlgorithm::Es256 => KeyUsages::DigitalSignature | KeyUsages::KeyAgreement,
        KeyAlgorithm::Rs2048 | KeyAlgorithm::Rs3072 => {
            KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment
        }
    }
}

pub(super) fn subject_key_identifier(spki: &[u8]) -> der::Result<Extension> {
    let identifier = OctetString::new(key_identifier(spki)?)?;
    extension(Criticality::NonCritical, &SubjectKeyIdentifier(identifier))
}

pub(super) fn authority_key_identifier(identifier: [u8; 20]) -> der::Result<Extension> {
    let identifier = AuthorityKeyIdentifier {
        key_identifier: Some(OctetString::new(identifier)?),
        ..Default::default()
    };
    extension(Criticality::NonCritical, &identifier)
}

/// The subject of a PKCS#10 request, DER (RFC 2986, 4.1).
pub(super) fn subject_of_request(csr: &[u8]) -> der::Result<Vec<u8>> {
    #[derive(Sequence)]
    struct Request<'a> {
        info: Info<'a>,
        _algorithm: AnyRef<'a>,
        _signature: AnyRef<'a>,
    }
    #[derive(Sequence)]
    struct Info<'a> {
        _version: u8,
        subject: AnyRef<'a>,
        _spki: AnyRef<'a>,
        _attributes: AnyRef<'a>,
    }
    Request::from_der(csr)?.info.subject.to_der()
}

/// The extensions of every device; a profile may add policies, and the lint refuses all others.
pub(super) const DEVICE_EXTENSIONS: [ObjectIdentifier; 7] = [
    KeyUsage::OID,
    ExtendedKeyUsage::OID,
    SubjectAltName::OID,
    SubjectKeyIdentifier::OID,
    AuthorityKeyIdentifier::OID,
    CrlDistributionPoints::OID,
    AuthorityInfoAccessSyntax::OID,
];
