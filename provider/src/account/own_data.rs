//! What a customer may take along: everything that is kept about the account (GDPR, articles 15
//! and 20).

use gridpass_protocol::UnixTime;
use serde::Serialize;

use super::directory::{self, AccountView};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::ProviderId,
    mailbox::{Content, Letter, letters},
    programs::{EventChoice, Report, ReportQuery, choices, reports_of_device},
    session::{Session, SessionView},
    store::{Connection, StoreError},
    view::{EnrollmentView, StateView},
};

/// So many instructions and events, and so many reports, are told of one device: an event an hour for more than
/// a year.
const MOST: u32 = 10_000;

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
    registered_at: UnixTime,
    channel: crate::Channel,
    state: StateView,
    certificate: Option<OwnCertificate>,
    received: Vec<Received>,
    choices: Vec<EventChoice>,
    reports: Vec<Report>,
}

/// What the provider sent to a device, and what became of it.
#[derive(Debug, Serialize)]
struct Received {
    content: Content,
    sent_at: UnixTime,
    delivered_at: Option<UnixTime>,
    acknowledged_at: Option<UnixTime>,
    state: &'static str,
    detail: Option<String>,
}

impl From<Letter> for Received {
    fn from(letter: Letter) -> Self {
        Self {
            content: letter.content,
            sent_at: letter.created_at,
            delivered_at: letter.delivered_at,
            acknowledged_at: letter.acknowledged_at,
            state: letter.state.as_str(),
            detail: letter.detail,
        }
    }
}

#[derive(Debug, Serialize)]
struct OwnCertificate {
    fingerprint: String,
    good_until: UnixTime,
}

impl OwnDevice {
    fn read(
        connection: &Connection,
        provider: &ProviderId,
        view: EnrollmentView,
    ) -> Result<Self, StoreError> {
        let reports = ReportQuery {
            limit: MOST,
            ..ReportQuery::default()
        };
        Ok(Self {
            received: letters(connection, provider, view.id, MOST)?
                .into_iter()
                .map(Received::from)
                .collect(),
            choices: choices(connection, provider, view.id)?,
            reports: reports_of_device(connection, provider, view.id, &reports)?,
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
        })
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
        let views = self.enrollments_of(session)?;
        let devices = self.store.read(|connection| {
            let devices = views.into_iter();
            devices
                .map(|view| OwnDevice::read(connection, &session.provider, view))
                .collect::<Result<_, StoreError>>()
        })?;
        let data = OwnData {
            account: self.own_account(session)?,
            devices,
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
