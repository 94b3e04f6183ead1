//! Other systems are told when an enrollment changes its state.
//!
//! Each endpoint gets a call of its own through the outbox, written in the transaction of the
//! change. A call says which enrollment is now in which state, and nothing that is secret; it is
//! signed as Standard Webhooks has it.

use gridpass_protocol::UnixTime;
use uuid::Uuid;

use crate::{
    Gridpass,
    audit::{self, Actor},
    delivery::http::CallSecret,
    enrollment::StateName,
    id::{DeliveryId, EnrollmentId, ParcelId, ProviderId, WebhookId},
    mailbox::ParcelState,
    outbox::{self, Event, Useful},
    random::Random,
    staff::{NotAllowed, Permission, StaffSession},
    store::{Connection, RowReader, StoreError, params, seconds, sql},
    vault::{Purpose, sha256},
};

/// For how long an event is worth telling, in seconds.
const WORTH: u64 = 3 * 24 * 60 * 60;
/// Endpoints of one provider, at most: each costs a row a change of state.
const MOST_ENDPOINTS: usize = 10;
/// The longest address, in characters.
const LONGEST_URL: usize = 2048;

/// A system that is told of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookView {
    /// Its id.
    pub id: WebhookId,
    /// Where it is called.
    pub url: String,
    /// Since when.
    pub made_at: UnixTime,
}

/// A new endpoint.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Its id.
    pub id: WebhookId,
    /// What its calls are signed with. Shown once.
    pub secret: CallSecret,
}

/// Why an endpoint was not changed.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The address is none that can be called.
    #[error("an address begins with https:// and has a host")]
    InvalidUrl,
    /// There are too many.
    #[error("there can be ten addresses; remove one first")]
    TooMany,
    /// There is none with this id.
    #[error("there is no such address")]
    NotFound,
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gridpass {
    /// The systems of the provider that are told of changes, oldest first.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn webhooks(
        &self,
        staff: &StaffSession,
        actor: &Actor,
    ) -> Result<Vec<WebhookView>, WebhookError> {
        self.require::<WebhookError>(staff, Permission::ManageWebhooks, actor)?;
        Ok(self
            .store
            .read(|connection| all(connection, &staff.provider))?)
    }

    /// Adds a system that is told of changes from now on.
    ///
    /// # Errors
    /// See [`WebhookError`].
    pub fn add_webhook(
        &self,
        staff: &StaffSession,
        url: &str,
        actor: Actor,
    ) -> Result<NewWebhook, WebhookError> {
        self.require::<WebhookError>(staff, Permission::ManageWebhooks, &actor)?;
        let url = url.trim().to_owned();
        let host = self.callable_host(&url).ok_or(WebhookError::InvalidUrl)?;
        let (now, random) = (self.clock_now(), Random(&*self.random));
        let id = WebhookId::make(now, &random);
        let secret = CallSecret::from_bytes(&random.bytes::<32>());
        let sealed = self.vault.seal(
            Purpose::WebhookSecret,
            id.as_bytes(),
            secret.as_bytes(),
            &random,
        );
        let provider = staff.provider.clone();
        self.store.write(move |transaction| {
            if all(transaction, &provider)?.len() >= MOST_ENDPOINTS {
                return Err(WebhookError::TooMany);
            }
            transaction
                .prepare_cached(sql!(
                    "INSERT INTO webhook_endpoints (id, provider_id, url, sealed_secret, made_at)
                     VALUES ($1, $2, $3, $4, $5)"
                ))
                .and_then(|mut statement| {
                    statement.execute(params![
                        id.as_bytes(),
                        provider.as_str(),
                        url,
                        sealed,
                        seconds(now)
                    ])
                })
                .map_err(StoreError::from)?;
            transaction.forget_webhooks(&provider);
            let detail = serde_json::json!({ "webhook": id, "host": host });
            note(transaction, &provider, &actor, "webhook.add", detail, now)?;
            Ok(())
        })?;
        Ok(NewWebhook { id, secret })
    }

    /// Removes one: it is told nothing more.
    ///
    /// # Errors
    /// See [`WebhookError`].
    pub fn remove_webhook(
        &self,
        staff: &StaffSession,
        id: WebhookId,
        actor: Actor,
    ) -> Result<(), WebhookError> {
        self.require::<WebhookError>(staff, Permission::ManageWebhooks, &actor)?;
        let (provider, now) = (staff.provider.clone(), self.clock_now());
        self.store.write(move |transaction| {
            let removed = transaction
                .prepare_cached(sql!(
                    "UPDATE webhook_endpoints SET removed_at = $3
                     WHERE provider_id = $1 AND id = $2 AND removed_at IS NULL"
                ))
                .and_then(|mut statement| {
                    statement.execute(params![provider.as_str(), id.as_bytes(), seconds(now)])
                })
                .map_err(StoreError::from)?;
            if removed == 0 {
                return Err(WebhookError::NotFound);
            }
            transaction.forget_webhooks(&provider);
            let detail = serde_json::json!({ "webhook": id });
            note(
                transaction,
                &provider,
                &actor,
                "webhook.remove",
                detail,
                now,
            )?;
            Ok(())
        })
    }

    /// Where the calls to an endpoint go, and what they are signed with; `None` once it is
    /// removed.
    pub(crate) fn endpoint(
        &self,
        provider: &ProviderId,
        id: WebhookId,
    ) -> Result<Option<(String, CallSecret)>, StoreError> {
        self.store.read(|connection| {
            let mut statement = connection.prepare_cached(sql!(
                "SELECT id, url, sealed_secret FROM webhook_endpoints
                 WHERE provider_id = $1 AND id = $2 AND removed_at IS NULL"
            ))?;
            let mut rows = statement.query(params![provider.as_str(), id.as_bytes()])?;
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            let row = RowReader::new(row, "webhook_endpoints");
            let _: [u8; 16] = row.bytes("id")?;
            let url = row.value("url")?;
            let secret = row.parsed("sealed_secret", |sealed: Vec<u8>| {
                let secret = self
                    .vault
                    .open(Purpose::WebhookSecret, id.as_bytes(), &sealed)
                    .ok()?;
                Some(CallSecret::from_bytes(&secret))
            })?;
            Ok(Some((url, secret)))
        })
    }

    /// The host of an address that may be called: https, unless this installation is a
    /// development one on this machine.
    pub(crate) fn callable_host(&self, url: &str) -> Option<String> {
        let plain = if self.origin.is_loopback() {
            Plain::Allowed
        } else {
            Plain::Refused
        };
        host_to_call(url, plain)
    }
}

/// Whether calls may go over plain http.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    /// For development on this machine.
    Allowed,
    /// Everywhere else.
    Refused,
}

/// The host of an address, if it may be called.
pub(crate) fn host_to_call(url: &str, plain: Plain) -> Option<String> {
    if url.len() > LONGEST_URL || url.chars().any(char::is_control) {
        return None;
    }
    let uri: ureq::http::Uri = url.parse().ok()?;
    let is_secure = match uri.scheme_str()? {
        "https" => true,
        "http" => plain == Plain::Allowed,
        _ => false,
    };
    let authority = uri.authority()?;
    let is_plain = !authority.as_str().contains('@') && !authority.host().is_empty();
    (is_secure && is_plain).then(|| authority.host().to_owned())
}

fn all(connection: &Connection, provider: &ProviderId) -> Result<Vec<WebhookView>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, url, made_at FROM webhook_endpoints
         WHERE provider_id = $1 AND removed_at IS NULL ORDER BY id"
    ))?;
    let mut rows = statement.query(params![provider.as_str()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "webhook_endpoints");
        found.push(WebhookView {
            id: WebhookId::from_bytes(row.bytes("id")?),
            url: row.value("url")?,
            made_at: row.time("made_at")?,
        });
    }
    Ok(found)
}

/// One call to a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookCall {
    /// When.
    pub at: UnixTime,
    /// The status of the answer; `None`: there was none.
    pub status: Option<u16>,
    /// Why it was not taken; `None`: it was.
    pub error: Option<String>,
}

/// Writes down that a call was made.
pub(crate) fn log(
    transaction: &Connection,
    provider: &ProviderId,
    delivery: DeliveryId,
    call: &WebhookCall,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "INSERT INTO webhook_calls (provider_id, delivery_id, number, at, status, error)
             VALUES ($1, $2,
                 (SELECT COALESCE(MAX(number), 0) + 1 FROM webhook_calls
                  WHERE provider_id = $1 AND delivery_id = $2), $3, $4, $5)"
        ))?
        .post(params![
            provider.as_str(),
            delivery.as_bytes(),
            seconds(call.at),
            call.status,
            call.error
        ])?;
    Ok(())
}

/// The calls that were made for a message, oldest first.
pub(crate) fn calls(
    connection: &Connection,
    provider: &ProviderId,
    delivery: DeliveryId,
) -> Result<Vec<WebhookCall>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT number, at, status, error FROM webhook_calls
         WHERE provider_id = $1 AND delivery_id = $2 ORDER BY number"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), delivery.as_bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "webhook_calls");
        let _: i64 = row.value("number")?;
        found.push(WebhookCall {
            at: row.time("at")?,
            status: row.value("status")?,
            error: row.value("error")?,
        });
    }
    Ok(found)
}

fn note(
    transaction: &Connection,
    provider: &ProviderId,
    actor: &Actor,
    action: &'static str,
    detail: serde_json::Value,
    now: UnixTime,
) -> Result<(), StoreError> {
    let entry = audit::Entry {
        provider,
        at: now,
        actor,
        action,
        result: "ok",
        enrollment: None,
        detail,
    };
    audit::append(transaction, &entry)
}

/// What others are told of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Happening {
    /// The enrollment is in another state now.
    State(StateName),
    /// Two holders of its key are suspected.
    PossibleClone,
    /// Something has become of an instruction that a system of the provider's own sent it.
    Instruction {
        id: ParcelId,
        state: ParcelState,
        /// When, by the device's clock, if the device said so.
        device_at: Option<UnixTime>,
    },
}

impl Happening {
    const fn as_str(self) -> &'static str {
        match self {
            Self::State(state) => state.as_str(),
            Self::PossibleClone => "possible-clone",
            Self::Instruction { state, .. } => state.as_str(),
        }
    }

    /// As others read it: `<noun>.<word>`.
    fn name(self) -> String {
        match self {
            Self::State(_) | Self::PossibleClone => format!("enrollment.{}", self.as_str()),
            Self::Instruction { .. } => format!("instruction.{}", self.as_str()),
        }
    }
}

/// Something that happened to an enrollment, as others are told.
pub(crate) struct Change<'a> {
    pub(crate) provider: &'a ProviderId,
    pub(crate) enrollment: EnrollmentId,
    pub(crate) what: Happening,
    pub(crate) at: UnixTime,
}

/// Puts a call for each endpoint of the provider into the outbox. Where there is none this is one
/// look into an empty table.
pub(crate) fn announce(connection: &Connection, change: &Change<'_>) -> Result<(), StoreError> {
    let endpoints = connection.webhooks_or(change.provider, || all(connection, change.provider))?;
    for endpoint in &*endpoints {
        let host = endpoint
            .url
            .parse::<ureq::http::Uri>()
            .ok()
            .and_then(|uri| uri.host().map(str::to_owned))
            .unwrap_or_default();
        let mut data = serde_json::json!({
            "provider": change.provider,
            "enrollment_id": change.enrollment,
            "state": change.what.as_str(),
            "at": change.at,
        });
        if let Happening::Instruction { id, device_at, .. } = change.what {
            data["instruction_id"] = serde_json::json!(id);
            data["device_at"] = serde_json::json!(device_at);
        }
        let json = serde_json::json!({
            "type": change.what.name(),
            "timestamp": rfc3339(change.at),
            "data": data,
        });
        let event = Event {
            id: call_id(endpoint.id, change),
            enrollment: change.enrollment,
            endpoint: endpoint.id,
            recipient: &host,
            json: &json.to_string(),
            useful: Useful {
                from: change.at,
                until: change.at.plus(WORTH),
            },
        };
        outbox::insert_event(connection, change.provider, &event)?;
    }
    Ok(())
}

/// The id of a call: no two changes and endpoints have the same, and nothing random is needed.
fn call_id(endpoint: WebhookId, change: &Change<'_>) -> DeliveryId {
    let instruction = match &change.what {
        Happening::Instruction { id, .. } => id.as_bytes().as_slice(),
        Happening::State(_) | Happening::PossibleClone => &[],
    };
    let what = [
        endpoint.as_bytes().as_slice(),
        instruction,
        change.enrollment.as_bytes(),
        &change.at.0.to_be_bytes(),
        change.what.as_str().as_bytes(),
    ];
    let hash = sha256(&what.concat());
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    let milliseconds = change.at.0.saturating_mul(1000);
    let id: Uuid = uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid();
    DeliveryId::from_uuid(id)
}

/// As Standard Webhooks writes a time.
fn rfc3339(at: UnixTime) -> String {
    der::DateTime::from_unix_duration(std::time::Duration::from_secs(at.0))
        .map_or_else(|_| String::new(), |time| time.to_string())
}
