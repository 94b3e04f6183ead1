//! Another CA behind this installation, over EST (RFC 7030, with RFC 8951): Gridpass is its
//! registration authority.
//!
//! The request of a device goes upstream as it came: it is signed by the device's key, and its
//! subject is what the protocol says. What comes back is believed only if it is of that key,
//! keeps to the profile and chains to a configured anchor.

mod client;
mod judge;

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use der::Decode;
use gridpass_protocol::UnixTime;
use serde::Deserialize;
use x509_cert::Certificate;

pub use self::judge::UpstreamFinding;
use self::{
    client::{Answer, Client, EstError},
    judge::{Judge, Wanted},
};
use super::{
    CaError, CertificateAuthority, CertificateProfile, CertificateRequest, CrlShard,
    IssuedCertificate, Issuer, profile::unix_time,
};
use crate::{enrollment::Serial, places::Places, vault::sha256};

/// How long the certificates that the CA publishes are taken for current, in seconds.
const CURRENT: u64 = 60 * 60;

/// Requests that may wait for the CA at once, one thread each. More are told to come back: a CA
/// that hangs must not take every thread from those who need none, nor all turns of one client.
const MOST_AT_ONCE: usize = 16;

/// When these come back, in seconds.
const CROWDED: u64 = 5;

/// Where the CA is, and as whom Gridpass comes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EstConfig {
    /// `https://<host>/.well-known/est`, with a label if the CA has several (RFC 7030, 3.2.2).
    pub url: String,
    /// PEM: the roots that certificates of devices chain to (the explicit trust anchors of RFC
    /// 7030, 3.6.1).
    pub trust_anchors: PathBuf,
    /// PEM: the roots that the server's TLS certificate chains to; without it the same.
    #[serde(default)]
    pub tls_anchors: Option<PathBuf>,
    /// PEM: the certificate of the registration authority, for TLS (RFC 7030, 3.3.2).
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// PEM: its key.
    #[serde(default)]
    pub key: Option<PathBuf>,
    /// For HTTP Basic (RFC 7030, 3.2.3).
    #[serde(default)]
    pub username: Option<String>,
    /// A file with its password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
}

impl EstConfig {
    /// What is wrong with it: the setting, and why.
    pub(crate) fn problem(
        &self,
        profile: &CertificateProfile,
    ) -> Option<(&'static str, &'static str)> {
        if !self.url.starts_with("https://") || self.url.ends_with('/') {
            return Some((
                "url",
                "https://… without a slash at its end (RFC 7030, 3.3)",
            ));
        }
        if self.certificate.is_some() != self.key.is_some() {
            return Some(("key", "certificate and key go together"));
        }
        if self.username.is_some() != self.password_file.is_some() {
            return Some(("password_file", "username and password_file go together"));
        }
        if self.certificate.is_none() && self.username.is_none() {
            return Some((
                "certificate",
                "the CA has to know who asks (RFC 7030, 3.2.3 and 3.3.2): certificate and key, or username and password_file",
            ));
        }
        if !profile.device_names.is_empty() {
            return Some((
                "url",
                "an upstream CA cannot be told the names of profile.device_names: the device's request does not ask for them",
            ));
        }
        None
    }
}

/// What was read of the certificates that the CA publishes.
struct Published {
    certificates: Vec<Vec<u8>>,
    at: UnixTime,
}

/// A CA that is reached over EST.
pub(crate) struct EstAuthority {
    client: Client,
    judge: Judge,
    published: Mutex<Option<Arc<Published>>>,
    places: Places,
}

impl EstAuthority {
    /// Reads the files that the configuration names. Asks the CA nothing yet.
    pub(crate) fn new(config: &EstConfig, profile: &CertificateProfile) -> Result<Self, String> {
        Ok(Self {
            judge: Judge::new(client::read_certificates(&config.trust_anchors)?, profile)?,
            client: Client::new(config)?,
            published: Mutex::default(),
            places: Places::new(MOST_AT_ONCE),
        })
    }

    fn known(&self) -> Option<Arc<Published>> {
        self.published
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads anew what the CA publishes (RFC 7030, 4.1): its chain may have changed.
    fn read_published(&self, now: UnixTime) -> Result<Arc<Published>, EstError> {
        let read = Arc::new(Published {
            certificates: self.client.ca_certificates()?,
            at: now,
        });
        *self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&read));
        Ok(read)
    }

    fn current(&self, now: UnixTime) -> Result<Arc<Published>, EstError> {
        match self.known() {
            Some(known) if now.since(known.at) < CURRENT => Ok(known),
            _ => self.read_published(now),
        }
    }

    /// The chain above a certificate. If it does not hold with what is known of the CA, it is
    /// looked at once more with what the CA publishes now.
    fn judged(
        &self,
        certificate: &[u8],
        request: &CertificateRequest<'_>,
    ) -> Result<Vec<Vec<u8>>, CaError> {
        let wanted = Wanted {
            spki: request.spki,
            csr: request.csr,
            now: request.now,
            days: request.days,
        };
        self.judge.lint(certificate, &wanted)?;
        let known = self.current(request.now)?;
        // The clock of the CA may be ahead of ours; by how much at most, the lint has looked.
        let at = request.now.max(begin_of(certificate)?);
        match self.judge.chain(certificate, &known.certificates, at) {
            Ok(chain) => Ok(chain),
            Err(_) => {
                let now = self.read_published(request.now)?;
                Ok(self.judge.chain(certificate, &now.certificates, at)?)
            }
        }
    }
}

impl fmt::Debug for EstAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EstAuthority").finish_non_exhaustive()
    }
}

impl CertificateAuthority for EstAuthority {
    fn issue(&self, request: &CertificateRequest<'_>) -> Result<IssuedCertificate, CaError> {
        let Some(_place) = self.places.take() else {
            return Err(CaError::Later {
                why: "as many requests as may wait for the upstream CA do".to_owned(),
                retry_after: CROWDED,
            });
        };
        let certificates = match self.client.enroll(request.csr)? {
            Answer::Issued(certificates) => certificates,
            Answer::Later { retry_after } => {
                return Err(CaError::Later {
                    why: "the request waits at the upstream CA".to_owned(),
                    retry_after,
                });
            }
        };
        // RFC 7030, 4.2.3: the certificate alone. Some send its chain as well.
        let der = certificates
            .into_iter()
            .find(|certificate| judge::is_of_key(certificate, request.spki))
            .ok_or(UpstreamFinding::Key)?;
        let chain = self.judged(&der, request)?;
        let certificate = Certificate::from_der(&der).map_err(|_| UpstreamFinding::Malformed)?;
        let tbs = certificate.tbs_certificate();
        // DER puts a zero before a number whose first bit is set.
        let serial = tbs.serial_number().as_bytes();
        let serial = serial.strip_prefix(&[0]).unwrap_or(serial);
        Ok(IssuedCertificate {
            serial: Serial::from_bytes(serial).ok_or(UpstreamFinding::Serial)?,
            not_after: unix_time(&tbs.validity().not_after),
            issuer: sha256(&chain[0]),
            // The upstream CA publishes what is revoked.
            crl_shard: CrlShard::WHOLE,
            der,
        })
    }

    fn chain(&self, certificate: &[u8]) -> Vec<Vec<u8>> {
        // It was judged when it was issued: that its time has ended since changes no issuer.
        let Ok(begin) = begin_of(certificate) else {
            return Vec::new();
        };
        let known = self.known().or_else(|| self.read_published(begin).ok());
        known
            .and_then(|known| {
                self.judge
                    .chain(certificate, &known.certificates, begin)
                    .ok()
            })
            .unwrap_or_default()
    }

    fn published(&self) -> Vec<Vec<u8>> {
        let mut published: Vec<_> = self.known().map_or_else(Vec::new, |known| {
            known
                .certificates
                .iter()
                .filter(|certificate| !self.judge.anchors().contains(certificate))
                .cloned()
                .collect()
        });
        published.extend(self.judge.anchors().iter().cloned());
        published
    }

    /// None: the upstream CA says which of its certificates are revoked.
    fn issuers(&self) -> Vec<Arc<Issuer>> {
        Vec::new()
    }

    fn tend(&self, now: UnixTime) {
        if let Err(error) = self.current(now) {
            tracing::warn!(%error, "the certificates of the upstream CA cannot be read for now");
        }
    }
}

fn begin_of(certificate: &[u8]) -> Result<UnixTime, UpstreamFinding> {
    let certificate = Certificate::from_der(certificate).map_err(|_| UpstreamFinding::Malformed)?;
    Ok(unix_time(
        &certificate.tbs_certificate().validity().not_before,
    ))
}

impl From<EstError> for CaError {
    fn from(error: EstError) -> Self {
        match error {
            EstError::Busy { retry_after } => Self::Later {
                why: error.to_string(),
                retry_after,
            },
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<UpstreamFinding> for CaError {
    fn from(finding: UpstreamFinding) -> Self {
        Self::Upstream(finding)
    }
}
