//! Taking messages out of the outbox and putting down what became of them.
//!
//! Whoever delivers takes a message for a while. If it is not settled by then, whoever took it
//! has died, and the message is taken again: it leaves at least once.

use gridpass_protocol::UnixTime;

use super::{About, DeliveryKind, DeliveryState};
use crate::{
    id::{DeliveryId, EnrollmentId, ProviderId, WebhookId},
    store::{
        Connection, RowReader, Rows, StoreError,
        milestones::{self, Milestone},
        params, seconds, sql,
    },
};

/// How long a message may be under way before it is taken for abandoned, in seconds.
pub(crate) const LEASE: u64 = 120;
/// How long the desk sees what became of a message, in seconds.
const KEPT: u64 = 90 * 24 * 60 * 60;

/// A message that this process may send now.
pub(crate) struct Leased {
    pub(crate) id: DeliveryId,
    pub(crate) provider: ProviderId,
    pub(crate) kind: DeliveryKind,
    pub(crate) about: About,
    pub(crate) enrollment: Option<EnrollmentId>,
    pub(crate) endpoint: Option<WebhookId>,
    pub(crate) recipient_hint: String,
    pub(crate) sealed: Option<Vec<u8>>,
    pub(crate) event: Option<String>,
    /// How often it was taken, this time included.
    pub(crate) attempts: u32,
}

/// Whether something of this kind is due at `now`.
pub(crate) fn is_due(
    connection: &Connection,
    kind: DeliveryKind,
    now: UnixTime,
) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(sql!(
            "SELECT 1 FROM outbox
             WHERE kind = $1 AND state IN ('waiting', 'sending') AND next_attempt_at <= $2 LIMIT 1"
        ))?
        .exists(params![kind.as_str(), seconds(now)])?)
}

/// Takes at most `most` messages of a kind that are due.
pub(crate) fn lease(
    connection: &Connection,
    kind: DeliveryKind,
    now: UnixTime,
    most: u32,
) -> Result<Vec<Leased>, StoreError> {
    let due = due(connection, kind, now, most)?;
    let mut leased = Vec::with_capacity(due.len());
    for mut message in due {
        if !is_still_wanted(connection, &message)? {
            settle(connection, &message, &Settlement::Void, now)?;
            continue;
        }
        connection
            .prepare_cached(sql!(
                "UPDATE outbox SET state = 'sending', attempts = attempts + 1,
                     next_attempt_at = $2
                 WHERE id = $1"
            ))?
            .post(params![message.id.as_bytes(), seconds(now.plus(LEASE))])?;
        message.attempts += 1;
        leased.push(message);
    }
    Ok(leased)
}

fn due(
    connection: &Connection,
    kind: DeliveryKind,
    now: UnixTime,
    most: u32,
) -> Result<Vec<Leased>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, provider_id, kind, about, enrollment_id, endpoint_id, recipient_hint,
             sealed_content, event, attempts
         FROM outbox
         WHERE kind = $1 AND state IN ('waiting', 'sending') AND next_attempt_at <= $2
         ORDER BY next_attempt_at LIMIT $3"
    ))?;
    collect(statement.query(params![kind.as_str(), seconds(now), most])?)
}

/// The letters of a provider in a state, oldest first.
pub(crate) fn letters(
    connection: &Connection,
    provider: &ProviderId,
    state: DeliveryState,
    most: u32,
) -> Result<Vec<Leased>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, provider_id, kind, about, enrollment_id, endpoint_id, recipient_hint,
             sealed_content, event, attempts
         FROM outbox WHERE provider_id = $1 AND state = $2 AND kind = 'letter'
         ORDER BY id LIMIT $3"
    ))?;
    collect(statement.query(params![provider.as_str(), state.as_str(), most])?)
}

/// The letter of an enrollment that waits or is printed.
pub(crate) fn letter_of(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
) -> Result<Vec<Leased>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, provider_id, kind, about, enrollment_id, endpoint_id, recipient_hint,
             sealed_content, event, attempts
         FROM outbox WHERE provider_id = $1 AND enrollment_id = $2
             AND enrollment_id IS NOT NULL AND kind = 'letter'
             AND state IN ('waiting', 'sending')"
    ))?;
    collect(statement.query(params![provider.as_str(), enrollment.as_bytes()])?)
}

/// Notes that a letter is being printed; `None` if nobody wants it any more.
pub(crate) fn take_letter(
    connection: &Connection,
    mut letter: Leased,
    now: UnixTime,
) -> Result<Option<Leased>, StoreError> {
    if !is_still_wanted(connection, &letter)? {
        settle(connection, &letter, &Settlement::Void, now)?;
        return Ok(None);
    }
    connection
        .prepare_cached(sql!(
            "UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = $1"
        ))?
        .post(params![letter.id.as_bytes()])?;
    letter.attempts += 1;
    Ok(Some(letter))
}

fn collect(mut rows: Rows<'_>) -> Result<Vec<Leased>, StoreError> {
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(&RowReader::new(row, "outbox"))?);
    }
    Ok(found)
}

fn read(row: &RowReader<'_>) -> Result<Leased, StoreError> {
    Ok(Leased {
        id: DeliveryId::from_bytes(row.bytes("id")?),
        provider: row.word("provider_id")?,
        kind: row.word("kind")?,
        about: row.word("about")?,
        enrollment: row
            .value::<Option<_>>("enrollment_id")?
            .map(EnrollmentId::from_bytes),
        endpoint: row
            .value::<Option<_>>("endpoint_id")?
            .map(WebhookId::from_bytes),
        recipient_hint: row.value("recipient_hint")?,
        sealed: row.value("sealed_content")?,
        event: row.value("event")?,
        attempts: row.value("attempts")?,
    })
}

/// A label is of use only as long as its enrollment is open; everything else is wanted.
fn is_still_wanted(connection: &Connection, message: &Leased) -> Result<bool, StoreError> {
    let (About::Label, Some(enrollment)) = (message.about, &message.enrollment) else {
        return Ok(true);
    };
    Ok(connection
        .prepare_cached(sql!(
            "SELECT 1 FROM enrollments WHERE id = $1 AND provider_id = $2 AND state = 'open'"
        ))?
        .exists(params![enrollment.as_bytes(), message.provider.as_str()])?)
}

/// What became of a message.
pub(crate) enum Settlement {
    /// It was taken over; what it said is erased.
    Sent,
    /// To be tried again at `at`.
    Again { at: UnixTime, error: String },
    /// Given up; what it said stays for another try, until it expires.
    Dead { error: String },
    /// What it was about has ended; what it said is erased.
    Void,
}

/// Puts down what became of a message, unless somebody else has taken it meanwhile.
pub(crate) fn settle(
    connection: &Connection,
    message: &Leased,
    settlement: &Settlement,
    now: UnixTime,
) -> Result<(), StoreError> {
    let (state, next_attempt_at, error) = match settlement {
        Settlement::Sent => (DeliveryState::Sent, now, None),
        Settlement::Again { at, error } => (DeliveryState::Waiting, *at, Some(error)),
        Settlement::Dead { error } => (DeliveryState::Dead, now, Some(error)),
        Settlement::Void => (DeliveryState::Void, now, None),
    };
    if let (Settlement::Sent, About::Label, Some(enrollment)) =
        (settlement, message.about, message.enrollment)
    {
        let (provider, delivered) = (&message.provider, Milestone::Delivered);
        milestones::reach(connection, provider, enrollment, delivered, now)?;
    }
    let erased = matches!(settlement, Settlement::Sent | Settlement::Void);
    let settled = !matches!(settlement, Settlement::Again { .. });
    connection
        .prepare_cached(sql!(
            "UPDATE outbox SET state = $2, next_attempt_at = $3, last_error = $4,
                 settled_at = CASE WHEN $5 = 1 THEN $6 ELSE settled_at END,
                 sealed_content = CASE WHEN $7 = 1 THEN NULL ELSE sealed_content END
             WHERE id = $1 AND state IN ('waiting', 'sending') AND attempts = $8"
        ))?
        .post(params![
            message.id.as_bytes(),
            state.as_str(),
            seconds(next_attempt_at),
            error,
            i64::from(settled),
            seconds(now),
            i64::from(erased),
            message.attempts,
        ])?;
    Ok(())
}

/// Gives a message back untried, to be taken again at `at`.
pub(crate) fn release(
    connection: &Connection,
    message: &Leased,
    at: UnixTime,
    error: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "UPDATE outbox SET state = 'waiting', attempts = attempts - 1, next_attempt_at = $3,
                 last_error = $4
             WHERE id = $1 AND state = 'sending' AND attempts = $2"
        ))?
        .post(params![
            message.id.as_bytes(),
            message.attempts,
            seconds(at),
            error
        ])?;
    Ok(())
}

/// Puts off whatever waits for a system, none of it for less than until then.
pub(crate) fn leave(
    connection: &Connection,
    provider: &ProviderId,
    system: WebhookId,
    at: UnixTime,
    error: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "UPDATE outbox SET next_attempt_at = $3, last_error = $4
             WHERE provider_id = $1 AND endpoint_id = $2 AND kind = 'webhook'
                 AND state = 'waiting' AND next_attempt_at < $3"
        ))?
        .post(params![
            provider.as_str(),
            system.as_bytes(),
            seconds(at),
            error
        ])?;
    Ok(())
}

/// Voids what waits for an enrollment that is no longer open.
pub(crate) fn void(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    now: UnixTime,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "UPDATE outbox SET state = 'void', sealed_content = NULL, settled_at = $3
             WHERE provider_id = $1 AND enrollment_id = $2 AND enrollment_id IS NOT NULL
                 AND about = 'label' AND state IN ('waiting', 'sending', 'dead')"
        ))?
        .post(params![
            provider.as_str(),
            enrollment.as_bytes(),
            seconds(now)
        ])?;
    Ok(())
}

/// Erases what is of no more use to anybody, and forgets what became of old messages.
pub(crate) fn prune(connection: &Connection, now: UnixTime) -> Result<usize, StoreError> {
    let withheld = connection
        .prepare_cached(sql!(
            "DELETE FROM outbox
             WHERE sealed_content IS NOT NULL AND expires_at <= $1 AND state = 'withheld'"
        ))?
        .execute(params![seconds(now)])?;
    let erased = connection
        .prepare_cached(sql!(
            "UPDATE outbox SET sealed_content = NULL, settled_at = $1,
                 last_error = CASE WHEN state IN ('waiting', 'sending')
                     THEN 'its time was over before it could be sent' ELSE last_error END,
                 state = CASE WHEN state IN ('waiting', 'sending') THEN 'dead' ELSE state END
             WHERE sealed_content IS NOT NULL AND expires_at <= $1"
        ))?
        .execute(params![seconds(now)])?;
    let forgotten = connection
        .prepare_cached(sql!("DELETE FROM outbox WHERE made_at <= $1"))?
        .execute(params![seconds(now.minus(KEPT))])?;
    Ok(withheld + erased + forgotten)
}
