//! The certificate authority: a port, and the built-in one behind it.

mod built_in;
mod certificate_profile;
mod chain;
mod crl;
mod est;
mod issuer;
mod key;
mod lint;
mod listener;
mod meter;
pub(crate) mod ocsp;
pub(crate) mod pkcs7;
mod profile;
pub(crate) mod request;
mod root;
mod signer;
#[cfg(feature = "testkit")]
pub mod testkit;
mod token;

use std::sync::Arc;

use gridpass_protocol::{DeviceId, KeyAlgorithm, UnixTime};

use crate::{enrollment::Serial, id::EnrollmentId};

pub(crate) use built_in::{
    BuiltInAuthority, MakeError, certify_issuing, issuing_name, make_private_key,
    make_provider_key, make_root,
};
pub use certificate_profile::{CertificateProfile, DeviceName, Oid, SubjectContent};
pub use chain::ChainError;
pub(crate) use chain::verify_authority_chain;
pub(crate) use crl::{CrlDraft, CrlEntry};
pub use crl::{CrlName, CrlShard};
pub(crate) use est::EstAuthority;
pub use est::{EstConfig, UpstreamFinding};
pub use issuer::{Issuer, IssuingKeyId};
pub(crate) use key::AuthorityKey;
pub use lint::Finding;
pub(crate) use listener::{Host, ListenerCertificate};
pub(crate) use meter::{CaMeter, CaMeters};
pub(crate) use root::request_to_pem;
pub use root::{
    CaKeyAlgorithm, OfflineRoot, RootError, SHORTEST_PASSPHRASE, UnknownCaKeyAlgorithm,
};
pub use signer::{SignError, SignatureAlgorithm, Signer, SoftwareSigner, verify};
pub use token::TokenConfig;
pub(crate) use token::TokenSigner;

/// What a device's certificate is to say (protocol, Certificate).
#[derive(Clone, Copy)]
pub struct CertificateRequest<'a> {
    /// Becomes the name `urn:uuid:<enrollment_id>`.
    pub enrollment_id: EnrollmentId,
    /// The PKCS#10 request of the device, DER. It has been checked: signature, key, subject.
    pub csr: &'a [u8],
    /// The public key in it, SubjectPublicKeyInfo, DER.
    pub spki: &'a [u8],
    /// What kind of key that is.
    pub key_algorithm: KeyAlgorithm,
    /// The device ID, for profiles that tell it.
    pub device_id: &'a DeviceId,
    /// The time now.
    pub now: UnixTime,
    /// How long it is to be good, in days.
    pub days: u32,
}

/// A certificate that was just issued.
#[derive(Clone, Debug)]
pub struct IssuedCertificate {
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// Its serial number.
    pub serial: Serial,
    /// Until when it is good.
    pub not_after: UnixTime,
    /// SHA-256 of the certificate that issued it.
    pub issuer: [u8; 32],
    /// The part of that one's revocation list that it names.
    pub crl_shard: CrlShard,
}

/// Why the CA issued nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaError {
    /// It does not answer, or cannot sign now.
    #[error("the CA is not available: {0}")]
    Unavailable(String),
    /// It asks to come back.
    #[error("{why}; it asks to come back in {retry_after} seconds")]
    Later {
        /// What it waits for.
        why: String,
        /// When to come back, in seconds.
        retry_after: u64,
    },
    /// An upstream CA issued something that is of no use.
    #[error("the certificate of the upstream CA is of no use: {0}")]
    Upstream(UpstreamFinding),
    /// The certificate would have broken the profile.
    #[error("the certificate to be breaks the profile: {0}")]
    Lint(#[from] Finding),
}

/// Issues device certificates.
pub trait CertificateAuthority: Send + Sync {
    /// Issues the certificate that `request` asks for. Called outside of any transaction; a
    /// certificate whose enrollment is not written afterwards was never given to anybody.
    ///
    /// # Errors
    /// Nothing was issued, and the one-time password is not spent.
    fn issue(&self, request: &CertificateRequest<'_>) -> Result<IssuedCertificate, CaError>;

    /// The certificates above one that it issued: issuer first, root last, DER.
    fn chain(&self, certificate: &[u8]) -> Vec<Vec<u8>>;

    /// Every certificate of the CA that devices may meet, DER: for the overlap of a rollover
    /// those of both issuing keys. Those of the one that issues come first.
    fn published(&self) -> Vec<Vec<u8>>;

    /// The issuing keys that have to say which of their certificates are revoked: the one that
    /// issues first, then those whose last certificate has not ended. None if another CA answers
    /// for what it issued.
    fn issuers(&self) -> Vec<Arc<Issuer>>;

    /// Called from time to time, outside of any request: a CA elsewhere may have changed.
    fn tend(&self, now: UnixTime) {
        let _ = now;
    }
}

/// When to come back if the CA does not say, in seconds.
const RETRY_AFTER: u64 = 30;

impl CaError {
    /// When to come back, in seconds.
    #[must_use]
    pub const fn retry_after(&self) -> u64 {
        match self {
            Self::Later { retry_after, .. } => *retry_after,
            Self::Unavailable(_) | Self::Upstream(_) | Self::Lint(_) => RETRY_AFTER,
        }
    }
}
