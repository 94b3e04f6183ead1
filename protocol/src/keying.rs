//! Keying: the device makes its key pair and its certificate request (protocol, stage 6).

use std::fmt;

use const_oid::db::{rfc4519, rfc5912};
use der::{
    Any, Decode, Encode, Tag,
    asn1::{BitString, Ia5String, ObjectIdentifier, OctetString, SetOfVec},
};
use rand_core::CryptoRng;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::{
    attr::{AttributeTypeAndValue, Attributes},
    ext::{
        Extension,
        pkix::{SubjectAltName, name::GeneralName},
    },
    name::{Name, RdnSequence, RelativeDistinguishedName},
    request::{CertReq, CertReqInfo, ExtensionReq, Version},
};
use zeroize::Zeroizing;

use crate::{
    CsrContent, KeyAlgorithm, PrivateKey, PublicKey, SealedError, TemporaryId,
    label::InvalidCsrContent, primitives::ec_signature_to_der,
};

/// The key pair of a device. The private half never leaves it; wiped on drop, never shown.
pub struct DeviceKey(PrivateKey);

/// Why a key pair or a certificate request could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyingError {
    /// Not a private key of one of the key algorithms, or none could be made.
    #[error(transparent)]
    Key(#[from] SealedError),
    /// The CSR content is out of its bounds.
    #[error(transparent)]
    Content(#[from] InvalidCsrContent),
    /// The request cannot be written as DER.
    #[error("the certificate request cannot be written")]
    Encoding,
}

impl From<der::Error> for KeyingError {
    fn from(_: der::Error) -> Self {
        Self::Encoding
    }
}

impl DeviceKey {
    /// A fresh key pair. RSA takes seconds on a phone: not on the page's own thread.
    ///
    /// # Errors
    /// No key could be made: the random numbers are broken.
    pub fn make(
        rng: &mut (impl CryptoRng + ?Sized),
        algorithm: KeyAlgorithm,
    ) -> Result<Self, KeyingError> {
        Ok(Self(match algorithm {
            KeyAlgorithm::Es256 => PrivateKey::make_p256(rng),
            KeyAlgorithm::Rs2048 => PrivateKey::make_rsa(rng, 2048)?,
            KeyAlgorithm::Rs3072 => PrivateKey::make_rsa(rng, 3072)?,
        }))
    }

    /// What kind it is.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.0.algorithm()
    }

    /// The SubjectPublicKeyInfo of the public half.
    #[must_use]
    pub fn spki_der(&self) -> Vec<u8> {
        self.0.spki_der().to_vec()
    }

    /// The private half, to open and sign messages with.
    #[must_use]
    pub fn private_key(&self) -> &PrivateKey {
        &self.0
    }

    /// The PKCS#10 request for this key, DER, as [`UnsignedCsr`] says.
    ///
    /// # Errors
    /// The content is out of its bounds.
    pub fn csr(
        &self,
        content: &CsrContent,
        temporary_id: &TemporaryId,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>, KeyingError> {
        let unsigned = UnsignedCsr::new(content, temporary_id, self.0.spki_der())?;
        let signature = self.0.sign_request(&unsigned.signing_input, rng)?;
        unsigned.signed(&signature)
    }

    /// The key pair as PKCS#8. Secret.
    #[must_use]
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        self.0.to_pkcs8_der()
    }

    /// Reads a key pair back.
    ///
    /// # Errors
    /// Not a private key of one of the key algorithms.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyingError> {
        Ok(Self(PrivateKey::from_pkcs8_der(der)?))
    }
}

/// A PKCS#10 request that wants its signature, for a private key that does not leave where it was
/// made.
pub struct UnsignedCsr {
    public_key: PublicKey,
    /// The `CertificationRequestInfo` (RFC 2986, 4.1), DER.
    signing_input: Vec<u8>,
}

impl UnsignedCsr {
    /// The request for the key with this SubjectPublicKeyInfo: subject C, ST, L, O, OU as `content`
    /// says and CN = the temporary id; the e-mail address, if there is one, as subjectAltName.
    ///
    /// # Errors
    /// The content is out of its bounds, or the key is not one that the protocol uses.
    pub fn new(
        content: &CsrContent,
        temporary_id: &TemporaryId,
        spki_der: &[u8],
    ) -> Result<Self, KeyingError> {
        content.validate()?;
        let info = CertReqInfo {
            version: Version::V1,
            subject: subject(content, temporary_id)?,
            public_key: SubjectPublicKeyInfoOwned::from_der(spki_der)?,
            attributes: attributes(content)?,
        };
        Ok(Self {
            public_key: PublicKey::from_spki_der(spki_der)?,
            signing_input: info.to_der()?,
        })
    }

    /// What has to be signed: by ECDSA with SHA-256, or by RSASSA-PKCS1-v1_5 with SHA-256.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        &self.signing_input
    }

    /// The request with this signature, DER: r and s of 32 bytes each, or the RSA signature.
    ///
    /// # Errors
    /// The signature is not of this request and key.
    pub fn with_signature(self, signature: &[u8]) -> Result<Vec<u8>, KeyingError> {
        let signature = match self.public_key.algorithm() {
            KeyAlgorithm::Es256 => signature
                .try_into()
                .ok()
                .and_then(ec_signature_to_der)
                .ok_or(SealedError::Authentication)?,
            KeyAlgorithm::Rs2048 | KeyAlgorithm::Rs3072 => signature.to_vec(),
        };
        self.public_key
            .verify_der(&self.signing_input, &signature)?;
        self.signed(&signature)
    }

    /// The request with a signature as PKCS#10 carries it.
    fn signed(self, signature: &[u8]) -> Result<Vec<u8>, KeyingError> {
        let request = CertReq {
            info: CertReqInfo::from_der(&self.signing_input)?,
            algorithm: signature_algorithm(self.public_key.algorithm()),
            signature: BitString::from_bytes(signature)?,
        };
        Ok(request.to_der()?)
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey({} [redacted])", self.algorithm())
    }
}

/// The signature algorithm of requests by keys of this kind (RFC 5758, 3.2; RFC 4055, 5).
pub(crate) fn signature_algorithm(algorithm: KeyAlgorithm) -> AlgorithmIdentifierOwned {
    match algorithm {
        KeyAlgorithm::Es256 => AlgorithmIdentifierOwned {
            oid: rfc5912::ECDSA_WITH_SHA_256,
            parameters: None,
        },
        KeyAlgorithm::Rs2048 | KeyAlgorithm::Rs3072 => AlgorithmIdentifierOwned {
            oid: rfc5912::SHA_256_WITH_RSA_ENCRYPTION,
            parameters: Some(Any::null()),
        },
    }
}

/// The attributes of a subject in their order: type and value.
pub(crate) fn subject_fields(
    content: &CsrContent,
    temporary_id: &TemporaryId,
) -> Vec<(ObjectIdentifier, String)> {
    [
        (rfc4519::C, content.country.clone()),
        (rfc4519::ST, content.state.clone()),
        (rfc4519::L, content.locality.clone()),
        (rfc4519::O, content.organization.clone()),
        (rfc4519::OU, content.unit.clone()),
        (rfc4519::CN, Some(temporary_id.to_string())),
    ]
    .into_iter()
    .filter_map(|(oid, value)| Some((oid, value?)))
    .collect()
}

fn subject(content: &CsrContent, temporary_id: &TemporaryId) -> der::Result<Name> {
    let mut names = RdnSequence::default();
    for (oid, value) in subject_fields(content, temporary_id) {
        // A country is a PrintableString always (RFC 5280, appendix A).
        let tag = if oid == rfc4519::C {
            Tag::PrintableString
        } else {
            Tag::Utf8String
        };
        let value = Any::new(tag, value.as_bytes())?;
        let mut attributes = SetOfVec::new();
        attributes.insert(AttributeTypeAndValue { oid, value })?;
        names.push(RelativeDistinguishedName::from(attributes));
    }
    Name::from_der(&names.to_der()?)
}

/// The subjectAltName that names the enrollment desk (RFC 5280, 4.2.1.6).
pub(crate) fn email_extension(email: &str) -> der::Result<Extension> {
    let name = GeneralName::Rfc822Name(Ia5String::new(email)?);
    Ok(Extension {
        extn_id: rfc5912::ID_CE_SUBJECT_ALT_NAME,
        critical: false,
        extn_value: OctetString::new(SubjectAltName(vec![name]).to_der()?)?,
    })
}

fn attributes(content: &CsrContent) -> der::Result<Attributes> {
    let mut attributes = SetOfVec::new();
    if let Some(email) = &content.email {
        attributes.insert(ExtensionReq(vec![email_extension(email)?]).try_into()?)?;
    }
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Csr, CsrPolicy,
        primitives::ec_signature_from_der,
        test_support::{rng, rsa_2048},
    };

    const TEMPORARY_ID: TemporaryId = TemporaryId::from_bytes([9; 16]);

    fn keys() -> [DeviceKey; 2] {
        let rsa = DeviceKey::from_pkcs8(&rsa_2048().to_pkcs8_der()).unwrap();
        [
            DeviceKey::make(&mut rng(), KeyAlgorithm::Es256).unwrap(),
            rsa,
        ]
    }

    fn unsigned(key: &DeviceKey) -> UnsignedCsr {
        UnsignedCsr::new(&CsrContent::default(), &TEMPORARY_ID, &key.spki_der()).unwrap()
    }

    /// As a key signs that does not leave where it was made.
    fn signed_elsewhere(key: &DeviceKey) -> Vec<u8> {
        let unsigned = unsigned(key);
        let input = unsigned.signing_input();
        let signature = key.private_key().sign_request(input, &mut rng()).unwrap();
        match key.algorithm() {
            KeyAlgorithm::Es256 => ec_signature_from_der(&signature).unwrap().to_vec(),
            KeyAlgorithm::Rs2048 | KeyAlgorithm::Rs3072 => signature,
        }
    }

    #[test]
    fn a_request_that_is_signed_elsewhere_is_accepted() {
        for key in keys() {
            let request = unsigned(&key).with_signature(&signed_elsewhere(&key));
            let policy = CsrPolicy {
                csr_content: &CsrContent::default(),
                temporary_id: &TEMPORARY_ID,
                key_algorithm: key.algorithm(),
                public_key: &key.spki_der(),
            };
            let csr = Csr::parse(&request.unwrap()).unwrap();
            assert_eq!(csr.check(&policy), Ok(()));
        }
    }

    #[test]
    fn a_signature_that_is_not_of_the_request_makes_none() {
        for key in keys() {
            let mut altered = signed_elsewhere(&key);
            altered[40] ^= 1;
            for signature in [&altered[..], &altered[1..], &[]] {
                let refused = unsigned(&key).with_signature(signature);
                let expected = KeyingError::Key(SealedError::Authentication);
                assert_eq!(refused, Err(expected), "{} bytes", signature.len());
            }
        }
    }

    #[test]
    fn what_is_no_key_makes_no_request() {
        let content = CsrContent::default();
        assert!(UnsignedCsr::new(&content, &TEMPORARY_ID, &[0x30, 0]).is_err());
    }
}
