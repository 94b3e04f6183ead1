//! The audit: who did what to which enrollment, when and with what outcome.
//!
//! An entry is written in the transaction of what it tells, or not at all. It holds the full
//! address of the client, because that is what an investigation of guessed device IDs needs; the
//! provider's retention rule decides how long. It never holds a secret: no device ID, no
//! one-time password, no code, no token.
//!
//! The entries of a provider are a chain: each holds a hash over itself and the one before. Where
//! the chain ends is kept under a code that needs the key file, and signed from time to time: an
//! entry that was removed, changed, moved or cut off is found by [`Gridpass::verify_audit`].
//!
//! [`Gridpass::verify_audit`]: crate::Gridpass::verify_audit

pub(crate) mod chain;
pub(crate) mod checkpoint;
mod read;
mod verify;

use std::{fmt, net::IpAddr};

use gridpass_protocol::UnixTime;

#[cfg(test)]
pub(crate) use self::read::OF_ENROLLMENT;
pub(crate) use self::read::of_enrollment;
pub(crate) use self::verify::{AuditWalk, is_whole};
pub use self::{
    read::{AuditEntry, AuditFilter, AuditPage},
    verify::{AuditFinding, AuditReport, AuditVerifyError},
};
use crate::{
    api_token::ApiClient,
    id::{AccountId, ApiTokenId, EnrollmentId, ProviderId, RequestId, StaffId},
    session::{Browser, Session},
    staff::StaffSession,
    store::{Connection, StoreError},
    tenant::Scope,
};

/// Who does something, and in which request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    who: Who,
    request_id: Option<RequestId>,
    client: Option<IpAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    Customer {
        provider: ProviderId,
        account: AccountId,
    },
    ApiClient {
        provider: ProviderId,
        token: ApiTokenId,
    },
    Staff {
        provider: ProviderId,
        staff: StaffId,
    },
    Operator {
        name: String,
    },
    Device,
    Visitor,
    System,
}

impl Actor {
    const fn new(who: Who) -> Self {
        Self {
            who,
            request_id: None,
            client: None,
        }
    }

    /// The customer who is signed in.
    #[must_use]
    pub fn customer(session: &Session) -> Self {
        Self::new(Who::Customer {
            provider: session.provider.clone(),
            account: session.account_id,
        })
    }

    /// A system of the provider's own.
    #[must_use]
    pub fn api_client(client: &ApiClient) -> Self {
        Self::new(Who::ApiClient {
            provider: client.provider.clone(),
            token: client.id,
        })
    }

    /// The member of staff who is signed in.
    #[must_use]
    pub fn staff(session: &StaffSession) -> Self {
        Self::new(Who::Staff {
            provider: session.provider.clone(),
            staff: session.staff_id,
        })
    }

    /// A member of staff on whose behalf something goes on in the background.
    pub(crate) fn staff_member(provider: &ProviderId, staff: StaffId) -> Self {
        Self::new(Who::Staff {
            provider: provider.clone(),
            staff,
        })
    }

    /// A person at the command line of the server. May touch every provider.
    #[must_use]
    pub fn operator(name: &str) -> Self {
        Self::new(Who::Operator {
            name: name.to_owned(),
        })
    }

    /// Gridpass itself. May touch every provider.
    #[must_use]
    pub const fn system() -> Self {
        Self::new(Who::System)
    }

    /// A device that confirms.
    pub(crate) const fn device() -> Self {
        Self::new(Who::Device)
    }

    /// Somebody who has not signed in.
    pub(crate) const fn visitor() -> Self {
        Self::new(Who::Visitor)
    }

    /// In the request with this id.
    #[must_use]
    pub fn in_request(self, request_id: RequestId) -> Self {
        Self {
            request_id: Some(request_id),
            ..self
        }
    }

    /// From this address.
    #[must_use]
    pub fn from_client(self, client: IpAddr) -> Self {
        Self {
            client: Some(client),
            ..self
        }
    }

    /// From the browser that a session begins in.
    pub(crate) fn in_browser(self, browser: &Browser) -> Self {
        Self {
            client: browser.client.or(self.client),
            ..self
        }
    }

    /// What it may see and touch.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match &self.who {
            Who::Customer { provider, account } => Scope::Account {
                provider: provider.clone(),
                account: *account,
            },
            Who::ApiClient { provider, .. } | Who::Staff { provider, .. } => {
                Scope::Provider(provider.clone())
            }
            Who::Operator { .. } | Who::System => Scope::Installation,
            Who::Device | Who::Visitor => Scope::Nothing,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.who {
            Who::Customer { account, .. } => write!(f, "customer:{account}"),
            Who::ApiClient { token, .. } => write!(f, "api:{token}"),
            Who::Staff { staff, .. } => write!(f, "staff:{staff}"),
            Who::Operator { name } => write!(f, "operator:{name}"),
            Who::Device => f.write_str("device"),
            Who::Visitor => f.write_str("visitor"),
            Who::System => f.write_str("system"),
        }
    }
}

/// One entry to write.
pub(crate) struct Entry<'a> {
    pub(crate) provider: &'a ProviderId,
    pub(crate) at: UnixTime,
    pub(crate) actor: &'a Actor,
    /// What was done, `<stage>.<verb>`.
    pub(crate) action: &'static str,
    /// `ok`, or the name of the refusal.
    pub(crate) result: &'static str,
    pub(crate) enrollment: Option<EnrollmentId>,
    /// Facts worth keeping, a JSON object without secrets.
    pub(crate) detail: serde_json::Value,
}

/// Writes an entry as the next of its provider.
pub(crate) fn append(connection: &Connection, entry: &Entry<'_>) -> Result<(), StoreError> {
    chain::append(connection, entry)
}
