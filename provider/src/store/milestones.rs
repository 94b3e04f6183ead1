//! How far labels came, and how many did: the programme's figures are counted as things happen.
//!
//! What can be known without watching people: a label is *delivered* when its channel says so,
//! and *opened* when somebody who holds it uses it for the first time, by looking its manual code
//! up or by confirming. That a QR code was scanned tells the server nothing: its content never
//! leaves the phone.

use std::str::FromStr;

use gridpass_protocol::UnixTime;

use super::{Connection, RowReader, StoreError, params, seconds, sql};
use crate::id::{EnrollmentId, ProviderId};

/// Something that happens to a label once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Milestone {
    /// It reached the customer, as far as its channel tells.
    Delivered,
    /// Somebody who holds it used it.
    Opened,
}

impl Milestone {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Opened => "opened",
        }
    }
}

impl FromStr for Milestone {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Delivered, Self::Opened]
            .into_iter()
            .find(|milestone| milestone.as_str() == word)
            .ok_or(())
    }
}

/// How far a label came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    Registered,
    Confirmed,
    Active,
}

impl Counted {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Confirmed => "confirmed",
            Self::Active => "active",
        }
    }
}

/// Notes that a milestone was reached, and counts it, unless it was before. For an enrollment
/// that does not exist the same statements run and find nothing.
pub(crate) fn reach(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
    milestone: Milestone,
    at: UnixTime,
) -> Result<(), StoreError> {
    // Counted first, while it can still be told whether it was reached before.
    add(connection, provider, id, (milestone.as_str(), None))?;
    note(connection, provider, id, milestone, at)
}

/// Counts that an enrollment was confirmed, for which its label was opened, if that is news. To be
/// called once for each.
pub(crate) fn confirm(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
    at: UnixTime,
) -> Result<(), StoreError> {
    let stages = (
        Milestone::Opened.as_str(),
        Some(Counted::Confirmed.as_str()),
    );
    add(connection, provider, id, stages)?;
    note(connection, provider, id, Milestone::Opened, at)
}

fn note(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
    milestone: Milestone,
    at: UnixTime,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO enrollment_milestones (provider_id, enrollment_id, stage, at)
             SELECT provider_id, id, $3, $4 FROM enrollments
                 WHERE provider_id = $1 AND id = $2
             ON CONFLICT (provider_id, enrollment_id, stage) DO NOTHING"
        ))?
        .post(params![
            provider.as_str(),
            id.as_bytes(),
            milestone.as_str(),
            seconds(at)
        ])?;
    Ok(())
}

/// Counts that an enrollment came as far as this. To be called once for each.
pub(crate) fn count(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
    counted: Counted,
) -> Result<(), StoreError> {
    add(connection, provider, id, (counted.as_str(), None))
}

/// One more at each stage among those registered on the same day by the same channel, unless it is a
/// milestone that was reached.
fn add(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
    (stage, other): (&'static str, Option<&'static str>),
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO programme_days (provider_id, day, channel, stage, labels)
             SELECT e.provider_id, e.issued_at / 86400, e.channel, s.stage, 1
             FROM enrollments e, (SELECT $3 AS stage UNION ALL SELECT $4) AS s
             WHERE e.provider_id = $1 AND e.id = $2 AND s.stage IS NOT NULL AND NOT EXISTS (
                 SELECT 1 FROM enrollment_milestones m
                 WHERE m.provider_id = $1 AND m.enrollment_id = $2 AND m.stage = s.stage)
             ON CONFLICT (provider_id, day, channel, stage)
             DO UPDATE SET labels = programme_days.labels + 1"
        ))?
        .post(params![provider.as_str(), id.as_bytes(), stage, other])?;
    Ok(())
}

/// Whether a milestone was reached.
pub(crate) fn is_reached(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
    milestone: Milestone,
) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(sql!(
            "SELECT 1 FROM enrollment_milestones
             WHERE provider_id = $1 AND enrollment_id = $2 AND stage = $3"
        ))?
        .exists(params![
            provider.as_str(),
            id.as_bytes(),
            milestone.as_str()
        ])?)
}

/// The milestones of an enrollment, and when they were reached.
pub(crate) fn of_enrollment(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
) -> Result<Vec<(Milestone, UnixTime)>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT stage, at FROM enrollment_milestones
         WHERE provider_id = $1 AND enrollment_id = $2 ORDER BY at, stage"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), id.as_bytes()])?;
    let mut reached = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "enrollment_milestones");
        reached.push((row.word("stage")?, row.time("at")?));
    }
    Ok(reached)
}
