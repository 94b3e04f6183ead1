//! What a customer may take along: everything that is kept about the account (GDPR, articles 15
//! and 20).

use serde::Serialize;

use super::directory::{self, AccountView};
use crate::{
    Gridpass,
    audit::{self, Actor},
    session::{Session, SessionView},
    store::StoreError,
    view::{EnrollmentView, StateView},
};

/// Everything that is kept about an account.
#[derive(Debug, Serialize)]
pub struct OwnData {
    /// Who the customer is, and where messages go.
    pub account: Option<AccountView>,
    /// The devices.
    pub devices: Vec<OwnDevice>,
    /// The browsers that are signed in.
    pub sessions: Vec<SessionView>,
}

/// A device, as far as anything of it is kept. Its ID is kept sealed; here are its last
/// characters.
#[derive(Debug, Serialize)]
pub struct OwnDevice {
    id: crate::EnrollmentId,
    name: Option<String>,
    device_id_ends_with: String,
    registered_at: gridpass_protocol::UnixTime,
    channel: crate::Channel,
    state: StateView,
    certificate: Option<OwnCertificate>,
}

#[derive(Debug, Serialize)]
struct OwnCertificate {
    fingerprint: String,
    good_until: gridpass_protocol::UnixTime,
}

impl From<EnrollmentView> for OwnDevice {
    fn from(view: EnrollmentView) -> Self {
        Self {
            id: view.id,
            name: view.nickname,
            device_id_ends_with: view.device_id_hint,
            registered_at: view.created_at,
            channel: view.channel,
            state: view.state,
            certificate: view.certificate.map(|certificate| OwnCertificate {
                fingerprint: certificate.identifiers.fingerprint,
                good_until: certificate.not_after,
            }),
        }
    }
}

impl Gridpass {
    /// The customer's account, as it is known.
    ///
    /// # Errors
    /// The database failed.
    pub fn own_account(&self, session: &Session) -> Result<Option<AccountView>, StoreError> {
        self.store
            .read(|connection| directory::find(connection, &session.provider, session.account_id))
    }

    /// Everything that is kept about the customer's account.
    ///
    /// # Errors
    /// The database failed.
    pub fn own_data(&self, session: &Session, actor: Actor) -> Result<OwnData, StoreError> {
        let data = OwnData {
            account: self.own_account(session)?,
            devices: self
                .enrollments_of(session)?
                .into_iter()
                .map(OwnDevice::from)
                .collect(),
            sessions: self.sessions_of(session)?,
        };
        let (provider, account, at) = (
            session.provider.clone(),
            session.account_id,
            self.clock_now(),
        );
        self.store.write(move |transaction| {
            let entry = audit::Entry {
                provider: &provider,
                at,
                actor: &actor,
                action: "account.export",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({ "account": account }),
            };
            audit::append(transaction, &entry)
        })?;
        Ok(data)
    }
}
