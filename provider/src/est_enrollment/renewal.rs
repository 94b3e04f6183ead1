//! `simplereenroll` (RFC 7030, 4.2.2): a device comes with its certificate and asks for that of its
//! next key. The rules are those of a rollover by message, and so is what is written.
//!
//! A new key each time: a request with the key that the device has is refused (`key-taken`), because
//! a series of keys is what shows a copy of one.

use std::net::IpAddr;

use super::EstError;
use crate::{
    Gridpass, Peer,
    audit::Actor,
    ca::pkcs7,
    id::RequestId,
    messages::{Asking, Evidence, MessageError, Rollover},
    store::{conversations, enrollments, keys},
    vault::sha256,
};

/// A request for the next certificate, as it arrives.
#[derive(Debug)]
pub struct EstRenewal<'a> {
    /// The device that has shown its certificate.
    pub peer: &'a Peer,
    /// PKCS#10, DER.
    pub csr: &'a [u8],
    /// Where it comes from.
    pub client: IpAddr,
    /// The id of the request in logs and audit.
    pub request_id: Option<RequestId>,
}

impl Gridpass {
    /// Gives a device the certificate of its next key, as a `certs-only` message. The same request
    /// again gets the same certificate, until the new key is used.
    ///
    /// # Errors
    /// See [`EstError::Renewal`].
    pub fn est_renew(&self, renewal: EstRenewal<'_>) -> Result<Vec<u8>, EstError> {
        let peer = renewal.peer;
        let provider = self
            .provider(&peer.provider)
            .ok_or(EstError::UnknownProvider)?;
        let id = &peer.provider;
        let speaker = self
            .store
            .read(|connection| conversations::speaker(connection, id, &peer.key_id))?
            .ok_or(MessageError::UnknownDevice)?;
        let by = speaker.key.spki_hash;
        let csr_hash = sha256(renewal.csr);
        let before = self
            .store
            .read(|connection| keys::silent_successor(connection, id, &by, &csr_hash))?;
        if let Some(certificate) = before {
            return Ok(pkcs7::certs_only(&[certificate])?);
        }
        let actor = Actor::device().from_client(renewal.client);
        let actor = match renewal.request_id {
            Some(request_id) => actor.in_request(request_id),
            None => actor,
        };
        let asking = Asking {
            provider,
            speaker: &speaker,
            evidence: Evidence::Tls,
            actor: &actor,
            now: self.clock_now(),
        };
        let rollover = self.certify_successor(&asking, renewal.csr)?;
        let message = pkcs7::certs_only(std::slice::from_ref(&rollover.issue.certificate))?;
        self.record_renewal(rollover, by, actor)?;
        Ok(message)
    }

    fn record_renewal(
        &self,
        rollover: Rollover,
        by: [u8; 32],
        actor: Actor,
    ) -> Result<(), MessageError> {
        let now = self.clock_now();
        self.store.write(move |transaction| {
            let (provider, id) = (&rollover.issue.provider, rollover.issue.enrollment);
            // Withdrawn while the CA signed: the certificate was never given to anybody.
            let found =
                enrollments::find(transaction, id)?.filter(|found| found.provider == *provider);
            if !found.is_some_and(|found| found.state.is_enrolled()) {
                return Err(MessageError::Revoked);
            }
            Ok(rollover.record(transaction, by, &actor, now)?)
        })
    }
}
