//! EST (RFC 7030, RFC 8951): devices that enrol by a protocol that they know already. The label's
//! temporary id is the user, its one-time password the password; what follows is the same
//! verification and the same issuance as after a sealed confirmation.

mod approval;
mod attributes;
mod policy;
mod renewal;

use std::net::IpAddr;

use base64ct::{Base64UrlUnpadded, Encoding};
use gridpass_protocol::{Confirmation, Csr, Issuance, Otp, TemporaryId};
use zeroize::Zeroizing;

pub use self::{
    approval::{ApprovalError, ApprovalView},
    policy::{Approval, EstPolicy},
    renewal::EstRenewal,
};
use crate::{
    Gridpass,
    audit::Actor,
    ca::pkcs7,
    confirmation_error::ConfirmationError,
    id::{ProviderId, RequestId},
    limits,
    messages::MessageError,
    store::StoreError,
    verification::{Attempt, Way},
};

/// A request for a first certificate, as it arrives.
pub struct EstRequest<'a> {
    /// Which provider's label it names.
    pub provider: &'a ProviderId,
    /// The user of HTTP Basic: the temporary id, base64url.
    pub user: &'a str,
    /// The password: the one-time password, base64url.
    pub password: &'a str,
    /// PKCS#10, DER.
    pub csr: Vec<u8>,
    /// Where it comes from.
    pub client: IpAddr,
    /// The id of the request in logs and audit.
    pub request_id: Option<RequestId>,
}

/// Why a device did not get what it asked for over EST.
#[derive(Debug, thiserror::Error)]
pub enum EstError {
    /// There is no such provider.
    #[error("there is no such provider")]
    UnknownProvider,
    /// User or password are not what a label has. Costs no try.
    #[error("user and password are not what a label has")]
    Credentials,
    /// As a message that asks for a new key is refused.
    #[error(transparent)]
    Renewal(#[from] MessageError),
    /// As a confirmation is refused.
    #[error(transparent)]
    Confirmation(#[from] ConfirmationError),
    /// The answer cannot be encoded.
    #[error("the answer cannot be encoded: {0}")]
    Encode(#[from] der::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// EST: TLS protects the answer, which is the certificate itself.
struct Est(Approval);

impl Way for Est {
    type Answer = Vec<u8>;

    fn approval(&self) -> Approval {
        self.0
    }

    fn answer(
        &self,
        _: &Gridpass,
        _: &Attempt<'_, Self>,
        issued: &Issuance,
        _: &[u8],
    ) -> Result<Vec<u8>, ConfirmationError> {
        Ok(issued.certificate.clone())
    }
}

impl Gridpass {
    /// The certificates of a provider's CAs, as a `certs-only` message (RFC 7030, 4.1.3).
    ///
    /// # Errors
    /// There is no such provider.
    pub fn est_ca_certificates(&self, provider: &ProviderId) -> Result<Vec<u8>, EstError> {
        let provider = self.provider(provider).ok_or(EstError::UnknownProvider)?;
        Ok(pkcs7::certs_only(&provider.authority_certificates())?)
    }

    /// What requests to a provider should look like (RFC 7030, 4.5.2): `CsrAttrs`, DER.
    ///
    /// # Errors
    /// There is no such provider.
    pub fn est_csr_attributes(&self, provider: &ProviderId) -> Result<Vec<u8>, EstError> {
        let provider = self.provider(provider).ok_or(EstError::UnknownProvider)?;
        let algorithm = provider.config.key_algorithm;
        Ok(attributes::csr_attributes(algorithm)?)
    }

    /// Enrols a device: verification, limits, states and audit are those of a confirmation
    /// (protocol, "Verification, in this order"). The answer is a `certs-only` message with the
    /// certificate (RFC 7030, 4.2.3).
    ///
    /// # Errors
    /// See [`EstError`]; [`ConfirmationError::AwaitsApproval`] if staff have to decide first.
    pub fn est_enrol(&self, request: EstRequest<'_>) -> Result<Vec<u8>, EstError> {
        let provider = self
            .provider(request.provider)
            .ok_or(EstError::UnknownProvider)?;
        let temporary_id: TemporaryId = request.user.parse().map_err(|_| EstError::Credentials)?;
        let otp = read_otp(request.password).ok_or(EstError::Credentials)?;
        let actor = Actor::device().from_client(request.client);
        let attempt = Attempt {
            provider,
            way: Est(provider.config.est.approval),
            temporary_id,
            confirmation: Confirmation {
                otp,
                // One that cannot be read has no key; that is said after the password is judged.
                public_key: Csr::parse(&request.csr)
                    .map(|csr| csr.spki_der().to_vec())
                    .unwrap_or_default(),
                csr: request.csr,
            },
            network: limits::client_network(request.client),
            actor: match request.request_id {
                Some(request_id) => actor.in_request(request_id),
                None => actor,
            },
            now: self.clock_now(),
        };
        let certificate = self.try_to_enrol(&attempt)?;
        Ok(pkcs7::certs_only(&[certificate])?)
    }
}

fn read_otp(password: &str) -> Option<Otp> {
    let mut bytes = Zeroizing::new([0; 32]);
    let read = Base64UrlUnpadded::decode(password, &mut *bytes).ok()?;
    (read.len() == 32).then(|| Otp::from_bytes(*bytes))
}
