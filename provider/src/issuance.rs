//! Stage 9, issuance: the CA signs, and the answer is sealed to the device.

use gridpass_protocol::{CertificateFacts, Csr, DeviceId, Issuance, UnixTime};

use crate::{
    Gridpass,
    audit::Actor,
    ca::{CaError, CertificateRequest},
    confirmation_error::ConfirmationError,
    enrollment::{Open, Transition},
    id::EnrollmentId,
    registration::EnrollmentKind,
    store::{confirmations::Candidate, keys::Issue},
    vault::sha256,
    verification::{Attempt, Way},
};

/// A confirmation that has passed verification.
pub(crate) struct Accepted {
    pub(crate) id: EnrollmentId,
    pub(crate) kind: EnrollmentKind,
    pub(crate) open: Open,
    pub(crate) csr: Csr,
    pub(crate) device_id: DeviceId,
}

/// What the transaction of an issuance writes.
pub(crate) struct Recording {
    pub(crate) issue: Issue,
    pub(crate) transition: Transition,
    pub(crate) actor: Actor,
    pub(crate) now: UnixTime,
}

impl Gridpass {
    /// Step 6: lint and signature; then the answer, and what is to be written before it is given.
    pub(crate) fn issue<W: Way>(
        &self,
        attempt: &Attempt<'_, W>,
        accepted: Accepted,
    ) -> Result<(W::Answer, Recording), ConfirmationError> {
        let Accepted {
            id,
            kind,
            open,
            csr,
            device_id,
        } = accepted;
        let config = &attempt.provider.config;
        let request = CertificateRequest {
            enrollment_id: id,
            csr: csr.der(),
            spki: csr.spki_der(),
            key_algorithm: csr.algorithm(),
            device_id: &device_id,
            now: attempt.now,
            days: config.certificate_days,
        };
        let issued = match attempt.provider.issue(&request) {
            Ok(issued) => issued,
            Err(error) => return Err(self.ca_failed(attempt, id, &error)?),
        };
        let answer = self.answer_with(attempt, (id, kind), &issued.der, csr.spki_der())?;
        let recording = Recording {
            transition: open.confirm(issued.serial.clone(), attempt.now),
            issue: Issue {
                provider: config.id.clone(),
                enrollment: id,
                spki: csr.spki_der().to_vec(),
                spki_hash: sha256(csr.spki_der()),
                csr_hash: sha256(csr.der()),
                serial: issued.serial,
                fingerprint: sha256(&issued.der),
                certificate: issued.der,
                issuer: issued.issuer,
                crl_shard: issued.crl_shard,
                not_after: issued.not_after,
                voucher: None,
            },
            actor: attempt.actor.clone(),
            now: attempt.now,
        };
        Ok((answer, recording))
    }

    /// Answers with a certificate that was issued before.
    pub(crate) fn answer_again<W: Way>(
        &self,
        attempt: &Attempt<'_, W>,
        candidate: &Candidate,
        certificate: &[u8],
    ) -> Result<W::Answer, ConfirmationError> {
        let facts =
            CertificateFacts::parse(certificate).map_err(|_| crate::StoreError::Corrupt {
                table: "certificates",
                column: "certificate",
                row: candidate.id.to_string(),
            })?;
        let device = (candidate.id, candidate.kind);
        self.answer_with(attempt, device, certificate, &facts.spki_der)
    }

    fn answer_with<W: Way>(
        &self,
        attempt: &Attempt<'_, W>,
        (id, kind): (EnrollmentId, EnrollmentKind),
        certificate: &[u8],
        spki: &[u8],
    ) -> Result<W::Answer, ConfirmationError> {
        let issuance = Issuance {
            enrollment_id: id.uuid(),
            certificate: certificate.to_vec(),
            chain: attempt.provider.authority().chain(certificate),
            settings: self.settings_for(&attempt.provider.config, kind)?,
        };
        attempt.way.answer(self, attempt, &issuance, spki)
    }

    fn ca_failed<W>(
        &self,
        attempt: &Attempt<'_, W>,
        id: EnrollmentId,
        error: &CaError,
    ) -> Result<ConfirmationError, ConfirmationError> {
        tracing::error!(enrollment = %id, %error, "the CA issued nothing");
        let detail = serde_json::json!({ "error": error.to_string() });
        self.note(attempt, id, "issuance.sign", "ca-unavailable", detail)?;
        Ok(ConfirmationError::CaUnavailable {
            retry_after: error.retry_after(),
        })
    }
}
