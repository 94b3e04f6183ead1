//! Rollover: a device's present key asks for a certificate of its next one (protocol, Secure
//! communication, *Rollover*).

use gridpass_protocol::{Csr, CsrPolicy, UnixTime};

use super::{
    MessageError, Refusal,
    hearing::{Heard, Way},
    series,
};
use crate::{
    Gridpass,
    audit::{self, Actor},
    ca::{CaError, CertificateRequest},
    installation::Provider,
    limits::{Limited, RetryAfter, Window},
    store::{
        Connection, StoreError,
        conversations::{self, Speaker},
        keys::{self, Issue, Voucher},
    },
    vault::sha256,
};

/// The reason word of a key that a device has, or had, already.
const KEY_TAKEN: &str = "key-taken";

/// A device's present key asks for a certificate of its next one.
pub(crate) struct Asking<'a> {
    pub(crate) provider: &'a Provider,
    pub(crate) speaker: &'a Speaker,
    pub(crate) evidence: Evidence<'a>,
    pub(crate) actor: &'a Actor,
    pub(crate) now: UnixTime,
}

/// What shows that it was the present key that asked.
#[derive(Clone, Copy)]
pub(crate) enum Evidence<'a> {
    /// A message with the request, as that key signed it.
    Message {
        /// JWS compact.
        jws: &'a str,
    },
    /// TLS, in which the key was shown. It leaves no signature: a code of the key file stands for it.
    Tls,
}

/// A successor that the CA has certified, to be written.
pub(crate) struct Rollover {
    pub(crate) issue: Issue,
    /// When the vouching key ends, unless the new one speaks before.
    retires_at: UnixTime,
    window: Window,
}

impl Gridpass {
    /// Checks the request of the new key and lets the CA sign.
    pub(super) fn roll_over(
        &self,
        heard: &Heard<'_>,
        speaker: &Speaker,
        csr: &[u8],
    ) -> Result<Rollover, MessageError> {
        // The series of keys verifies by itself: each voucher is signed by the key before.
        let Way::Sealed { jws, .. } = heard.way else {
            return Err(MessageError::Unsigned);
        };
        let asking = Asking {
            provider: heard.provider,
            speaker,
            evidence: Evidence::Message { jws },
            actor: heard.actor,
            now: heard.now,
        };
        self.certify_successor(&asking, csr)
    }

    /// The same for whichever way it was asked.
    pub(crate) fn certify_successor(
        &self,
        asking: &Asking<'_>,
        csr: &[u8],
    ) -> Result<Rollover, MessageError> {
        let Asking {
            provider, speaker, ..
        } = asking;
        let window = Window {
            limited: Limited::Rekeys,
            most: self.limits.rekeys_per_device,
            seconds: self.limits.rekeys_per_device_window,
        };
        let device = speaker.enrollment.to_string();
        let blocked = self
            .store
            .read(|connection| window.blocks(connection, &device, asking.now))?;
        if let Some(RetryAfter(retry_after)) = blocked {
            self.expect_no_answer_meanwhile(asking)?;
            return Err(MessageError::RateLimited { retry_after });
        }
        let csr = match self.check_successor(asking, csr)? {
            Ok(csr) => csr,
            Err(reason) => {
                self.note_rollover(asking, Refusal::of_csr(reason))?;
                return Err(MessageError::BadCsr { reason });
            }
        };
        let config = &provider.config;
        let device_id = self.device_id_of(speaker)?;
        let request = CertificateRequest {
            enrollment_id: speaker.enrollment,
            csr: csr.der(),
            spki: csr.spki_der(),
            key_algorithm: csr.algorithm(),
            device_id: &device_id,
            now: asking.now,
            days: config.certificate_days,
        };
        let issued = match provider.issue(&request) {
            Ok(issued) => issued,
            Err(error) => return Err(self.no_successor(asking, &error)?),
        };
        let spki_hash = sha256(csr.spki_der());
        let by = speaker.key.spki_hash;
        let voucher = match asking.evidence {
            Evidence::Message { jws } => jws.to_owned(),
            Evidence::Tls => series::voucher_of_tls(&self.vault, &by, &spki_hash),
        };
        Ok(Rollover {
            issue: Issue {
                provider: config.id.clone(),
                enrollment: speaker.enrollment,
                spki: csr.spki_der().to_vec(),
                spki_hash,
                csr_hash: sha256(csr.der()),
                fingerprint: sha256(&issued.der),
                serial: issued.serial,
                certificate: issued.der,
                issuer: issued.issuer,
                crl_shard: issued.crl_shard,
                not_after: issued.not_after,
                voucher: Some(Voucher { by, text: voucher }),
            },
            retires_at: asking.now.plus(config.keys.overlap),
            window,
        })
    }

    /// Protocol, Verification, step 5, for the key after the first. The inner error is the reason
    /// word.
    fn check_successor(
        &self,
        asking: &Asking<'_>,
        csr: &[u8],
    ) -> Result<Result<Csr, &'static str>, StoreError> {
        let speaker = asking.speaker;
        let csr = match Csr::parse(csr) {
            Ok(csr) => csr,
            Err(error) => return Ok(Err(error.reason())),
        };
        let accepted = asking.provider.config.parameters().key_algorithms;
        let policy = CsrPolicy {
            csr_content: &speaker.csr_content,
            temporary_id: &speaker.temporary_id,
            key_algorithm: csr.algorithm(),
            public_key: csr.spki_der(),
        };
        let checked = match asking.evidence {
            Evidence::Message { .. } => csr.check(&policy),
            Evidence::Tls => csr.check_renewal(&policy, &speaker.certificate),
        };
        if let Err(error) = checked {
            return Ok(Err(error.reason()));
        }
        if !accepted.contains(&csr.algorithm()) {
            return Ok(Err("key-algorithm"));
        }
        let spki_hash = sha256(csr.spki_der());
        let taken = self
            .store
            .read(|connection| keys::is_known(connection, &spki_hash))?;
        if taken {
            self.expect_no_answer_meanwhile(asking)?;
            return Ok(Err(KEY_TAKEN));
        }
        Ok(Ok(csr))
    }

    /// The same message may have come twice at once, and what stands against this one be what came of
    /// the other: then it is looked at anew, and finds that one's answer.
    fn expect_no_answer_meanwhile(&self, asking: &Asking<'_>) -> Result<(), StoreError> {
        let Evidence::Message { .. } = asking.evidence else {
            return Ok(());
        };
        let (provider, speaker) = (&asking.provider.config.id, asking.speaker);
        let count = self
            .store
            .read(|connection| conversations::count(connection, provider, speaker.enrollment))?;
        if count == speaker.kept.as_ref().map(|kept| kept.seq) {
            Ok(())
        } else {
            Err(StoreError::Contended)
        }
    }

    fn no_successor(
        &self,
        asking: &Asking<'_>,
        error: &CaError,
    ) -> Result<MessageError, StoreError> {
        tracing::error!(enrollment = %asking.speaker.enrollment, %error, "the CA issued nothing");
        let refusal = Refusal {
            action: "rollover.sign",
            result: "ca-unavailable",
            reason: &error.to_string(),
        };
        self.note_rollover(asking, refusal)?;
        Ok(MessageError::CaUnavailable {
            retry_after: error.retry_after(),
        })
    }

    /// Writes an audit entry about a successor that there is not.
    fn note_rollover(&self, asking: &Asking<'_>, refusal: Refusal<'_>) -> Result<(), StoreError> {
        let provider = &asking.provider.config.id;
        let enrollment = asking.speaker.enrollment;
        self.note_refusal(provider, asking.actor, asking.now, enrollment, refusal)
    }
}

impl Rollover {
    /// Writes the new key. A successor that was asked for before and has not spoken is given up:
    /// a device has one key and at most one to come.
    pub(crate) fn record(
        &self,
        transaction: &Connection,
        by: [u8; 32],
        actor: &Actor,
        now: UnixTime,
    ) -> Result<(), StoreError> {
        let issue = &self.issue;
        let (provider, id) = (&issue.provider, issue.enrollment);
        self.window
            .count(transaction, &id.to_string(), Some(provider), now)?;
        keys::retire_silent(transaction, provider, id, now)?;
        keys::retire_at(transaction, provider, &by, self.retires_at)?;
        keys::record(transaction, issue, now)?;
        let entry = audit::Entry {
            provider,
            at: now,
            actor,
            action: "rollover.issue",
            result: "ok",
            enrollment: Some(id),
            detail: serde_json::json!({ "serial": issue.serial.to_string() }),
        };
        audit::append(transaction, &entry)
    }
}
