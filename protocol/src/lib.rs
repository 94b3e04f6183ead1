//! What travels between a Gridpass provider and its devices, and nothing else.
//!
//! Pure: no clock, no input or output, no async. Time comes in as [`UnixTime`], randomness as
//! [`rand_core::CryptoRng`], so that every test and every test value is deterministic. The same
//! code runs in the provider's server and, as WebAssembly, in the customer's browser.
//!
//! The modules follow the stages of the protocol: [`device_id`] and [`mapping`] for what the
//! provider keeps, [`label`] for the QR and the manual code, [`keying`] and [`csr`] for what the
//! device makes, [`sealed`], [`confirmation`], [`settings`] and [`message`] for what they tell each other,
//! and [`openadr`] for what devices read and write of OpenADR.
//!
//! The feature `aws-lc` puts aws-lc-rs under the same operations, for servers. It never changes
//! behaviour.

pub mod certificate;
pub mod confirmation;
pub mod csr;
pub mod device_id;
pub mod directory;
pub mod encoding;
pub mod handover;
pub mod keying;
pub mod label;
pub mod mapping;
pub mod message;
pub mod openadr;
pub mod pkcs12;
pub mod problem;
pub mod sealed;
pub mod settings;
pub mod time;

mod primitives;

#[cfg(test)]
mod test_support;

pub use certificate::{CertificateError, CertificateFacts, Identifiers};
pub use confirmation::Confirmation;
pub use csr::{Csr, CsrError, CsrPolicy};
pub use device_id::{DeviceId, DeviceIdKind, InvalidDeviceId};
pub use directory::{Directory, DirectoryEntry, DirectoryError};
pub use encoding::{EncodingError, b64u, from_b64u};
pub use handover::{Handover, HandoverNonce, HandoverRequest};
pub use keying::{DeviceKey, KeyingError, UnsignedCsr};
pub use label::{
    CsrContent, KeyAlgorithm, LabelKind, Link, LinkError, ManualCode, ManualCodeError,
    ManualLookup, Origin, Payload, PayloadError, ProviderCertificate, SealedPayload,
};
pub use mapping::{Otp, OtpCiphertext, OtpHash, TemporaryId};
pub use message::{
    Choice, DeviceProof, Down, EventStatus, Item, MAX_DETAIL_LENGTH, MAX_MESSAGE_LENGTH,
    MessageToken, OpenedUp, Outcome, Parameters, Up, UpKind, WakeKey,
};
pub use pkcs12::Pkcs12Error;
pub use problem::{Problem, ProblemName};
pub use sealed::{JweParts, KeyAgreement, KeyId, MessageType, PrivateKey, PublicKey, SealedError};
pub use settings::{Issuance, Settings};
pub use time::UnixTime;
