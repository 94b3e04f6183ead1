//! The request of an issuing key to the root that is to certify it (RFC 2986).

use der::{
    AnyRef, Decode, Encode, Sequence, TagNumber,
    asn1::{BitStringRef, ContextSpecific},
};
use gridpass_protocol::{CertificateError, Csr, CsrError, UnixTime};
use spki::AlgorithmIdentifierRef;
use x509_cert::{Certificate, request::CertReq};

use super::{
    profile::unix_time,
    signer::{SignError, Signer},
};

/// `CertificationRequestInfo` (RFC 2986, 4.1), asking for no extension: what an issuing
/// certificate says is the root's to decide.
#[derive(Sequence)]
struct Info<'a> {
    version: u8,
    subject: AnyRef<'a>,
    spki: AnyRef<'a>,
    attributes: AnyRef<'a>,
}

/// `CertificationRequest` (RFC 2986, 4.2).
#[derive(Sequence)]
struct Request<'a> {
    info: AnyRef<'a>,
    algorithm: AlgorithmIdentifierRef<'a>,
    signature: BitStringRef<'a>,
}

/// A request for the key of `signer` under a name, DER.
pub(crate) fn make(subject: &[u8], signer: &dyn Signer) -> Result<Vec<u8>, SignError> {
    let no_attributes = ContextSpecific {
        tag_number: TagNumber(0),
        tag_mode: der::TagMode::Implicit,
        value: der::asn1::SetOfVec::<AnyRef<'_>>::new(),
    }
    .to_der()?;
    let info = Info {
        version: 0,
        subject: AnyRef::from_der(subject)?,
        spki: AnyRef::from_der(signer.spki_der())?,
        attributes: AnyRef::from_der(&no_attributes)?,
    }
    .to_der()?;
    let signature = signer.sign(&info)?;
    Ok(Request {
        info: AnyRef::from_der(&info)?,
        algorithm: signer.algorithm().identifier(),
        signature: BitStringRef::from_bytes(&signature)?,
    }
    .to_der()?)
}

/// What a request asks to be certified.
pub(crate) struct Asked {
    /// Name, DER. Not empty.
    pub(crate) subject: Vec<u8>,
    /// SubjectPublicKeyInfo, DER.
    pub(crate) spki: Vec<u8>,
}

/// Reads a request: strict DER, a key that Gridpass knows, and its signature.
pub(crate) fn read(request: &[u8]) -> Result<Asked, CsrError> {
    let csr = Csr::parse(request)?;
    let parsed = CertReq::from_der(request).map_err(|_| CsrError::Malformed)?;
    if parsed.info.subject.is_empty() {
        return Err(CsrError::Subject);
    }
    Ok(Asked {
        subject: parsed
            .info
            .subject
            .to_der()
            .map_err(|_| CsrError::Malformed)?,
        spki: csr.spki_der().to_vec(),
    })
}

/// What a certificate says of the key that it certifies.
pub(crate) struct Certified {
    pub(crate) subject: Vec<u8>,
    pub(crate) spki: Vec<u8>,
    pub(crate) not_after: UnixTime,
}

/// Reads what a certificate says of its key; checks nothing.
pub(crate) fn certified(certificate: &[u8]) -> Result<Certified, CertificateError> {
    let malformed = |_| CertificateError::Malformed;
    let certificate = Certificate::from_der(certificate).map_err(malformed)?;
    let tbs = certificate.tbs_certificate();
    Ok(Certified {
        subject: tbs.subject().to_der().map_err(malformed)?,
        spki: tbs.subject_public_key_info().to_der().map_err(malformed)?,
        not_after: unix_time(&tbs.validity().not_after),
    })
}
