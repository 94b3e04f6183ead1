//! The label: what a QR code or a manual code carries to the device (protocol, QR payload).

mod content;
pub mod digits;
mod link;
mod manual;
mod origin;
mod payload;

pub use content::{CsrContent, InvalidCsrContent};
pub use digits::DigitsError;
pub use link::{Link, LinkError};
pub use manual::{ManualCode, ManualCodeError, ManualLookup, OpenError, SealedPayload};
pub use origin::{InvalidOrigin, Origin};
pub use payload::{
    InvalidKeyAlgorithm, KeyAlgorithm, LabelKind, Payload, PayloadError, ProviderCertificate,
};

#[cfg(test)]
mod tests;
