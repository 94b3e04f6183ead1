//! What the desk sees of the outbox: what waits, what was given up, what has left. Never what a
//! message says.

use gridpass_protocol::UnixTime;

use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{DeliveryId, EnrollmentId, ProviderId, WebhookId},
    outbox::{About, DeliveryKind, DeliveryState},
    staff::{NotAllowed, Permission, StaffSession},
    store::{Connection, RowReader, Rows, StoreError, params, seconds, sql},
    webhooks::{self, WebhookCall},
};

/// A message, as the desk sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryView {
    /// Its id.
    pub id: DeliveryId,
    /// How it travels.
    pub kind: DeliveryKind,
    /// What it is about.
    pub about: About,
    /// Which enrollment it is about.
    pub enrollment: Option<EnrollmentId>,
    /// Whom it goes to, shortened.
    pub to: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// When it was written.
    pub made_at: UnixTime,
    /// When it is tried again, while it waits.
    pub next_attempt_at: UnixTime,
    /// When it was settled.
    pub settled_at: Option<UnixTime>,
    /// What other systems were told; nothing for people's messages.
    pub event: Option<String>,
    /// Whether it can be sent again: what it says is still there.
    pub retry: Retry,
}

/// Whether a message can be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It was given up, and what it says is still there.
    Possible,
    /// It was not given up, or what it said is gone.
    Pointless,
}

/// Which messages are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeliveryBox {
    /// Those that wait or are under way.
    #[default]
    Waiting,
    /// Those that were given up.
    Dead,
    /// Those that have left.
    Sent,
}

/// Some messages, youngest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryPage {
    /// The messages.
    pub rows: Vec<DeliveryView>,
    /// Where the next page goes on; `None` at the end.
    pub older_than: Option<DeliveryId>,
}

/// Why the desk was refused.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// There is no such message that was given up and could be sent again.
    #[error("there is nothing to send again")]
    NotFound,
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gridpass {
    /// The messages of the provider in a box, youngest first, `most` at once.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn deliveries(
        &self,
        staff: &StaffSession,
        which: DeliveryBox,
        older_than: Option<DeliveryId>,
        most: u32,
        actor: &Actor,
    ) -> Result<DeliveryPage, DeliveryError> {
        self.require::<DeliveryError>(staff, Permission::SeeDeliveries, actor)?;
        let states: &[DeliveryState] = match which {
            DeliveryBox::Waiting => &[DeliveryState::Waiting, DeliveryState::Sending],
            DeliveryBox::Dead => &[DeliveryState::Dead],
            DeliveryBox::Sent => &[DeliveryState::Sent],
        };
        let rows = self.store.read(|connection| {
            let mut rows = Vec::new();
            for state in states {
                rows.extend(in_state(
                    connection,
                    &staff.provider,
                    *state,
                    older_than,
                    most,
                )?);
            }
            Ok::<_, StoreError>(rows)
        })?;
        Ok(page(rows, most))
    }

    /// What one endpoint is told, youngest first, `most` at once, each with the calls that were
    /// made for it.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn webhook_log(
        &self,
        staff: &StaffSession,
        endpoint: WebhookId,
        older_than: Option<DeliveryId>,
        most: u32,
        actor: &Actor,
    ) -> Result<Vec<(DeliveryView, Vec<WebhookCall>)>, DeliveryError> {
        self.require::<DeliveryError>(staff, Permission::ManageWebhooks, actor)?;
        let provider = &staff.provider;
        Ok(self.store.read(|connection| {
            of_endpoint(connection, provider, endpoint, older_than, most)?
                .into_iter()
                .map(|told| {
                    let calls = webhooks::calls(connection, provider, told.id)?;
                    Ok::<_, StoreError>((told, calls))
                })
                .collect()
        })?)
    }

    /// Sends a message again that was given up.
    ///
    /// # Errors
    /// See [`DeliveryError`].
    pub fn retry_delivery(
        &self,
        staff: &StaffSession,
        id: DeliveryId,
        actor: Actor,
    ) -> Result<(), DeliveryError> {
        self.require::<DeliveryError>(staff, Permission::RetryDeliveries, &actor)?;
        let (provider, now) = (staff.provider.clone(), self.clock_now());
        self.store.write(move |transaction| {
            let again = transaction
                .prepare_cached(sql!(
                    "UPDATE outbox SET state = 'waiting', attempts = 0, next_attempt_at = $3,
                         settled_at = NULL
                     WHERE id = $1 AND provider_id = $2 AND state = 'dead' AND expires_at > $3
                         AND (sealed_content IS NOT NULL OR event IS NOT NULL)"
                ))
                .and_then(|mut statement| {
                    statement.execute(params![id.as_bytes(), provider.as_str(), seconds(now)])
                })
                .map_err(StoreError::from)?;
            if again == 0 {
                // Somebody has asked for the same a moment ago.
                let waits = transaction
                    .prepare_cached(sql!(
                        "SELECT 1 FROM outbox WHERE id = $1 AND provider_id = $2
                             AND state IN ('waiting', 'sending')"
                    ))
                    .and_then(|mut found| found.exists(params![id.as_bytes(), provider.as_str()]))
                    .map_err(StoreError::from)?;
                return if waits {
                    Ok(())
                } else {
                    Err(DeliveryError::NotFound)
                };
            }
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action: "delivery.retry",
                result: "ok",
                enrollment: None,
                detail: serde_json::json!({ "delivery": id }),
            };
            Ok(audit::append(transaction, &entry)?)
        })
    }
}

/// The youngest of these, and where the next page goes on.
fn page(mut rows: Vec<DeliveryView>, most: u32) -> DeliveryPage {
    let most = most as usize;
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    let is_cut = rows.len() >= most;
    rows.truncate(most);
    DeliveryPage {
        older_than: rows.last().filter(|_| is_cut).map(|row| row.id),
        rows,
    }
}

macro_rules! select {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT id, kind, about, enrollment_id, recipient_hint, state, attempts, last_error,
                 made_at, next_attempt_at, settled_at, event, sealed_content IS NOT NULL
             FROM outbox ",
            $rest
        ))
    };
}

/// Above every id (RFC 9562, 5.10).
const ABOVE_ALL: [u8; 16] = [0xff; 16];

fn in_state(
    connection: &Connection,
    provider: &ProviderId,
    state: DeliveryState,
    older_than: Option<DeliveryId>,
    most: u32,
) -> Result<Vec<DeliveryView>, StoreError> {
    let before = older_than.map_or(ABOVE_ALL, |id| *id.as_bytes());
    let mut statement = connection.prepare_cached(select!(
        "WHERE provider_id = $1 AND state = $2 AND id < $3 ORDER BY id DESC LIMIT $4"
    ))?;
    collect(statement.query(params![provider.as_str(), state.as_str(), before, most])?)
}

fn of_endpoint(
    connection: &Connection,
    provider: &ProviderId,
    endpoint: WebhookId,
    older_than: Option<DeliveryId>,
    most: u32,
) -> Result<Vec<DeliveryView>, StoreError> {
    let before = older_than.map_or(ABOVE_ALL, |id| *id.as_bytes());
    let mut statement = connection.prepare_cached(select!(
        "WHERE provider_id = $1 AND endpoint_id = $2 AND endpoint_id IS NOT NULL AND id < $3
         ORDER BY id DESC LIMIT $4"
    ))?;
    collect(statement.query(params![
        provider.as_str(),
        endpoint.as_bytes(),
        before,
        most
    ])?)
}

fn collect(mut rows: Rows<'_>) -> Result<Vec<DeliveryView>, StoreError> {
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(&RowReader::new(row, "outbox"))?);
    }
    Ok(found)
}

fn read(row: &RowReader<'_>) -> Result<DeliveryView, StoreError> {
    let id = DeliveryId::from_bytes(row.bytes("id")?);
    let kind = row.word("kind")?;
    let about = row.word("about")?;
    let enrollment = row
        .value::<Option<_>>("enrollment_id")?
        .map(EnrollmentId::from_bytes);
    let to = row.value("recipient_hint")?;
    let state = row.word("state")?;
    let attempts = row.value("attempts")?;
    let last_error = row.value("last_error")?;
    let made_at = row.time("made_at")?;
    let next_attempt_at = row.time("next_attempt_at")?;
    let settled_at = row.parsed("settled_at", |seconds: Option<i64>| {
        seconds.map_or(Some(None), |seconds| {
            Some(Some(UnixTime(u64::try_from(seconds).ok()?)))
        })
    })?;
    let event: Option<String> = row.value("event")?;
    let is_there: bool = row.value("sealed_content")?;
    let retry = if state == DeliveryState::Dead && (is_there || event.is_some()) {
        Retry::Possible
    } else {
        Retry::Pointless
    };
    Ok(DeliveryView {
        id,
        kind,
        about,
        enrollment,
        to,
        state,
        attempts,
        last_error,
        made_at,
        next_attempt_at,
        settled_at,
        event,
        retry,
    })
}
