//! Calls to the portal (protocol, HTTP).

use std::{path::Path, sync::Arc, time::Duration};

use gridpass_protocol::{
    Directory, ManualLookup, Origin, Problem, ProblemName, SealedPayload, TemporaryId,
};
use rustls::crypto::aws_lc_rs;
use serde::de::DeserializeOwned;
use ureq::{
    Agent, Body, RequestBuilder,
    config::Config,
    http::{HeaderMap, Response, header},
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
    typestate::{WithBody, WithoutBody},
};

/// How long a call may take beside the time that it was asked to wait.
const PATIENCE: Duration = Duration::from_secs(30);
/// No answer is longer, in bytes.
const MOST: u64 = 256 * 1024;
/// When to come back if the portal does not say, in seconds.
const RETRY_AFTER: u64 = 60;
/// A portal that asks for more time than this is asked again earlier, in seconds.
const LONGEST_RETRY_AFTER: u64 = 60 * 60;

/// Why a call brought nothing usable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// Nobody answered.
    #[error("the portal cannot be reached: {0}")]
    Offline(String),
    /// Somebody answered, not in the way of a portal.
    #[error("what answered is no portal, or one in trouble (status {status})")]
    Unavailable { status: u16, retry_after: u64 },
    /// The portal refused.
    #[error("{}", refusal(.0))]
    Refused(Box<Problem>),
}

fn refusal(problem: &Problem) -> String {
    match &problem.reason {
        Some(reason) => format!("{} ({reason})", problem.detail),
        None => problem.detail.clone(),
    }
}

impl CallError {
    /// The portal's own word for it.
    pub(crate) fn problem(&self) -> Option<ProblemName> {
        match self {
            Self::Refused(problem) => Some(problem.name),
            _ => None,
        }
    }

    /// Seconds after which the portal wants to be asked again, when it says so.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        let seconds = match self {
            Self::Refused(problem) => problem.retry_after?,
            Self::Unavailable { retry_after, .. } => *retry_after,
            Self::Offline(_) => return None,
        };
        Some(seconds.clamp(1, LONGEST_RETRY_AFTER))
    }
}

impl From<ureq::Error> for CallError {
    fn from(error: ureq::Error) -> Self {
        Self::Offline(error.to_string())
    }
}

/// What kind of answer is looked for.
#[derive(Clone, Copy)]
pub(crate) enum Media {
    Json,
    Jose,
    /// Certificates of EST (RFC 7030, 4.1.3).
    CertsOnly,
}

impl Media {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Jose => "application/jose",
            Self::CertsOnly => "application/pkcs7-mime",
        }
    }
}

/// The way to a portal.
pub(crate) struct Portal {
    agent: Agent,
}

/// The file of trusted roots is of no use.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {why}")]
pub(crate) struct RootsError {
    file: String,
    why: String,
}

impl Portal {
    /// A portal is believed over https when a public CA vouches for its name, or one in the file
    /// of `roots`.
    pub(crate) fn new(roots: Option<&Path>) -> Result<Self, RootsError> {
        let roots = match roots {
            Some(file) => RootCerts::new_with_certs(&read_roots(file)?),
            None => RootCerts::WebPki,
        };
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
            .root_certs(roots)
            .build();
        let config = Config::builder()
            .tls_config(tls)
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("gridpass-gateway/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            agent: Agent::new_with_config(config),
        })
    }

    /// The providers of a portal with their certificates.
    pub(crate) fn directory(&self, origin: &Origin) -> Result<Directory, CallError> {
        self.read(&format!("{origin}/.well-known/gridpass"))
    }

    /// The sealed label of a manual code.
    pub(crate) fn manual_payload(
        &self,
        origin: &Origin,
        lookup: &ManualLookup,
    ) -> Result<SealedPayload, CallError> {
        self.read(&format!("{origin}/api/v1/manual/{lookup}"))
    }

    /// Posts a sealed confirmation; the sealed answer.
    pub(crate) fn confirm(
        &self,
        origin: &Origin,
        temporary_id: &TemporaryId,
        confirmation: &str,
    ) -> Result<String, CallError> {
        let url = format!("{origin}/api/v1/enrollments/{temporary_id}/confirmation");
        self.post(&url, confirmation, Duration::ZERO)
    }

    /// Posts a sealed message; the sealed answer, for which the portal may wait that long
    /// (RFC 7240, 4.3).
    pub(crate) fn speak(
        &self,
        url: &str,
        message: &str,
        wait: Duration,
    ) -> Result<String, CallError> {
        self.post(url, message, wait)
    }

    fn read<T: DeserializeOwned>(&self, url: &str) -> Result<T, CallError> {
        let request: RequestBuilder<WithoutBody> = self.agent.get(url);
        let text = accepted(request.call()?, Media::Json)?;
        serde_json::from_str(&text).map_err(|_| CallError::Unavailable {
            status: 200,
            retry_after: RETRY_AFTER,
        })
    }

    fn post(&self, url: &str, jwe: &str, wait: Duration) -> Result<String, CallError> {
        let mut request: RequestBuilder<WithBody> = self
            .agent
            .post(url)
            .config()
            .timeout_global(Some(PATIENCE + wait))
            .build()
            .header(header::CONTENT_TYPE, Media::Jose.as_str());
        if !wait.is_zero() {
            request = request.header("prefer", format!("wait={}", wait.as_secs()));
        }
        accepted(request.send(jwe)?, Media::Jose)
    }
}

/// Whether an origin may be spoken with: over https, or on this very machine.
pub(crate) fn is_safe(origin: &Origin) -> bool {
    origin.is_https() || origin.is_loopback()
}

/// The body of a good answer of this kind.
pub(crate) fn accepted(mut response: Response<Body>, wanted: Media) -> Result<String, CallError> {
    let status = response.status();
    let media = media_type(response.headers());
    let unavailable = CallError::Unavailable {
        status: status.as_u16(),
        retry_after: retry_after(response.headers()),
    };
    let text = response
        .body_mut()
        .with_config()
        .limit(MOST)
        .read_to_string()?;
    if status.is_success() && media == wanted.as_str() {
        return Ok(text);
    }
    if !status.is_success() && media == "application/problem+json" {
        return Err(serde_json::from_str(&text).map_or(unavailable, CallError::Refused));
    }
    Err(unavailable)
}

fn media_type(headers: &HeaderMap) -> String {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok()?.split(';').next())
        .map(|media| media.trim().to_ascii_lowercase())
        .unwrap_or_default()
}

/// In seconds; a date is answered by the default (RFC 9110, 10.2.3 allows both).
pub(crate) fn retry_after(headers: &HeaderMap) -> u64 {
    headers
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .unwrap_or(RETRY_AFTER)
}

fn read_roots(file: &Path) -> Result<Vec<Certificate<'static>>, RootsError> {
    let failed = |why: String| RootsError {
        file: file.display().to_string(),
        why,
    };
    let pem = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
    let mut roots = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(root) = item.map_err(|error| failed(error.to_string()))? {
            roots.push(root);
        }
    }
    if roots.is_empty() {
        return Err(failed("holds no certificate".to_owned()));
    }
    Ok(roots)
}
