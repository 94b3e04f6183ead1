//! What is forgotten in time: mailboxes that were emptied long ago, events that are long over. The
//! record of who did what is left alone: a chain forgets nothing.

use gridpass_protocol::UnixTime;
use serde::Deserialize;

use crate::{
    Gridpass,
    store::{Connection, RowReader, StoreError, params, seconds, sql},
};

const DAY: u64 = 24 * 60 * 60;
/// Rows that are forgotten in one transaction, so that confirmations wait for none of them long.
const AT_ONCE: u32 = 500;
/// Transactions of one round: what is left waits for the next minute.
const ROUNDS: usize = 40;

/// For how long what is over is kept, in days. 0 keeps it for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// What devices were sent, after the last of them has received it or it has expired.
    pub mailbox_days: u32,
    /// Events with all that devices reported about them, after their end.
    pub event_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            mailbox_days: 180,
            // Three years: a programme is settled and audited by the year.
            event_days: 1096,
        }
    }
}

impl Gridpass {
    /// The same installation with another rule of what is kept for how long.
    #[must_use]
    pub const fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// Forgets what is over for long enough, some rows at a time. Returns how many rows.
    pub(crate) fn forget_in_time(&self, now: UnixTime) -> Result<usize, StoreError> {
        let before = |days: u32| (days > 0).then(|| now.minus(u64::from(days) * DAY));
        let mut forgotten = 0;
        if let Some(before) = before(self.retention.event_days) {
            forgotten += self.in_rounds(move |transaction| forget_event(transaction, before))?;
        }
        if let Some(before) = before(self.retention.mailbox_days) {
            forgotten += self.in_rounds(move |transaction| forget_parcel(transaction, before))?;
        }
        Ok(forgotten)
    }

    /// Runs `step` in transactions of its own until it finds nothing more, or for now it is enough.
    fn in_rounds(
        &self,
        step: impl Fn(&Connection) -> Result<usize, StoreError> + Clone + Send + 'static,
    ) -> Result<usize, StoreError> {
        let mut forgotten = 0;
        for _ in 0..ROUNDS {
            let step = step.clone();
            match self.store.write(move |transaction| step(transaction))? {
                0 => break,
                rows => forgotten += rows,
            }
        }
        Ok(forgotten)
    }
}

/// Rows of one event that ended before; the event itself when nothing else of it is left.
fn forget_event(transaction: &Connection, before: UnixTime) -> Result<usize, StoreError> {
    let mut statement = transaction.prepare_cached(sql!(
        "SELECT e.provider_id, e.id FROM providers p
         JOIN dr_events e ON e.provider_id = p.id AND e.ends_at <= $1
             AND e.addressing = 'done' LIMIT 1"
    ))?;
    let mut rows = statement.query(params![seconds(before)])?;
    let Some(row) = rows.next()? else {
        return Ok(0);
    };
    let row = RowReader::new(row, "dr_events");
    let provider: String = row.value("provider_id")?;
    let event: Vec<u8> = row.value("id")?;
    drop(rows);
    // In the order of their references.
    for (at_once, sql) in [
        (
            true,
            sql!(
                "DELETE FROM dr_reports WHERE provider_id = $1 AND id IN (
                     SELECT id FROM dr_reports WHERE provider_id = $1 AND event_id = $2 LIMIT $3)"
            ),
        ),
        (
            true,
            sql!(
                "DELETE FROM dr_recipients WHERE provider_id = $1 AND event_id = $2
                     AND enrollment_id IN (SELECT enrollment_id FROM dr_recipients
                         WHERE provider_id = $1 AND event_id = $2 LIMIT $3)"
            ),
        ),
        (
            false,
            sql!("DELETE FROM dr_load WHERE provider_id = $1 AND event_id = $2"),
        ),
        (
            false,
            sql!("DELETE FROM dr_events WHERE provider_id = $1 AND id = $2"),
        ),
    ] {
        let mut statement = transaction.prepare_cached(sql)?;
        let deleted = if at_once {
            statement.execute(params![provider, event, AT_ONCE])?
        } else {
            statement.execute(params![provider, event])?
        };
        if deleted > 0 {
            return Ok(deleted);
        }
    }
    Ok(0)
}

/// Rows of one parcel that was closed before and that nothing refers to; the parcel itself when
/// nothing else of it is left. What an event says lies there as long as the event does.
fn forget_parcel(transaction: &Connection, before: UnixTime) -> Result<usize, StoreError> {
    let mut statement = transaction.prepare_cached(sql!(
        "SELECT p.provider_id, p.number FROM parcels p
         WHERE p.closed_at IS NOT NULL AND p.closed_at <= $1
             AND NOT EXISTS (SELECT 1 FROM settings_versions s WHERE s.parcel_id = p.id)
             AND NOT EXISTS (SELECT 1 FROM instruction_calls c WHERE c.parcel_id = p.id)
             AND NOT EXISTS (SELECT 1 FROM dr_events e
                 WHERE e.provider_id = p.provider_id AND e.parcel_id = p.id)
         ORDER BY p.closed_at LIMIT 1"
    ))?;
    let mut rows = statement.query(params![seconds(before)])?;
    let Some(row) = rows.next()? else {
        return Ok(0);
    };
    let row = RowReader::new(row, "parcels");
    let provider: String = row.value("provider_id")?;
    let number: i64 = row.value("number")?;
    drop(rows);
    let recipients = transaction
        .prepare_cached(sql!(
            "DELETE FROM parcel_recipients WHERE provider_id = $1 AND parcel = $2
                 AND enrollment_id IN (SELECT enrollment_id FROM parcel_recipients
                     WHERE provider_id = $1 AND parcel = $2 LIMIT $3)"
        ))?
        .execute(params![provider, number, AT_ONCE])?;
    if recipients > 0 {
        return Ok(recipients);
    }
    Ok(transaction
        .prepare_cached(sql!(
            "DELETE FROM parcels WHERE provider_id = $1 AND number = $2"
        ))?
        .execute(params![provider, number])?)
}
