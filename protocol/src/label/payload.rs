//! The payload of a label and its deterministic CBOR (RFC 8949, 4.2.1).

use std::{fmt, str::FromStr};

use minicbor::{Decoder, Encoder, data::Type};
use serde::{Deserialize, Serialize};

use super::{CsrContent, InvalidCsrContent};
use crate::{OtpCiphertext, TemporaryId, UnixTime, primitives::sha256};

mod deterministic;

/// The version of the payload that this crate writes and reads.
const VERSION: u64 = 1;

/// What key 8 says of a label of a gateway.
const GATEWAY: u8 = 1;

/// A larger payload fits no QR code.
const MAX_LENGTH: usize = 3_000;

/// What a label carries to the device (protocol, QR payload).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Which enrollment this is.
    pub temporary_id: TemporaryId,
    /// The one-time password, hidden under the device ID.
    pub otp_ciphertext: OtpCiphertext,
    /// The key to seal the confirmation to.
    pub provider_certificate: ProviderCertificate,
    /// What the certificate request has to say.
    pub csr_content: CsrContent,
    /// What key to make.
    pub key_algorithm: KeyAlgorithm,
    /// When the label stops being of use.
    pub expires_at: UnixTime,
    /// What the label is for.
    pub kind: LabelKind,
}

/// What a label is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LabelKind {
    /// The device that reads it.
    #[default]
    Device,
    /// A gateway on the site: whoever reads it hands it over.
    Gateway,
}

/// The provider certificate as a label names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderCertificate {
    /// Profile full: the certificate itself, X.509 DER; never of 32 bytes.
    Full(Vec<u8>),
    /// Profile compact: SHA-256 of the certificate's DER.
    Fingerprint([u8; 32]),
}

impl ProviderCertificate {
    /// Whether the certificate with this DER is meant.
    #[must_use]
    pub fn matches(&self, der: &[u8]) -> bool {
        match self {
            Self::Full(own) => own == der,
            Self::Fingerprint(fingerprint) => *fingerprint == sha256(der),
        }
    }
}

/// What kind of key pair the device makes. As text: `ES256`, `RS2048`, `RS3072`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum KeyAlgorithm {
    /// P-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSA with a modulus of 2048 bits.
    #[serde(rename = "RS2048")]
    Rs2048,
    /// RSA with a modulus of 3072 bits.
    #[serde(rename = "RS3072")]
    Rs3072,
}

impl KeyAlgorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Es256, Self::Rs2048, Self::Rs3072];

    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs2048 => "RS2048",
            Self::Rs3072 => "RS3072",
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no key algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key algorithm: expected ES256, RS2048 or RS3072")]
pub struct InvalidKeyAlgorithm;

impl FromStr for KeyAlgorithm {
    type Err = InvalidKeyAlgorithm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or(InvalidKeyAlgorithm)
    }
}

/// Why bytes are not the payload of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Not one item of deterministic CBOR, or more than fits a label.
    #[error("not deterministic CBOR")]
    Cbor,
    /// A version that this crate does not know.
    #[error("made for another version of the protocol")]
    Version,
    /// A field is missing, of another type, or out of its bounds.
    #[error("the field {field} is missing or not valid")]
    Field {
        /// The name of the field.
        field: &'static str,
    },
}

impl From<InvalidCsrContent> for PayloadError {
    fn from(error: InvalidCsrContent) -> Self {
        Self::Field { field: error.field }
    }
}

impl Payload {
    /// The one deterministic encoding of this payload.
    #[must_use]
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut Encoder::new(&mut bytes))
            .expect("writing into a Vec does not fail");
        bytes
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), EncodeError> {
        let is_gateway = self.kind == LabelKind::Gateway;
        e.map(7 + u64::from(is_gateway))?.u8(1)?.u64(VERSION)?;
        e.u8(2)?.bytes(self.temporary_id.as_bytes())?;
        e.u8(3)?.bytes(self.otp_ciphertext.as_bytes())?;
        e.u8(4)?.bytes(match &self.provider_certificate {
            ProviderCertificate::Full(der) => der,
            ProviderCertificate::Fingerprint(fingerprint) => fingerprint,
        })?;
        e.u8(5)?;
        write_content(&self.csr_content, e)?;
        e.u8(6)?.str(self.key_algorithm.as_str())?;
        e.u8(7)?.u64(self.expires_at.0)?;
        // A label of a device has no such key, as before there were labels of gateways.
        if is_gateway {
            e.u8(8)?.u8(GATEWAY)?;
        }
        Ok(())
    }

    /// Reads a payload. Unknown integer keys are ignored.
    ///
    /// # Errors
    /// Anything but one item of deterministic CBOR is refused, so is another version, and so is a
    /// field that is missing, of another type or out of bounds.
    pub fn from_cbor(bytes: &[u8]) -> Result<Self, PayloadError> {
        if bytes.len() > MAX_LENGTH || !deterministic::holds(bytes) {
            return Err(PayloadError::Cbor);
        }
        let mut fields = Fields::default();
        let mut d = Decoder::new(bytes);
        for _ in 0..map_length(&mut d)? {
            match key(&mut d)? {
                1 => fields.version(&mut d)?,
                2 => fields.temporary_id = Some(byte_array(&mut d, "temporary_id")?),
                3 => fields.otp_ciphertext = Some(byte_array(&mut d, "otp_ciphertext")?),
                4 => fields.provider_certificate = Some(provider_certificate(&mut d)?),
                5 => fields.csr_content = Some(read_content(&mut d)?),
                6 => fields.key_algorithm = Some(key_algorithm(&mut d)?),
                7 => fields.expires_at = Some(expires_at(&mut d)?),
                8 => fields.kind = kind(&mut d)?,
                _ => d.skip().map_err(|_| PayloadError::Cbor)?,
            }
        }
        fields.complete()
    }
}

type EncodeError = minicbor::encode::Error<std::convert::Infallible>;

fn write_content(content: &CsrContent, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), EncodeError> {
    let fields = [
        &content.country,
        &content.state,
        &content.locality,
        &content.organization,
        &content.unit,
        &content.email,
    ];
    e.map(fields.iter().filter(|field| field.is_some()).count() as u64)?;
    for (key, value) in (1u8..).zip(fields) {
        if let Some(value) = value {
            e.u8(key)?.str(value)?;
        }
    }
    Ok(())
}

/// What has been read of a payload so far.
#[derive(Default)]
struct Fields {
    version: Option<u64>,
    temporary_id: Option<[u8; 16]>,
    otp_ciphertext: Option<[u8; 32]>,
    provider_certificate: Option<ProviderCertificate>,
    csr_content: Option<CsrContent>,
    key_algorithm: Option<KeyAlgorithm>,
    expires_at: Option<UnixTime>,
    kind: LabelKind,
}

impl Fields {
    /// Keys come in ascending order, so an unknown version is refused before anything that may
    /// mean something else in it is read.
    fn version(&mut self, d: &mut Decoder<'_>) -> Result<(), PayloadError> {
        let version = d.u64().map_err(|_| PayloadError::Version)?;
        self.version = Some(version);
        if version == VERSION {
            Ok(())
        } else {
            Err(PayloadError::Version)
        }
    }

    fn complete(self) -> Result<Payload, PayloadError> {
        let missing = |field| PayloadError::Field { field };
        self.version.ok_or(PayloadError::Version)?;
        Ok(Payload {
            temporary_id: TemporaryId::from_bytes(
                self.temporary_id.ok_or(missing("temporary_id"))?,
            ),
            otp_ciphertext: OtpCiphertext::from_bytes(
                self.otp_ciphertext.ok_or(missing("otp_ciphertext"))?,
            ),
            provider_certificate: self
                .provider_certificate
                .ok_or(missing("provider_certificate"))?,
            csr_content: self.csr_content.ok_or(missing("csr_content"))?,
            key_algorithm: self.key_algorithm.ok_or(missing("key_algorithm"))?,
            expires_at: self.expires_at.ok_or(missing("expires_at"))?,
            kind: self.kind,
        })
    }
}

fn map_length(d: &mut Decoder<'_>) -> Result<u64, PayloadError> {
    d.map().ok().flatten().ok_or(PayloadError::Cbor)
}

/// An integer key; a negative one is as unknown as a large one and reads as 0, which has no
/// meaning.
fn key(d: &mut Decoder<'_>) -> Result<u64, PayloadError> {
    let negative = matches!(
        d.datatype().map_err(|_| PayloadError::Cbor)?,
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int
    );
    if negative {
        d.int().map(|_| 0).map_err(|_| PayloadError::Cbor)
    } else {
        d.u64().map_err(|_| PayloadError::Cbor)
    }
}

fn byte_array<const N: usize>(
    d: &mut Decoder<'_>,
    field: &'static str,
) -> Result<[u8; N], PayloadError> {
    let bytes = d.bytes().map_err(|_| PayloadError::Field { field })?;
    bytes.try_into().map_err(|_| PayloadError::Field { field })
}

fn provider_certificate(d: &mut Decoder<'_>) -> Result<ProviderCertificate, PayloadError> {
    const FIELD: PayloadError = PayloadError::Field {
        field: "provider_certificate",
    };
    let bytes = d.bytes().map_err(|_| FIELD)?;
    match <[u8; 32]>::try_from(bytes) {
        Ok(fingerprint) => Ok(ProviderCertificate::Fingerprint(fingerprint)),
        Err(_) if bytes.is_empty() => Err(FIELD),
        Err(_) => Ok(ProviderCertificate::Full(bytes.to_vec())),
    }
}

fn key_algorithm(d: &mut Decoder<'_>) -> Result<KeyAlgorithm, PayloadError> {
    const FIELD: PayloadError = PayloadError::Field {
        field: "key_algorithm",
    };
    d.str().map_err(|_| FIELD)?.parse().map_err(|_| FIELD)
}

fn expires_at(d: &mut Decoder<'_>) -> Result<UnixTime, PayloadError> {
    d.u64().map(UnixTime).map_err(|_| PayloadError::Field {
        field: "expires_at",
    })
}

/// A label for something that this crate does not know is refused: it would be enrolled as
/// something else.
fn kind(d: &mut Decoder<'_>) -> Result<LabelKind, PayloadError> {
    match d.u8() {
        Ok(GATEWAY) => Ok(LabelKind::Gateway),
        _ => Err(PayloadError::Field { field: "kind" }),
    }
}

fn read_content(d: &mut Decoder<'_>) -> Result<CsrContent, PayloadError> {
    const FIELD: PayloadError = PayloadError::Field {
        field: "csr_content",
    };
    let length = map_length(d).map_err(|_| FIELD)?;
    let mut content = CsrContent::default();
    for _ in 0..length {
        let field = match key(d)? {
            1 => &mut content.country,
            2 => &mut content.state,
            3 => &mut content.locality,
            4 => &mut content.organization,
            5 => &mut content.unit,
            6 => &mut content.email,
            _ => {
                d.skip().map_err(|_| PayloadError::Cbor)?;
                continue;
            }
        };
        *field = Some(d.str().map_err(|_| FIELD)?.to_owned());
    }
    content.validate()?;
    Ok(content)
}
