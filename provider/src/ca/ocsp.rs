//! Answers about single certificates (OCSP, RFC 6960): the messages, read and written, and the
//! certificate of whoever signs them.

use aws_lc_rs::digest;
use const_oid::{
    ObjectIdentifier,
    db::{
        rfc5280::ID_KP_OCSP_SIGNING,
        rfc5912::{ECDSA_WITH_SHA_256, ID_SHA_1, ID_SHA_256},
        rfc6960::{ID_PKIX_OCSP_BASIC, ID_PKIX_OCSP_NOCHECK, ID_PKIX_OCSP_NONCE},
    },
};
use der::{
    AnyRef, Choice, Decode, Encode, Enumerated, Sequence,
    asn1::{BitStringRef, GeneralizedTime, Null, OctetString, OctetStringRef, UintRef},
};
use gridpass_protocol::{PrivateKey, UnixTime};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use x509_cert::ext::{
    Extension,
    pkix::{ExtendedKeyUsage, KeyUsage, KeyUsages},
};

use super::{
    Issuer,
    key::AuthorityKeyError,
    profile::{
        Criticality, Draft, authority_key_identifier, common_name, extension, make_serial, sign,
        subject_key_identifier, validity,
    },
    signer::SignError,
};
use crate::{enrollment::Serial, random::Random, vault::sha256};

/// Certificates that one request may ask for.
const MOST_ASKED: usize = 16;

/// A nonce has 1 to 128 octets (RFC 9654, 2.1).
const LONGEST_NONCE: usize = 128;

/// How long a responder's certificate is good, in seconds.
pub(crate) const RESPONDER_LIFETIME: u64 = 7 * 24 * 60 * 60;

/// How far it begins in the past: clocks of those who ask differ.
const BACKDATED: u64 = 5 * 60;

/// `OCSPRequest` (RFC 6960, 4.1.1).
#[derive(Sequence)]
struct OcspRequest<'a> {
    tbs: TbsRequest<'a>,
    /// Who asks does not matter: what is answered is public.
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    signature: Option<AnyRef<'a>>,
}

#[derive(Sequence)]
struct TbsRequest<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", default = "v1")]
    version: u8,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    requestor: Option<AnyRef<'a>>,
    list: Vec<SingleRequest<'a>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<Extension>>,
}

#[derive(Sequence)]
struct SingleRequest<'a> {
    certificate: CertId<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<Extension>>,
}

/// `CertID` (RFC 6960, 4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Sequence)]
pub(crate) struct CertId<'a> {
    hash: AlgorithmIdentifierRef<'a>,
    issuer_name: &'a OctetStringRef,
    issuer_key: &'a OctetStringRef,
    serial: UintRef<'a>,
}

const fn v1() -> u8 {
    0
}

/// What somebody asks.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// Not empty.
    pub(crate) certificates: Vec<CertId<'a>>,
    /// To be repeated in the answer.
    pub(crate) nonce: Option<Vec<u8>>,
}

/// The bytes are no request, or none that is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an OCSP request")]
pub(crate) struct Malformed;

impl<'a> Asked<'a> {
    /// Reads an `OCSPRequest`, DER.
    ///
    /// # Errors
    /// It is none, of another version, asks for nothing or for too much, has a nonce of no or of
    /// more than 128 octets (RFC 9654, 2.1), or an extension that is critical and unknown.
    pub(crate) fn read(der: &'a [u8]) -> Result<Self, Malformed> {
        let request = OcspRequest::from_der(der).map_err(|_| Malformed)?;
        let TbsRequest {
            version,
            list,
            extensions,
            ..
        } = request.tbs;
        if version != v1() || !(1..=MOST_ASKED).contains(&list.len()) {
            return Err(Malformed);
        }
        let unknown =
            |extension: &Extension| extension.critical && extension.extn_id != ID_PKIX_OCSP_NONCE;
        let extensions = extensions.unwrap_or_default();
        let singles = list.iter().filter_map(|one| one.extensions.as_ref());
        if extensions.iter().chain(singles.flatten()).any(unknown) {
            return Err(Malformed);
        }
        Ok(Self {
            certificates: list.into_iter().map(|one| one.certificate).collect(),
            nonce: read_nonce(&extensions)?,
        })
    }
}

fn read_nonce(extensions: &[Extension]) -> Result<Option<Vec<u8>>, Malformed> {
    let mut nonces = extensions
        .iter()
        .filter(|extension| extension.extn_id == ID_PKIX_OCSP_NONCE);
    let Some(nonce) = nonces.next() else {
        return Ok(None);
    };
    if nonces.next().is_some() {
        return Err(Malformed);
    }
    let nonce = <&OctetStringRef>::from_der(nonce.extn_value.as_bytes()).map_err(|_| Malformed)?;
    if !(1..=LONGEST_NONCE).contains(&nonce.as_bytes().len()) {
        return Err(Malformed);
    }
    Ok(Some(nonce.as_bytes().to_vec()))
}

impl CertId<'_> {
    /// Whether this issuer is the one that is named.
    pub(crate) fn names(&self, issuer: &Issuer) -> bool {
        let hash: fn(&[u8]) -> Vec<u8> = match self.hash.oid {
            ID_SHA_1 => |bytes| sha1(bytes).to_vec(),
            ID_SHA_256 => |bytes| sha256(bytes).to_vec(),
            _ => return false,
        };
        let Ok(spki) = SubjectPublicKeyInfoRef::from_der(issuer.signer().spki_der()) else {
            return false;
        };
        hash(issuer.subject_der()) == self.issuer_name.as_bytes()
            && hash(spki.subject_public_key.raw_bytes()) == self.issuer_key.as_bytes()
    }

    /// The serial number; `None` for 0, which no certificate has.
    pub(crate) fn serial(&self) -> Option<Serial> {
        Serial::from_bytes(self.serial.as_bytes())
    }

    /// Its bytes, to know an answer again.
    pub(crate) fn to_bytes(self) -> der::Result<Vec<u8>> {
        self.to_der()
    }
}

fn sha1(bytes: &[u8]) -> [u8; 20] {
    // Names things here, as the standard has it; nothing rests on it.
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes);
    let mut bytes = [0; 20];
    bytes.copy_from_slice(hash.as_ref());
    bytes
}

/// How a certificate stands (RFC 6960, 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Nothing stands against it.
    Good,
    /// It is revoked or on hold.
    Revoked {
        /// Since when.
        at: UnixTime,
        /// CRLReason.
        code: u8,
    },
    /// The issuer knows of no such certificate.
    Unknown,
}

/// `OCSPResponse` (RFC 6960, 4.2.1).
#[derive(Sequence)]
struct OcspResponse<'a> {
    status: ResponseStatus,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    bytes: Option<ResponseBytes<'a>>,
}

/// `OCSPResponseStatus`: why there is no answer, or that there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enumerated)]
#[asn1(type = "ENUMERATED")]
#[repr(u8)]
pub(crate) enum ResponseStatus {
    Successful = 0,
    MalformedRequest = 1,
    TryLater = 3,
    Unauthorized = 6,
}

impl ResponseStatus {
    /// The answer that says this and nothing else, DER.
    pub(crate) fn to_answer(self) -> Vec<u8> {
        let response = OcspResponse {
            status: self,
            bytes: None,
        };
        response
            .to_der()
            .expect("a sequence of one small number can be encoded")
    }
}

#[derive(Sequence)]
struct ResponseBytes<'a> {
    kind: ObjectIdentifier,
    response: &'a OctetStringRef,
}

/// `BasicOCSPResponse`.
#[derive(Sequence)]
struct BasicResponse<'a> {
    data: AnyRef<'a>,
    signature_algorithm: AlgorithmIdentifierRef<'a>,
    signature: BitStringRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    certificates: Vec<AnyRef<'a>>,
}

#[derive(Sequence)]
struct ResponseData<'a> {
    responder: ResponderId<'a>,
    produced_at: GeneralizedTime,
    responses: Vec<SingleResponse<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<Extension>>,
}

/// `ResponderID`, always by key.
#[derive(Choice)]
enum ResponderId<'a> {
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", constructed = "true")]
    ByKey(&'a OctetStringRef),
}

#[derive(Sequence)]
struct SingleResponse<'a> {
    certificate: CertId<'a>,
    status: CertStatus,
    this_update: GeneralizedTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    next_update: Option<GeneralizedTime>,
}

#[derive(Choice)]
enum CertStatus {
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    Good(Null),
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true")]
    Revoked(RevokedInfo),
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT")]
    Unknown(Null),
}

#[derive(Sequence)]
struct RevokedInfo {
    at: GeneralizedTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    reason: Option<Reason>,
}

/// `CRLReason`, of those that are given here.
#[derive(Clone, Copy, Enumerated)]
#[asn1(type = "ENUMERATED")]
#[repr(u8)]
enum Reason {
    KeyCompromise = 1,
    Superseded = 4,
    CessationOfOperation = 5,
    CertificateHold = 6,
}

impl Status {
    fn to_cert_status(self) -> der::Result<CertStatus> {
        Ok(match self {
            Self::Good => CertStatus::Good(Null),
            Self::Unknown => CertStatus::Unknown(Null),
            Self::Revoked { at, code } => CertStatus::Revoked(RevokedInfo {
                at: generalized(at)?,
                reason: match code {
                    1 => Some(Reason::KeyCompromise),
                    4 => Some(Reason::Superseded),
                    5 => Some(Reason::CessationOfOperation),
                    6 => Some(Reason::CertificateHold),
                    _ => None,
                },
            }),
        })
    }
}

/// When an answer was made, and until when it is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) this_update: UnixTime,
    pub(crate) next_update: UnixTime,
}

/// Signs answers for one issuer, with a key and a certificate of its own (RFC 6960, 4.2.2.2).
/// The certificate is short-lived and not to be checked itself (4.2.2.2.1).
pub(crate) struct Responder {
    key: PrivateKey,
    key_hash: [u8; 20],
    certificate: Vec<u8>,
    not_before: UnixTime,
    not_after: UnixTime,
}

impl Responder {
    /// A new one, with a new key. The issuer's key signs its certificate.
    ///
    /// # Errors
    /// It does not sign now.
    pub(crate) fn make(
        issuer: &Issuer,
        now: UnixTime,
        random: &mut Random<'_>,
    ) -> Result<Self, MakeResponderError> {
        let key = PrivateKey::make_p256(random);
        let not_before = now.minus(BACKDATED).max(issuer.not_before());
        let not_after = now.plus(RESPONDER_LIFETIME).min(issuer.not_after());
        let serial = make_serial(random);
        let spki = SubjectPublicKeyInfoRef::from_der(key.spki_der())?;
        let key_hash = sha1(spki.subject_public_key.raw_bytes());
        let draft = Draft {
            serial: &serial,
            issuer: issuer.subject_der(),
            // A name of its own: each has its own key.
            subject: &common_name(&format!("OCSP responder {serial}"))?,
            spki: key.spki_der(),
            validity: validity(not_before, not_after)?,
            extensions: vec![
                extension(
                    Criticality::Critical,
                    &KeyUsage(KeyUsages::DigitalSignature.into()),
                )?,
                extension(
                    Criticality::NonCritical,
                    &ExtendedKeyUsage(vec![ID_KP_OCSP_SIGNING]),
                )?,
                Extension {
                    extn_id: ID_PKIX_OCSP_NOCHECK,
                    critical: false,
                    extn_value: OctetString::new(Null.to_der()?)?,
                },
                subject_key_identifier(key.spki_der())?,
                authority_key_identifier(*issuer.key_identifier())?,
            ],
        };
        let signer = issuer.signer();
        let certificate = sign(&draft.to_der(signer.algorithm())?, signer)?;
        Ok(Self {
            key,
            key_hash,
            certificate,
            not_before,
            not_after,
        })
    }

    /// Whether it signs answers that are good from `from` to `until`. One that was made under a
    /// clock that ran ahead is good later.
    pub(crate) fn is_good(&self, from: UnixTime, until: UnixTime) -> bool {
        self.not_before <= from && until <= self.not_after
    }

    /// Whether more than half of its time is left.
    pub(crate) fn is_fresh(&self, now: UnixTime) -> bool {
        now.plus(RESPONDER_LIFETIME / 2) < self.not_after
    }

    /// The whole answer, DER.
    ///
    /// # Errors
    /// Something cannot be encoded.
    pub(crate) fn answer(
        &self,
        statuses: &[(CertId<'_>, Status)],
        nonce: Option<&[u8]>,
        period: Period,
    ) -> Result<Vec<u8>, SignError> {
        let this_update = generalized(period.this_update)?;
        let next_update = generalized(period.next_update)?;
        let responses = statuses
            .iter()
            .map(|(certificate, status)| {
                Ok(SingleResponse {
                    certificate: *certificate,
                    status: status.to_cert_status()?,
                    this_update,
                    next_update: Some(next_update),
                })
            })
            .collect::<der::Result<_>>()?;
        let data = ResponseData {
            responder: ResponderId::ByKey(OctetStringRef::new(&self.key_hash)?),
            produced_at: this_update,
            responses,
            extensions: nonce.map(nonce_extension).transpose()?.map(|one| vec![one]),
        }
        .to_der()?;
        let signature = self.key.sign_der(&data)?;
        let basic = BasicResponse {
            data: AnyRef::from_der(&data)?,
            signature_algorithm: AlgorithmIdentifierRef {
                oid: ECDSA_WITH_SHA_256,
                parameters: None,
            },
            signature: BitStringRef::from_bytes(&signature)?,
            certificates: vec![AnyRef::from_der(&self.certificate)?],
        }
        .to_der()?;
        let response = OcspResponse {
            status: ResponseStatus::Successful,
            bytes: Some(ResponseBytes {
                kind: ID_PKIX_OCSP_BASIC,
                response: OctetStringRef::new(&basic)?,
            }),
        };
        Ok(response.to_der()?)
    }
}

/// A responder could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MakeResponderError {
    #[error(transparent)]
    Sign(#[from] SignError),
    #[error(transparent)]
    Key(#[from] AuthorityKeyError),
    #[error("its certificate cannot be encoded: {0}")]
    Encode(#[from] der::Error),
}

fn nonce_extension(nonce: &[u8]) -> der::Result<Extension> {
    let inner = OctetStringRef::new(nonce)?.to_der()?;
    Ok(Extension {
        extn_id: ID_PKIX_OCSP_NONCE,
        critical: false,
        extn_value: OctetString::new(inner)?,
    })
}

fn generalized(time: UnixTime) -> der::Result<GeneralizedTime> {
    GeneralizedTime::from_unix_duration(std::time::Duration::from_secs(time.0))
}
