//! Stage 8, verification, in the order of protocol, "Verification, in this order".
//!
//! A known and an unknown temporary id take the same way until the one-time password is judged:
//! the same reads, the same comparison, the same writes. Everything expensive happens outside of
//! the transactions; these only compare, set and count.

mod wrong_otp;

use std::{net::IpAddr, sync::Arc};

use gridpass_protocol::{
    Confirmation, Csr, CsrPolicy, Issuance, OtpHash, TemporaryId, UnixTime, sealed,
};

use self::wrong_otp::WrongOtp;
use crate::{
    Gridpass,
    audit::{self, Actor},
    ca::AuthorityKey,
    config::Limits,
    confirmation_error::{ConfirmationError, ExpiredReason},
    enrollment::{Issued, Open, State},
    est_enrollment::Approval,
    id::{EnrollmentId, RequestId},
    installation::Provider,
    issuance::{Accepted, Recording},
    limits::{self, Limited, RetryAfter, Window},
    random::Random,
    store::{
        Connection, StoreError,
        confirmations::{self, Arrived, Candidate, Prospect},
        enrollments, keys,
    },
    vault::sha256,
};

/// The longest confirmation that is read, in bytes (protocol, Verification, step 1).
pub const MAX_CONFIRMATION_LENGTH: usize = 16 * 1024;

/// For how long a repeated confirmation is answered again, in seconds.
const REPEATABLE: u64 = 24 * 60 * 60;

/// How often a confirmation is judged anew because something else changed its enrollment
/// meanwhile. An open enrollment changes its state once, so the second look is the last.
const LOOKS: usize = 3;

/// A confirmation as it arrives.
#[derive(Clone, Debug)]
pub struct ConfirmationRequest<'a> {
    /// The temporary id from the path.
    pub temporary_id: TemporaryId,
    /// The body, JWE compact.
    pub jwe: &'a str,
    /// Where it comes from: the socket's address, or what a configured trusted proxy reports.
    pub client: IpAddr,
    /// The id of the request in logs and audit.
    pub request_id: Option<RequestId>,
}

/// By which way an attempt came, and how it is answered when it succeeds.
pub(crate) trait Way: Sized {
    type Answer;

    /// Whether staff have to approve it first.
    fn approval(&self) -> Approval;

    /// The answer with this certificate. Made before anything is recorded: what cannot be answered
    /// is not spent either.
    fn answer(
        &self,
        gridpass: &Gridpass,
        attempt: &Attempt<'_, Self>,
        issued: &Issuance,
        spki: &[u8],
    ) -> Result<Self::Answer, ConfirmationError>;
}

/// A sealed confirmation, to this key of the provider. The answer is sealed to the device.
pub(crate) struct Sealed(Arc<AuthorityKey>);

impl Way for Sealed {
    type Answer = String;

    fn approval(&self) -> Approval {
        Approval::Automatic
    }

    fn answer(
        &self,
        gridpass: &Gridpass,
        _: &Attempt<'_, Self>,
        issued: &Issuance,
        spki: &[u8],
    ) -> Result<String, ConfirmationError> {
        let (certificate, private) = (self.0.certificate(), self.0.private());
        let random = &mut Random(&*gridpass.random);
        issued
            .seal(spki, certificate, private, random)
            .map_err(ConfirmationError::Seal)
    }
}

/// An attempt to enrol that has been opened.
pub(crate) struct Attempt<'a, W> {
    pub(crate) provider: &'a Provider,
    pub(crate) way: W,
    pub(crate) temporary_id: TemporaryId,
    pub(crate) confirmation: Confirmation,
    pub(crate) network: String,
    pub(crate) actor: Actor,
    pub(crate) now: UnixTime,
}

/// How one look at an attempt ended.
pub(crate) enum Look<A> {
    Answer(A),
    /// The enrollment changed its state meanwhile.
    Raced,
}

impl Gridpass {
    /// Verifies a confirmation and answers it with the issuance, sealed to the device.
    ///
    /// A repetition with the same one-time password and the same request is answered with the
    /// same certificate, until the device has spoken or 24 hours have passed.
    ///
    /// # Errors
    /// Only [`ConfirmationError::InvalidOtp`] costs a try; none spends the one-time password.
    pub fn confirm(&self, request: ConfirmationRequest<'_>) -> Result<String, ConfirmationError> {
        self.try_to_enrol(&self.open_confirmation(request)?)
    }

    /// Steps 2 to 7, by whichever way it came.
    pub(crate) fn try_to_enrol<W: Way>(
        &self,
        attempt: &Attempt<'_, W>,
    ) -> Result<W::Answer, ConfirmationError> {
        for _ in 0..LOOKS {
            if let Look::Answer(answer) = self.look(attempt)? {
                return Ok(answer);
            }
        }
        Err(ConfirmationError::Busy)
    }

    /// Step 1: size, JWE, JSON. A failure costs no try.
    fn open_confirmation<'a>(
        &'a self,
        request: ConfirmationRequest<'_>,
    ) -> Result<Attempt<'a, Sealed>, ConfirmationError> {
        if request.jwe.len() > MAX_CONFIRMATION_LENGTH {
            return Err(ConfirmationError::TooLarge);
        }
        let key_id = sealed::key_id_of(request.jwe)?;
        let now = self.clock_now();
        let (provider, key) = self
            .provider_by_key(&key_id, now)
            .ok_or(ConfirmationError::UnknownKey)?;
        let confirmation = Confirmation::open(request.jwe, &key_id, key.private())?;
        let actor = Actor::device().from_client(request.client);
        Ok(Attempt {
            provider,
            way: Sealed(key),
            temporary_id: request.temporary_id,
            confirmation,
            network: limits::client_network(request.client),
            actor: match request.request_id {
                Some(request_id) => actor.in_request(request_id),
                None => actor,
            },
            now,
        })
    }

    /// Steps 2 to 7.
    fn look<W: Way>(&self, attempt: &Attempt<'_, W>) -> Result<Look<W::Answer>, ConfirmationError> {
        let arrived = Arrived {
            provider: &attempt.provider.config.id,
            temporary_id: &attempt.temporary_id,
            spki_hash: &sha256(&attempt.confirmation.public_key),
            network: &attempt.network,
            window: otp_window(&self.limits),
            now: attempt.now,
        };
        let Prospect {
            failures,
            blocked,
            candidate,
            key_holder,
        } = self
            .store
            .read(|connection| confirmations::prospect(connection, &arrived))?;
        // Step 2: first whether the temporary id is locked, then whether the client may try.
        if failures >= self.limits.otp_failures_per_mapping {
            return Err(ConfirmationError::Locked);
        }
        if let Some(RetryAfter(retry_after)) = blocked {
            return Err(ConfirmationError::RateLimited { retry_after });
        }
        let (open, candidate) = match candidate {
            None => (None, None),
            Some(candidate) => match candidate.state.clone() {
                State::Open(open) if open.has_expired(attempt.now) => {
                    return Err(ConfirmationError::Expired(ExpiredReason::Expired));
                }
                State::Open(open) => (Some(open), Some(candidate)),
                State::Issued(issued) => return self.repeat(attempt, &candidate, &issued),
                closed => return Err(refusal_of(&closed)),
            },
        };
        // Step 4. No one-time password hashes to zeros: an unknown temporary id matches nothing.
        let nothing = OtpHash::from_bytes([0; 32]);
        let expected = candidate
            .as_ref()
            .map_or(&nothing, |candidate| &candidate.otp_hash);
        let right = expected.matches(&attempt.confirmation.otp);
        match (open, candidate) {
            (Some(open), Some(candidate)) if right => {
                self.accept(attempt, open, &candidate, key_holder)
            }
            (_, candidate) => {
                let known = candidate.map(|candidate| candidate.id);
                Err(self.refuse_otp(attempt, known)?)
            }
        }
    }

    /// Steps 5 to 7, with the right one-time password.
    fn accept<W: Way>(
        &self,
        attempt: &Attempt<'_, W>,
        open: Open,
        candidate: &Candidate,
        key_holder: Option<EnrollmentId>,
    ) -> Result<Look<W::Answer>, ConfirmationError> {
        let csr = match verify_csr(attempt, candidate, key_holder) {
            Ok(csr) => csr,
            Err(reason) => return Err(self.refuse_csr(attempt, candidate.id, reason)?),
        };
        if attempt.way.approval() == Approval::Manual {
            self.require_approval(attempt, candidate.id, &csr)?;
        }
        let accepted = Accepted {
            id: candidate.id,
            kind: candidate.kind,
            open,
            csr,
            device_id: self.open_device_id(candidate.id, &candidate.sealed_device_id)?,
        };
        let (answer, recording) = self.issue(attempt, accepted)?;
        let outcome = self
            .store
            .write(move |transaction| record(transaction, recording));
        match outcome {
            Ok(()) => Ok(Look::Answer(answer)),
            Err(StoreError::Contended) => Ok(Look::Raced),
            Err(error) => Err(error.into()),
        }
    }

    /// The enrollment has its certificate: the same answer again to the same confirmation.
    fn repeat<W: Way>(
        &self,
        attempt: &Attempt<'_, W>,
        candidate: &Candidate,
        issued: &Issued,
    ) -> Result<Look<W::Answer>, ConfirmationError> {
        let confirmation = &attempt.confirmation;
        let otp_is_right = candidate.otp_hash.matches(&confirmation.otp);
        let before = candidate
            .issued
            .as_ref()
            .filter(|before| before.csr_hash == sha256(&confirmation.csr))
            .filter(|_| otp_is_right && attempt.now.since(issued.at) < REPEATABLE)
            .ok_or(ConfirmationError::AlreadyEnrolled)?;
        let answer = self.answer_again(attempt, candidate, &before.certificate)?;
        self.note(
            attempt,
            candidate.id,
            "issuance.repeat",
            "ok",
            serde_json::json!({}),
        )?;
        Ok(Look::Answer(answer))
    }

    /// A wrong one-time password: counted, and the fifth locks. `known` is the open enrollment,
    /// if there is one with this temporary id.
    fn refuse_otp<W>(
        &self,
        attempt: &Attempt<'_, W>,
        known: Option<EnrollmentId>,
    ) -> Result<ConfirmationError, ConfirmationError> {
        let failure = WrongOtp {
            provider: attempt.provider.config.id.clone(),
            temporary_id: attempt.temporary_id,
            network: attempt.network.clone(),
            actor: attempt.actor.clone(),
            limits: self.limits,
            known,
            now: attempt.now,
        };
        let told = self
            .store
            .write(move |transaction| wrong_otp::count(transaction, failure))?;
        self.meters.otp_failed(&attempt.provider.config.id, &told);
        Ok(told)
    }

    fn refuse_csr<W>(
        &self,
        attempt: &Attempt<'_, W>,
        id: EnrollmentId,
        reason: &'static str,
    ) -> Result<ConfirmationError, ConfirmationError> {
        let detail = serde_json::json!({ "reason": reason });
        self.note(attempt, id, "verification.csr", "bad-csr", detail)?;
        Ok(ConfirmationError::BadCsr { reason })
    }

    /// Writes an audit entry about an attempt that changes nothing.
    pub(crate) fn note<W>(
        &self,
        attempt: &Attempt<'_, W>,
        id: EnrollmentId,
        action: &'static str,
        result: &'static str,
        detail: serde_json::Value,
    ) -> Result<(), ConfirmationError> {
        let (provider, actor) = (attempt.provider.config.id.clone(), attempt.actor.clone());
        let at = attempt.now;
        self.store.write(move |transaction| {
            let entry = audit::Entry {
                provider: &provider,
                at,
                actor: &actor,
                action,
                result,
                enrollment: Some(id),
                detail,
            };
            Ok(audit::append(transaction, &entry)?)
        })
    }
}

/// The reason word of a key that another device has.
const KEY_TAKEN: &str = "key-taken";

/// Step 5: the certificate request; an error is the reason word. That of the same enrollment may have the
/// key by now, by the same confirmation.
fn verify_csr<W>(
    attempt: &Attempt<'_, W>,
    candidate: &Candidate,
    key_holder: Option<EnrollmentId>,
) -> Result<Csr, &'static str> {
    let policy = CsrPolicy {
        csr_content: &candidate.csr_content,
        temporary_id: &attempt.temporary_id,
        key_algorithm: candidate.key_algorithm,
        public_key: &attempt.confirmation.public_key,
    };
    let csr = Csr::parse(&attempt.confirmation.csr).map_err(|error| error.reason())?;
    csr.check(&policy).map_err(|error| error.reason())?;
    match key_holder {
        Some(holder) if holder != candidate.id => Err(KEY_TAKEN),
        _ => Ok(csr),
    }
}

const fn otp_window(limits: &Limits) -> Window {
    Window {
        limited: Limited::OtpFailures,
        most: limits.otp_failures_per_ip,
        seconds: limits.otp_failures_per_ip_window,
    }
}

/// Step 3: what a state answers that takes no confirmation.
const fn refusal_of(state: &State) -> ConfirmationError {
    match state {
        State::Locked(_) => ConfirmationError::Locked,
        State::Open(_) | State::Expired(_) => ConfirmationError::Expired(ExpiredReason::Expired),
        State::Superseded(_) => ConfirmationError::Expired(ExpiredReason::Superseded),
        State::Cancelled(_) => ConfirmationError::Expired(ExpiredReason::Cancelled),
        State::Issued(_) | State::Active(_) | State::Suspended(_) | State::Revoked(_) => {
            ConfirmationError::AlreadyEnrolled
        }
    }
}

/// Step 7: the one-time password is consumed, key and certificate are recorded, the audit
/// written; all or nothing.
fn record(transaction: &Connection, recording: Recording) -> Result<(), StoreError> {
    let Recording {
        issue,
        transition,
        actor,
        now,
    } = recording;
    let (provider, id) = (&issue.provider, issue.enrollment);
    enrollments::apply(transaction, provider, id, &transition, &actor)?;
    keys::record(transaction, &issue, now)
}
