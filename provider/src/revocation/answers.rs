//! Answers about single certificates (OCSP): one look into two indexes each, signed when they are
//! asked for, and kept for as long as they stay true.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use gridpass_protocol::{CertificateFacts, UnixTime};

use crate::{
    Gridpass,
    ca::{
        Issuer,
        ocsp::{Asked, CertId, Period, Responder, ResponseStatus, Status},
    },
    enrollment::Serial,
    installation::Provider,
    random::Random,
    store::{StoreError, revocations},
};

/// Answers that are kept at once; one has about a kilobyte. When there are more, all are
/// forgotten and those that are asked for come back.
const MOST_KEPT: usize = 20_000;

/// An answer, DER, and for how long it may be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspAnswer {
    /// `OCSPResponse`.
    pub der: Vec<u8>,
    /// Since when and until when it is good; `None` if it may not be kept: it is a refusal,
    /// answers a nonce, or tells of a certificate that nobody knows.
    pub good: Option<(UnixTime, UnixTime)>,
}

/// What the answers of an installation are made with.
#[derive(Default)]
pub(crate) struct Responders {
    /// By the fingerprint of the issuer.
    responders: Mutex<HashMap<[u8; 32], Arc<Responder>>>,
    kept: Mutex<HashMap<Question, Kept>>,
}

/// Which certificate was asked for, in which words.
#[derive(PartialEq, Eq, Hash)]
struct Question {
    issuer: [u8; 32],
    /// `CertID`, DER.
    certificate: Vec<u8>,
}

struct Kept {
    status: Status,
    period: Period,
    der: Arc<Vec<u8>>,
}

impl Gridpass {
    /// Answers an `OCSPRequest` (RFC 6960). Whatever the bytes are, there is an answer; if the
    /// database or the CA fails it says to try later.
    #[must_use]
    pub fn answer_ocsp(&self, request: &[u8]) -> OcspAnswer {
        let Ok(asked) = Asked::read(request) else {
            return refusal(ResponseStatus::MalformedRequest);
        };
        // RFC 6960, 2.3: not asked of whom it could be answered by. One answer is signed for one
        // issuer, so that all have to be of the same.
        let Some((provider, issuer)) = self.asked_issuer(&asked.certificates) else {
            return refusal(ResponseStatus::Unauthorized);
        };
        match self.answer_about(provider, &issuer, &asked) {
            Ok(answer) => answer,
            Err(error) => {
                tracing::error!(provider = %provider.config.id, %error, "no OCSP answer for now");
                refusal(ResponseStatus::TryLater)
            }
        }
    }

    fn asked_issuer(&self, asked: &[CertId<'_>]) -> Option<(&Provider, Arc<Issuer>)> {
        self.providers.iter().find_map(|provider| {
            let issuer = provider
                .issuers()
                .into_iter()
                .find(|issuer| asked.iter().all(|certificate| certificate.names(issuer)))?;
            Some((provider, issuer))
        })
    }

    fn answer_about(
        &self,
        provider: &Provider,
        issuer: &Arc<Issuer>,
        asked: &Asked<'_>,
    ) -> Result<OcspAnswer, AnswerError> {
        let statuses = asked
            .certificates
            .iter()
            .map(|certificate| Ok((*certificate, self.status(provider, issuer, certificate)?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let now = self.clock_now();
        let lifetime = provider.config.revocation.ocsp_lifetime;
        let is_known = !statuses
            .iter()
            .any(|(_, status)| *status == Status::Unknown);
        // Asked for one certificate and without a nonce: as RFC 5019 has it.
        let [(certificate, status)] = statuses[..] else {
            let der = self.sign(issuer, &statuses, asked, fresh(now, lifetime))?;
            return Ok(OcspAnswer { der, good: None });
        };
        if asked.nonce.is_some() || !is_known {
            let der = self.sign(issuer, &statuses, asked, fresh(now, lifetime))?;
            return Ok(OcspAnswer { der, good: None });
        }
        let key = Question {
            issuer: *issuer.fingerprint(),
            certificate: certificate.to_bytes()?,
        };
        if let Some(kept) = self.responders.kept().get(&key)
            && kept.status == status
            && kept.period.this_update <= now
            && now < kept.period.this_update.plus(lifetime / 2)
        {
            return Ok(OcspAnswer {
                der: kept.der.to_vec(),
                good: Some((kept.period.this_update, kept.period.next_update)),
            });
        }
        let period = fresh(now, lifetime);
        let der = self.sign(issuer, &statuses, asked, period)?;
        let mut all = self.responders.kept();
        if all.len() >= MOST_KEPT {
            all.clear();
        }
        let kept = Kept {
            status,
            period,
            der: Arc::new(der.clone()),
        };
        all.insert(key, kept);
        Ok(OcspAnswer {
            der,
            good: Some((period.this_update, period.next_update)),
        })
    }

    fn sign(
        &self,
        issuer: &Arc<Issuer>,
        statuses: &[(CertId<'_>, Status)],
        asked: &Asked<'_>,
        period: Period,
    ) -> Result<Vec<u8>, AnswerError> {
        let responder = self.responder(issuer, period)?;
        Ok(responder.answer(statuses, asked.nonce.as_deref(), period)?)
    }

    /// The one whose certificate outlives an answer. A new one is made when half of its time is
    /// over; should the CA not sign just then, the old one goes on for as long as it may.
    fn responder(
        &self,
        issuer: &Arc<Issuer>,
        period: Period,
    ) -> Result<Arc<Responder>, AnswerError> {
        // Held while one is made: the others would only make more of them.
        let mut responders = self.responders.responders();
        let now = period.this_update;
        let until = period.next_update.min(issuer.not_after());
        let known = responders
            .get(issuer.fingerprint())
            .filter(|known| known.is_good(now, until))
            .cloned();
        if let Some(known) = &known
            && (known.is_fresh(now) || known.is_good(now, issuer.not_after()))
        {
            return Ok(Arc::clone(known));
        }
        match Responder::make(issuer, now, &mut Random(&*self.random)) {
            Ok(made) => {
                let made = Arc::new(made);
                responders.insert(*issuer.fingerprint(), Arc::clone(&made));
                Ok(made)
            }
            Err(error) => match known {
                Some(known) => {
                    tracing::warn!(%error, "the OCSP responder's certificate is not renewed");
                    Ok(known)
                }
                None => Err(error.into()),
            },
        }
    }

    fn status(
        &self,
        provider: &Provider,
        issuer: &Issuer,
        certificate: &CertId<'_>,
    ) -> Result<Status, StoreError> {
        let Some(serial) = certificate.serial() else {
            return Ok(Status::Unknown);
        };
        let id = &provider.config.id;
        let found = self.store.read(|connection| {
            revocations::status(connection, id, issuer.fingerprint(), &serial)
        })?;
        Ok(match found {
            Some(status) => status,
            None if is_provider_certificate(provider, &serial) => Status::Good,
            None => Status::Unknown,
        })
    }
}

/// The provider's own certificates are not among those of the devices.
fn is_provider_certificate(provider: &Provider, serial: &Serial) -> bool {
    let serial = serial.to_string();
    provider.keys().iter().any(|key| {
        CertificateFacts::parse(key.certificate()).is_ok_and(|facts| facts.serial == serial)
    })
}

fn fresh(now: UnixTime, lifetime: u64) -> Period {
    Period {
        this_update: now,
        next_update: now.plus(lifetime),
    }
}

fn refusal(status: ResponseStatus) -> OcspAnswer {
    OcspAnswer {
        der: status.to_answer(),
        good: None,
    }
}

impl Responders {
    /// No code that could panic leaves something half done under these locks.
    fn responders(&self) -> MutexGuard<'_, HashMap<[u8; 32], Arc<Responder>>> {
        self.responders
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Question, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no answer for now.
#[derive(Debug, thiserror::Error)]
enum AnswerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Responder(#[from] crate::ca::ocsp::MakeResponderError),
    #[error(transparent)]
    Sign(#[from] crate::ca::SignError),
    #[error("it cannot be encoded: {0}")]
    Encode(#[from] der::Error),
}
