//! Enrolling over EST (RFC 7030, RFC 8951; protocol, Gateways, 2): the one-time password as HTTP
//! Basic, the certificate as answer, the settings by mutual TLS.
//!
//! The listener's certificate is from the provider's own CA, which the portal publishes; so this
//! way is as good as the portal's https and the label are.

mod tls_key;

use std::{sync::Arc, time::Duration};

use base64ct::{Base64, Encoding};
use const_oid::{ObjectIdentifier, db::rfc5911::ID_SIGNED_DATA};
use der::{AnyRef, Decode, Encode, Reader, SliceReader, Tag, TagNumber, Tagged};
use gridpass_protocol::{
    CertificateFacts, DirectoryEntry, Issuance, Otp, Settings, TemporaryId, UnixTime, b64u,
    certificate::verify_issued_by, directory::certificate_from_pem,
};
use rustls::crypto::aws_lc_rs;
use ureq::{
    Agent, Body,
    config::Config,
    http::{Response, header},
    tls::{Certificate, RootCerts, TlsConfig},
};
use uuid::Uuid;
use x509_cert::ext::pkix::{SubjectAltName, name::GeneralName};
use zeroize::Zeroizing;

use self::tls_key::Client;
use crate::{
    issuance::NotGenuine,
    keys::GatewayKey,
    portal::{self, CallError},
};

/// How long a call may take: somebody may have to look first.
const PATIENCE: Duration = Duration::from_secs(60);
/// Certificates that are read of one message, or followed to the root, at most.
const MOST: usize = 16;
const URN: &str = "urn:uuid:";

/// Why EST brought nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EstError {
    #[error("this portal does not enrol over EST; leave --est out")]
    NotServed,
    #[error(transparent)]
    Call(#[from] CallError),
    /// Somebody has to approve it first (RFC 7030, 4.2.3).
    #[error("the provider has to approve this gateway first")]
    Later { retry_after: u64 },
    #[error(transparent)]
    NotGenuine(#[from] NotGenuine),
}

/// The EST server of a provider.
pub(crate) struct Est<'a> {
    agent: Agent,
    url: &'a str,
    mtls_url: &'a str,
    anchors: Vec<Vec<u8>>,
}

impl<'a> Est<'a> {
    /// The one that a portal names for a provider.
    pub(crate) fn of(provider: &'a DirectoryEntry) -> Result<Self, EstError> {
        let (Some(url), Some(mtls_url)) = (&provider.est_url, &provider.mtls_url) else {
            return Err(EstError::NotServed);
        };
        let anchors: Vec<Vec<u8>> = provider
            .certificates
            .iter()
            .filter_map(|pem| certificate_from_pem(pem).ok())
            .collect();
        Ok(Self {
            agent: agent(&anchors, None),
            url,
            mtls_url,
            anchors,
        })
    }

    /// Posts the request with the one-time password, and gathers what belongs to the answer: the
    /// same as a sealed issuance holds.
    pub(crate) fn enroll(
        &self,
        csr: &[u8],
        key: &GatewayKey,
        (temporary_id, otp): (&TemporaryId, &Otp),
        now: UnixTime,
    ) -> Result<Issuance, EstError> {
        let pair = Zeroizing::new(format!(
            "{temporary_id}:{}",
            *Zeroizing::new(b64u(otp.as_bytes()))
        ));
        let authorization =
            Zeroizing::new(format!("Basic {}", Base64::encode_string(pair.as_bytes())));
        let answer = self
            .agent
            .post(format!("{}/simpleenroll", self.url))
            .header(header::CONTENT_TYPE, "application/pkcs10")
            .header("Content-Transfer-Encoding", "base64")
            .header(header::AUTHORIZATION, authorization.as_str())
            .send(Base64::encode_string(csr))
            .map_err(CallError::from)?;
        if answer.status().as_u16() == 202 {
            let retry_after = portal::retry_after(answer.headers());
            return Err(EstError::Later { retry_after });
        }
        let issued = certificates(answer)?;
        let certificate = issued
            .into_iter()
            .find(|der| {
                CertificateFacts::parse(der).is_ok_and(|facts| facts.spki_der == key.spki_der())
            })
            .ok_or(NotGenuine)?;
        let chain = self.chain(&certificate, now)?;
        Ok(Issuance {
            enrollment_id: enrollment_of(&certificate).ok_or(NotGenuine)?,
            settings: self.settings(&certificate, &chain, key)?,
            certificate,
            chain,
        })
    }

    /// The certificates above one, issuer first, root last (RFC 7030, 4.1).
    fn chain(&self, certificate: &[u8], now: UnixTime) -> Result<Vec<Vec<u8>>, EstError> {
        let answer = self
            .agent
            .get(format!("{}/cacerts", self.url))
            .call()
            .map_err(CallError::from)?;
        let mut known = certificates(answer)?;
        known.extend(self.anchors.iter().cloned());
        let now =
            CertificateFacts::parse(certificate).map_or(now, |facts| now.max(facts.not_before));
        let mut chain: Vec<Vec<u8>> = Vec::new();
        for _ in 0..MOST {
            let last = chain.last().map_or(certificate, Vec::as_slice);
            let issuer = known
                .iter()
                .find(|issuer| verify_issued_by(last, issuer, now).is_ok())
                .ok_or(NotGenuine)?;
            if issuer == last {
                return Ok(chain);
            }
            chain.push(issuer.clone());
        }
        Err(NotGenuine.into())
    }

    /// `GET /api/v1/device/settings` with the new certificate.
    fn settings(
        &self,
        certificate: &[u8],
        chain: &[Vec<u8>],
        key: &GatewayKey,
    ) -> Result<Settings, EstError> {
        let chain: Vec<_> = std::iter::once(certificate)
            .chain(chain.iter().map(Vec::as_slice))
            .map(|der| Certificate::from_der(der).to_owned())
            .collect();
        let agent = agent(&self.anchors, Some(tls_key::client(&chain, key)));
        let url = format!("{}/api/v1/device/settings", self.mtls_url);
        let answer = agent.get(url).call().map_err(CallError::from)?;
        let text = portal::accepted(answer, portal::Media::Json)?;
        Ok(serde_json::from_str(&text).map_err(|_| NotGenuine)?)
    }
}

fn agent(anchors: &[Vec<u8>], own: Option<Client>) -> Agent {
    let anchors: Vec<_> = anchors
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    let (own, provider) = match own {
        Some(Client { identity, provider }) => (Some(identity), provider),
        None => (None, aws_lc_rs::default_provider()),
    };
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(provider))
        .root_certs(RootCerts::new_with_certs(&anchors))
        .client_cert(own)
        .build();
    let config = Config::builder()
        .tls_config(tls)
        .timeout_global(Some(PATIENCE))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .https_only(true)
        .build();
    Agent::new_with_config(config)
}

/// The certificates of an answer: base64, whatever the transfer encoding says (RFC 8951, 3.1).
fn certificates(answer: Response<Body>) -> Result<Vec<Vec<u8>>, EstError> {
    let text = portal::accepted(answer, portal::Media::CertsOnly)?;
    let text: String = text.split_ascii_whitespace().collect();
    let der = Base64::decode_vec(&text).map_err(|_| NotGenuine)?;
    Ok(certs_only(&der).map_err(|_| NotGenuine)?)
}

/// The certificates in a `certs-only` message (RFC 5652, 5.1; RFC 8551, 3.2.2).
fn certs_only(message: &[u8]) -> der::Result<Vec<Vec<u8>>> {
    let content = AnyRef::from_der(message)?;
    let mut reader = SliceReader::new(content.value())?;
    if ObjectIdentifier::decode(&mut reader)? != ID_SIGNED_DATA {
        return Err(Tag::ObjectIdentifier.value_error().into());
    }
    let signed = AnyRef::decode(&mut reader)?;
    let signed = AnyRef::from_der(signed.value())?;
    let mut reader = SliceReader::new(signed.value())?;
    // version, digestAlgorithms, encapContentInfo
    for _ in 0..3 {
        AnyRef::decode(&mut reader)?;
    }
    let wanted = Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(0),
    };
    let mut found = Vec::new();
    while !reader.is_finished() && found.is_empty() {
        let part = AnyRef::decode(&mut reader)?;
        if part.tag() == wanted {
            let mut reader = SliceReader::new(part.value())?;
            while !reader.is_finished() && found.len() < MOST {
                found.push(AnyRef::decode(&mut reader)?.to_der()?);
            }
        }
    }
    Ok(found)
}

/// The enrollment that a certificate is of: its subjectAltName `urn:uuid:…` (protocol,
/// Certificate).
fn enrollment_of(certificate: &[u8]) -> Option<Uuid> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let (_, SubjectAltName(names)) = certificate.tbs_certificate().get_extension().ok()??;
    names.iter().find_map(|name| match name {
        GeneralName::UniformResourceIdentifier(uri) => uri.as_str().strip_prefix(URN)?.parse().ok(),
        _ => None,
    })
}
