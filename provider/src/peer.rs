//! Who comes with its certificate in TLS: asked on every handshake, and anew on every request of a
//! connection, because a certificate may be withdrawn while a connection is kept open.

use std::sync::Arc;

use gridpass_protocol::{KeyId, Problem, ProblemName};

use crate::{
    Gridpass,
    audit::Actor,
    enrollment::{State, StateName},
    id::{EnrollmentId, ProviderId},
    messages::{Promotion, promote},
    store::{
        StoreError, conversations, enrollments,
        peers::{self, PeerRow},
    },
    vault::sha256,
};

/// CRLReason of a certificate on hold (RFC 5280, 5.3.1).
const HOLD: u8 = 6;

/// An enrolled device that has shown, by TLS, that it holds the key of its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Whose device it is.
    pub provider: ProviderId,
    /// Which.
    pub enrollment: EnrollmentId,
    /// What a sealed message would call its key: SHA-256 of the certificate.
    pub key_id: KeyId,
    /// The certificate, DER.
    pub certificate: Arc<[u8]>,
}

/// Why a certificate is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// No provider of this installation issued it to a device.
    #[error("the certificate is no device's of this installation")]
    Unknown,
    /// It is revoked, a newer one took its place, or its device is out of service.
    #[error("the certificate is revoked")]
    Revoked,
    /// It is on hold until staff have decided.
    #[error("the certificate is on hold")]
    Suspended,
    /// Its time is over.
    #[error("the certificate has expired")]
    Expired,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PeerError {
    /// As a problem document.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::Unknown => Problem::new(
                ProblemName::UnknownDevice,
                "This certificate is not known here. Connect the device with a new label.",
            ),
            Self::Revoked => Problem::new(
                ProblemName::Revoked,
                "This certificate is out of service. Use the newest one, or connect the device with a new label.",
            ),
            Self::Suspended => Problem::new(
                ProblemName::Suspended,
                "This device is on hold until the provider has looked into it. Ask the provider.",
            ),
            Self::Expired => Problem::new(
                ProblemName::CertificateExpired,
                "This certificate has ended. Renew it by a sealed message, or connect the device with a new label.",
            ),
            Self::Store(_) => Problem::new(
                ProblemName::ServiceUnavailable,
                "We cannot answer at the moment. Try again later.",
            )
            .with_retry_after(5),
        }
    }
}

impl Gridpass {
    /// Whether the device with this certificate, DER, may come in. Asked in the handshake, when
    /// nobody has shown yet to have its key: it changes nothing.
    ///
    /// # Errors
    /// The certificate is foreign, revoked, on hold, replaced or expired, or the database failed.
    pub fn may_connect(&self, certificate: &[u8]) -> Result<(), PeerError> {
        self.look_up(certificate).map(|_| ())
    }

    /// The device with this certificate, DER, as it stands now. That its holder has the key, and
    /// that a CA of this installation signed it, TLS has checked. The first time counts as the
    /// first word of the key: the enrollment becomes active, and the keys before it end.
    ///
    /// # Errors
    /// The certificate is foreign, revoked, on hold, replaced or expired, or the database failed.
    pub fn peer(&self, certificate: Arc<[u8]>) -> Result<Peer, PeerError> {
        let (provider, row) = self.look_up(&certificate)?;
        let peer = Peer {
            enrollment: row.enrollment,
            key_id: KeyId::of_certificate(&certificate),
            provider,
            certificate,
        };
        if !row.has_spoken {
            self.hear_first_word(&peer)?;
        }
        Ok(peer)
    }

    fn hear_first_word(&self, peer: &Peer) -> Result<(), StoreError> {
        let (provider, key_id) = (peer.provider.clone(), peer.key_id);
        let now = self.clock_now();
        self.store.write(move |transaction| {
            let speaker = conversations::speaker(transaction, &provider, &key_id)?;
            // Another connection of the device was faster.
            let Some(speaker) = speaker.filter(|found| found.key.first_spoke_at.is_none()) else {
                return Ok(());
            };
            let actor = Actor::device();
            if let State::Issued(issued) = speaker.state.clone() {
                let hello = issued.hello(now);
                let id = speaker.enrollment;
                enrollments::apply(transaction, &provider, id, &hello, &actor)?;
            }
            let promotion = Promotion {
                provider: &provider,
                speaker: &speaker,
                actor: &actor,
                now,
            };
            promote(transaction, &promotion)
        })
    }

    fn look_up(&self, certificate: &[u8]) -> Result<(ProviderId, PeerRow), PeerError> {
        let fingerprint = sha256(certificate);
        let now = self.clock_now();
        let found = self.store.read(|connection| {
            for provider in &self.providers {
                let id = &provider.config.id;
                if let Some(row) = peers::find(connection, id, &fingerprint)? {
                    return Ok(Some((id.clone(), row)));
                }
            }
            Ok::<_, StoreError>(None)
        })?;
        let (provider, row) = found.ok_or(PeerError::Unknown)?;
        judge(&row)?;
        if row.retires_at.is_some_and(|at| at <= now) {
            return Err(PeerError::Revoked);
        }
        if row.not_after <= now {
            return Err(PeerError::Expired);
        }
        Ok((provider, row))
    }
}

/// Whether the certificate and its device are in service.
fn judge(row: &PeerRow) -> Result<(), PeerError> {
    match row.state {
        StateName::Issued | StateName::Active => {}
        StateName::Suspended => return Err(PeerError::Suspended),
        _ => return Err(PeerError::Revoked),
    }
    match row.withdrawn {
        None => Ok(()),
        Some(HOLD) => Err(PeerError::Suspended),
        Some(_) => Err(PeerError::Revoked),
    }
}
