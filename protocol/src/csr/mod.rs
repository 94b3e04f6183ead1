//! The device's certificate request, as the provider reads it (protocol, Verification, step 5).

mod rsa_weakness;

use const_oid::{AssociatedOid, db::rfc4519};
use der::{Any, Decode, Encode, Tag, Tagged, asn1::ObjectIdentifier};
use x509_cert::{
    Certificate,
    attr::{AttributeTypeAndValue, Attributes},
    ext::{Extension, pkix::SubjectAltName},
    name::Name,
    request::{CertReq, ExtensionReq},
};

use crate::{
    CsrContent, KeyAlgorithm, PublicKey, TemporaryId,
    keying::{email_extension, signature_algorithm, subject_fields},
    sealed::Spki,
};

/// The longest request that is read, in bytes; one with an RSA-3072 key has about 1,000.
pub const MAX_LENGTH: usize = 4 * 1024;

/// A PKCS#10 request that is well-formed, signed by its own key, and of an acceptable key.
#[derive(Clone, Debug)]
pub struct Csr {
    der: Vec<u8>,
    public_key: PublicKey,
    subject: Name,
    attributes: Attributes,
}

/// What a request has to say to be the one of a mapping.
#[derive(Clone, Copy, Debug)]
pub struct CsrPolicy<'a> {
    /// The subject that the label asked for.
    pub csr_content: &'a CsrContent,
    /// The mapping's temporary id: the CN.
    pub temporary_id: &'a TemporaryId,
    /// The key algorithm that the label asked for.
    pub key_algorithm: KeyAlgorithm,
    /// The SubjectPublicKeyInfo DER that came beside the request.
    pub public_key: &'a [u8],
}

/// Why a certificate request is not acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsrError {
    /// Not a PKCS#10 request in DER, or longer than [`MAX_LENGTH`].
    #[error("not a certificate request in DER")]
    Malformed,
    /// The signature is not by the key in the request, or not by an accepted algorithm.
    #[error("the certificate request is not signed by its own key")]
    Signature,
    /// Neither P-256 nor RSA with 2048 or 3072 bits and e = 65537.
    #[error("the key is of a kind or size that is not accepted")]
    KeyKind,
    /// An RSA key with a small factor, or made by a faulty chip (ROCA, CVE-2017-15361).
    #[error("the key is weak: make another one")]
    WeakKey,
    /// Another algorithm than the label asked for.
    #[error("the key is not of the algorithm that the label asked for")]
    KeyAlgorithm,
    /// Another key than the one sent beside the request.
    #[error("the key in the request is not the one sent beside it")]
    PublicKeyMismatch,
    /// The subject is not the label's CSR content followed by the temporary id.
    #[error("the subject is not what the label asked for")]
    Subject,
    /// An attribute or extension that the profile does not allow.
    #[error("the request asks for an extension that is not allowed")]
    Extension,
}

impl CsrError {
    /// One stable word for the `reason` of the problem `bad-csr`.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Signature => "signature",
            Self::KeyKind => "key-kind",
            Self::WeakKey => "weak-key",
            Self::KeyAlgorithm => "key-algorithm",
            Self::PublicKeyMismatch => "public-key-mismatch",
            Self::Subject => "subject",
            Self::Extension => "extension",
        }
    }
}

impl Csr {
    /// Reads a request: strict DER, an acceptable key, and its signature.
    ///
    /// # Errors
    /// Says which of these does not hold: [`CsrError::Malformed`], [`CsrError::KeyKind`],
    /// [`CsrError::Signature`] or [`CsrError::WeakKey`].
    pub fn parse(der: &[u8]) -> Result<Self, CsrError> {
        if der.len() > MAX_LENGTH {
            return Err(CsrError::Malformed);
        }
        let request = CertReq::from_der(der).map_err(|_| CsrError::Malformed)?;
        if encoded(&request)? != der {
            return Err(CsrError::Malformed);
        }
        let public_key = PublicKey::from_spki_der(&encoded(&request.info.public_key)?)
            .map_err(|_| CsrError::KeyKind)?;
        verify(&request, &public_key)?;
        if let Spki::Rsa { modulus, .. } = public_key.spki()
            && rsa_weakness::is_weak(modulus)
        {
            return Err(CsrError::WeakKey);
        }
        let info = request.info;
        Ok(Self {
            der: der.to_vec(),
            public_key,
            subject: info.subject,
            attributes: info.attributes,
        })
    }

    /// The SubjectPublicKeyInfo that a request is for. Nothing of it is verified: for who passes a
    /// request on to a provider, which verifies it.
    ///
    /// # Errors
    /// [`CsrError::Malformed`].
    pub fn claimed_spki(der: &[u8]) -> Result<Vec<u8>, CsrError> {
        if der.len() > MAX_LENGTH {
            return Err(CsrError::Malformed);
        }
        let request = CertReq::from_der(der).map_err(|_| CsrError::Malformed)?;
        encoded(&request.info.public_key)
    }

    /// Checks the request against its mapping.
    ///
    /// # Errors
    /// Says what does not fit: [`CsrError::PublicKeyMismatch`], [`CsrError::KeyAlgorithm`],
    /// [`CsrError::Subject`] or [`CsrError::Extension`].
    pub fn check(&self, policy: &CsrPolicy<'_>) -> Result<(), CsrError> {
        if self.spki_der() != policy.public_key {
            return Err(CsrError::PublicKeyMismatch);
        }
        if self.algorithm() != policy.key_algorithm {
            return Err(CsrError::KeyAlgorithm);
        }
        if !subject_is(
            &self.subject,
            &subject_fields(policy.csr_content, policy.temporary_id),
        ) {
            return Err(CsrError::Subject);
        }
        let email = policy.csr_content.email.as_deref();
        if asks_for_nothing_but(&self.attributes, email) {
            Ok(())
        } else {
            Err(CsrError::Extension)
        }
    }

    /// Checks the request of a device that renews: as [`Csr::check`], and it may repeat subject and
    /// alternative names of its present certificate, DER, instead (RFC 7030, 4.2.2).
    ///
    /// # Errors
    /// As [`Csr::check`].
    pub fn check_renewal(
        &self,
        policy: &CsrPolicy<'_>,
        certificate: &[u8],
    ) -> Result<(), CsrError> {
        let found = self.check(policy);
        if !matches!(found, Err(CsrError::Subject | CsrError::Extension)) {
            return found;
        }
        let certificate = Certificate::from_der(certificate).map_err(|_| CsrError::Malformed)?;
        let tbs = certificate.tbs_certificate();
        let own = subject_fields(policy.csr_content, policy.temporary_id);
        if self.subject != *tbs.subject() && !subject_is(&self.subject, &own) {
            return Err(CsrError::Subject);
        }
        let names = tbs.extensions().and_then(|extensions| {
            let is_names = |extension: &&Extension| extension.extn_id == SubjectAltName::OID;
            extensions.iter().find(is_names)
        });
        let email = policy.csr_content.email.as_deref();
        let repeats = || names.is_some_and(|names| asks_for_names(&self.attributes, names));
        if asks_for_nothing_but(&self.attributes, email) || repeats() {
            Ok(())
        } else {
            Err(CsrError::Extension)
        }
    }

    /// The request itself.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The SubjectPublicKeyInfo of its key.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        self.public_key.spki_der()
    }

    /// Its key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The algorithm of its key.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.public_key.algorithm()
    }
}

fn verify(request: &CertReq, key: &PublicKey) -> Result<(), CsrError> {
    if request.algorithm != signature_algorithm(key.algorithm()) {
        return Err(CsrError::Signature);
    }
    let signature = request.signature.as_bytes().ok_or(CsrError::Malformed)?;
    key.verify_der(&encoded(&request.info)?, signature)
        .map_err(|_| CsrError::Signature)
}

fn encoded(part: &impl Encode) -> Result<Vec<u8>, CsrError> {
    part.to_der().map_err(|_| CsrError::Malformed)
}

/// Whether a subject has exactly these attributes in this order, one in each RDN.
fn subject_is(subject: &Name, fields: &[(ObjectIdentifier, String)]) -> bool {
    subject.iter_rdn().count() == fields.len()
        && subject.iter_rdn().zip(fields).all(|(rdn, (oid, value))| {
            rdn.len() == 1
                && rdn
                    .iter()
                    .all(|attribute| attribute_is(attribute, *oid, value))
        })
}

/// Values are compared byte by byte: what is a PrintableString is ASCII, and so is UTF-8 too.
fn attribute_is(attribute: &AttributeTypeAndValue, oid: ObjectIdentifier, value: &str) -> bool {
    let printable = match attribute.value.tag() {
        Tag::PrintableString => true,
        Tag::Utf8String => false,
        _ => return false,
    };
    let string_type_is_allowed = if printable {
        attribute
            .value
            .decode_as::<der::asn1::PrintableStringRef<'_>>()
            .is_ok()
    } else {
        oid != rfc4519::C
    };
    attribute.oid == oid && string_type_is_allowed && attribute.value.value() == value.as_bytes()
}

/// Whether the only attribute is a request for one extension, a subjectAltName that has the
/// enrollment desk's address and nothing else; or there is none at all.
fn asks_for_nothing_but(attributes: &Attributes, email: Option<&str>) -> bool {
    match (attributes.as_slice(), email) {
        ([], _) => true,
        ([attribute], Some(email)) if attribute.oid == ExtensionReq::OID => {
            matches!(attribute.values.as_slice(), [value] if asks_for_email(value, email))
        }
        _ => false,
    }
}

/// Whether a list of extensions is the one that a request has for this address. What is allowed
/// has one DER form, so that form is compared.
fn asks_for_email(extensions: &Any, email: &str) -> bool {
    email_extension(email)
        .and_then(|extension| Any::encode_from(&vec![extension]))
        .is_ok_and(|allowed| allowed == *extensions)
}

/// Whether the only attribute is a request for these alternative names and nothing else.
fn asks_for_names(attributes: &Attributes, names: &Extension) -> bool {
    let [attribute] = attributes.as_slice() else {
        return false;
    };
    let [value] = attribute.values.as_slice() else {
        return false;
    };
    let asked: Result<Vec<Extension>, _> = value.decode_as();
    attribute.oid == ExtensionReq::OID
        && matches!(asked.as_deref(), Ok([one])
            if one.extn_id == names.extn_id && one.extn_value == names.extn_value)
}

#[cfg(test)]
mod tests;
