//! What has to be done from time to time: closing what has expired, forgetting what no longer
//! counts.

use gridpass_protocol::UnixTime;

use crate::{
    Gridpass,
    audit::Actor,
    bulk,
    enrollment::State,
    idempotency, mailbox, outbox, session, sign_in,
    staff::{invitation, passkey},
    store::{Connection, StoreError, enrollments, params, seconds, sql},
};

/// How many enrollments expire in one transaction, so that confirmations wait for none of them
/// for long.
const AT_ONCE: u32 = 200;

/// How long the counter of a temporary id without an open mapping is kept, in seconds: longer
/// than any label is good, so that an unknown one stays locked for as long as a known one would.
const FAILURES_KEPT: u64 = 90 * 24 * 60 * 60;

/// What was to happen, or has happened, later than this after now was written under a clock that
/// ran ahead, in seconds: nobody plans that far.
const FUTURE: u64 = 2 * 60 * 60;

/// What housekeeping did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Housekeeping {
    /// Enrollments that expired.
    pub expired: usize,
    /// Certificates about whose end a customer was told.
    pub warned: usize,
    /// Rows that were forgotten.
    pub pruned: usize,
    /// Rows that a clock had dated ahead and that count from now.
    pub dated_back: usize,
}

impl Gridpass {
    /// Closes the enrollments whose time is over, and forgets what no longer counts. To be called
    /// every minute or so; several processes may.
    ///
    /// # Errors
    /// The database failed; what was done until then stays done.
    pub fn run_housekeeping(&self) -> Result<Housekeeping, StoreError> {
        let now = self.clock_now();
        let mut done = Housekeeping::default();
        loop {
            let expired = self
                .store
                .write(move |transaction| expire(transaction, now))?;
            done.expired += expired;
            if expired < AT_ONCE as usize {
                break;
            }
        }
        while self
            .store
            .write(move |transaction| mailbox::expire(transaction, now))?
            .is_some()
        {}
        while self.spread_settings()? {}
        done.warned = self.warn_of_expiry(now)?;
        self.make_due_checkpoints()?;
        let longest_window = self.limits.longest_window();
        done.pruned = self
            .store
            .write(move |transaction| prune(transaction, now, longest_window))?;
        done.pruned += self.forget_in_time(now)?;
        done.dated_back = self
            .store
            .write(move |transaction| date_back(transaction, now))?;
        if done.dated_back > 0 {
            tracing::warn!(rows = done.dated_back, "the clock was set back");
        }
        Ok(done)
    }

    /// Has the database find its rows as fast as it can, also those of tables that were empty a moment
    /// ago. To be called every few seconds; several processes may.
    ///
    /// # Errors
    /// The database failed.
    pub fn refresh_statistics(&self) -> Result<usize, StoreError> {
        self.store.refresh_statistics()
    }
}

fn expire(transaction: &Connection, now: UnixTime) -> Result<usize, StoreError> {
    let mut expired = 0;
    for (provider, id, state) in enrollments::overdue(transaction, now, AT_ONCE)? {
        let State::Open(open) = state else { continue };
        let Some(transition) = open.expire(now) else {
            continue;
        };
        enrollments::apply(transaction, &provider, id, &transition, &Actor::system())?;
        expired += 1;
    }
    Ok(expired)
}

/// After a clock that ran ahead was set right: messages put off until then would wait for years,
/// and whoever had too many tries then would stay locked out as long.
fn date_back(transaction: &Connection, now: UnixTime) -> Result<usize, StoreError> {
    let future = seconds(now.plus(FUTURE));
    let events = transaction
        .prepare_cached(sql!("DELETE FROM limited_events WHERE at > $1"))?
        .execute(params![future])?;
    let messages = transaction
        .prepare_cached(sql!(
            "UPDATE outbox SET next_attempt_at = $2
             WHERE state IN ('waiting', 'sending') AND next_attempt_at > $1"
        ))?
        .execute(params![future, seconds(now)])?;
    let knocks = transaction
        .prepare_cached(sql!(
            "UPDATE push_subscriptions SET due_at = $2 WHERE due_at > $1"
        ))?
        .execute(params![future, seconds(now)])?;
    Ok(events + messages + knocks)
}

fn prune(
    transaction: &Connection,
    now: UnixTime,
    longest_window: u64,
) -> Result<usize, StoreError> {
    let events = transaction
        .prepare_cached(sql!("DELETE FROM limited_events WHERE at <= $1"))?
        .execute(params![seconds(now.minus(longest_window))])?;
    let failures = transaction
        .prepare_cached(sql!(
            "DELETE FROM mapping_failures WHERE last_at <= $1 AND NOT EXISTS (
                 SELECT 1 FROM enrollments WHERE enrollments.state = 'open'
                     AND enrollments.temporary_id = mapping_failures.temporary_id)"
        ))?
        .execute(params![seconds(now.minus(FAILURES_KEPT))])?;
    let labels = transaction
        .prepare_cached(sql!("DELETE FROM labels WHERE expires_at <= $1"))?
        .execute(params![seconds(now)])?;
    Ok(events
        + failures
        + labels
        + idempotency::prune(transaction, now)?
        + mailbox::prune(transaction, now)?
        + sign_in::prune(transaction, now)?
        + session::prune(transaction, now)?
        + invitation::prune(transaction, now)?
        + passkey::prune(transaction, now)?
        + outbox::prune(transaction, now)?
        + bulk::prune(transaction, now)?)
}
