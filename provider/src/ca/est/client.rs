//! The calls of EST that a registration authority makes.

use std::{path::Path, sync::Arc, time::Duration};

use base64ct::{Base64, Encoding};
use rustls::crypto::aws_lc_rs;
use ureq::{
    Agent, Body,
    config::Config,
    http::{HeaderMap, Response, header},
    tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem},
};
use zeroize::Zeroizing;

use super::EstConfig;
use crate::ca::pkcs7;

/// How long a call may take from end to end: less than a request of a device may.
const TIMEOUT: Duration = Duration::from_secs(12);
/// No answer is longer, in bytes.
const MOST: u64 = 256 * 1024;
/// When to come back if the CA does not say, in seconds.
const RETRY_AFTER: u64 = 60;
/// A CA that asks for more time than this is asked again earlier, in seconds.
const LONGEST_RETRY_AFTER: u64 = 24 * 60 * 60;

/// The CA did not answer as it should.
#[derive(Debug, thiserror::Error)]
pub(super) enum EstError {
    #[error("the upstream CA cannot be reached: {0}")]
    Unreachable(String),
    #[error("the upstream CA is busy")]
    Busy { retry_after: u64 },
    #[error("the upstream CA does not know this registration authority (status {0})")]
    NotAllowed(u16),
    #[error("the upstream CA refused (status {0})")]
    Refused(u16),
    #[error("the upstream CA answered something else than certificates")]
    Malformed,
}

/// What a request for a certificate is answered.
pub(super) enum Answer {
    Issued(Vec<Vec<u8>>),
    /// It is being looked at (RFC 7030, 4.2.3).
    Later {
        retry_after: u64,
    },
}

pub(super) struct Client {
    agent: Agent,
    url: String,
    authorization: Option<Zeroizing<String>>,
}

impl Client {
    /// Reads the files that the configuration names.
    pub(super) fn new(config: &EstConfig) -> Result<Self, String> {
        let anchors = config.tls_anchors.as_ref().unwrap_or(&config.trust_anchors);
        let anchors: Vec<_> = read_certificates(anchors)?
            .iter()
            .map(|der| Certificate::from_der(der).to_owned())
            .collect();
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
            .root_certs(RootCerts::new_with_certs(&anchors))
            .client_cert(client_certificate(config)?)
            .build();
        let agent = Config::builder()
            .tls_config(tls)
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .https_only(true)
            .proxy(None)
            .user_agent("Gridpass")
            .build();
        Ok(Self {
            agent: Agent::new_with_config(agent),
            url: config.url.clone(),
            authorization: authorization(config)?,
        })
    }

    /// `GET /cacerts` (RFC 7030, 4.1).
    pub(super) fn ca_certificates(&self) -> Result<Vec<Vec<u8>>, EstError> {
        let answer = self
            .agent
            .get(format!("{}/cacerts", self.url))
            .call()
            .map_err(unreachable)?;
        match answer.status().as_u16() {
            200 => certificates(answer),
            status => Err(refusal(status, answer.headers())),
        }
    }

    /// `POST /simpleenroll` (RFC 7030, 4.2.1): base64, whatever the transfer encoding says
    /// (RFC 8951, 3.1).
    pub(super) fn enroll(&self, csr: &[u8]) -> Result<Answer, EstError> {
        let mut request = self
            .agent
            .post(format!("{}/simpleenroll", self.url))
            .header(header::CONTENT_TYPE, "application/pkcs10")
            .header("Content-Transfer-Encoding", "base64");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization.as_str());
        }
        let answer = request
            .send(Base64::encode_string(csr))
            .map_err(unreachable)?;
        match answer.status().as_u16() {
            200 => certificates(answer).map(Answer::Issued),
            202 => Ok(Answer::Later {
                retry_after: retry_after(answer.headers()),
            }),
            status => Err(refusal(status, answer.headers())),
        }
    }
}

fn unreachable(error: ureq::Error) -> EstError {
    EstError::Unreachable(error.to_string())
}

fn refusal(status: u16, headers: &HeaderMap) -> EstError {
    match status {
        401 | 403 => EstError::NotAllowed(status),
        429 | 503 => EstError::Busy {
            retry_after: retry_after(headers),
        },
        _ => EstError::Refused(status),
    }
}

/// In seconds; a date is answered by the default (RFC 9110, 10.2.3 allows both).
fn retry_after(headers: &HeaderMap) -> u64 {
    headers
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map_or(RETRY_AFTER, |seconds: u64| {
            seconds.clamp(1, LONGEST_RETRY_AFTER)
        })
}

fn certificates(mut answer: Response<Body>) -> Result<Vec<Vec<u8>>, EstError> {
    let body = answer
        .body_mut()
        .with_config()
        .limit(MOST)
        .read_to_vec()
        .map_err(unreachable)?;
    let text: Vec<u8> = body
        .into_iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let text = std::str::from_utf8(&text).map_err(|_| EstError::Malformed)?;
    let der = Base64::decode_vec(text).map_err(|_| EstError::Malformed)?;
    pkcs7::certificates(&der).map_err(|_| EstError::Malformed)
}

/// The certificates of a PEM file, at least one.
pub(super) fn read_certificates(file: &Path) -> Result<Vec<Vec<u8>>, String> {
    let found: Vec<_> = items(file)?
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate.der().to_vec()),
            _ => None,
        })
        .collect();
    if found.is_empty() {
        return Err(format!("{} holds no certificate", file.display()));
    }
    Ok(found)
}

fn items(file: &Path) -> Result<Vec<PemItem<'static>>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let pem = Zeroizing::new(std::fs::read(file).map_err(|error| failed(&error))?);
    parse_pem(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| failed(&error))
}

fn client_certificate(config: &EstConfig) -> Result<Option<ClientCert>, String> {
    let Some((certificate, key)) = config.certificate.as_ref().zip(config.key.as_ref()) else {
        return Ok(None);
    };
    let chain: Vec<_> = read_certificates(certificate)?
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    let private: Option<PrivateKey<'static>> =
        items(key)?.into_iter().find_map(|item| match item {
            PemItem::PrivateKey(key) => Some(key),
            _ => None,
        });
    let private = private.ok_or_else(|| format!("{} holds no private key", key.display()))?;
    Ok(Some(ClientCert::new_with_certs(&chain, private)))
}

/// HTTP Basic (RFC 7617).
fn authorization(config: &EstConfig) -> Result<Option<Zeroizing<String>>, String> {
    let Some((user, file)) = config.username.as_ref().zip(config.password_file.as_ref()) else {
        return Ok(None);
    };
    let password = std::fs::read_to_string(file)
        .map(Zeroizing::new)
        .map_err(|error| format!("{}: {error}", file.display()))?;
    let pair = Zeroizing::new(format!(
        "{user}:{}",
        password.trim_end_matches(['\r', '\n'])
    ));
    let encoded = Zeroizing::new(Base64::encode_string(pair.as_bytes()));
    Ok(Some(Zeroizing::new(format!("Basic {}", *encoded))))
}
