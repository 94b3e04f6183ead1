//! How the programme goes: of the labels made each day, by each channel, how many came how far.
//!
//! A row tells of the labels that were *made* that day, whenever they went further. A device that
//! got a second label counts twice: the figures are about labels, because it is labels that get
//! lost. What "delivered" and "opened" can mean without watching people is said in the store.

use std::{fmt::Write as _, ops::AddAssign, str::FromStr};

use gridpass_protocol::UnixTime;

use super::DeskError;
use crate::{
    Gridpass,
    audit::Actor,
    id::ProviderId,
    registration::Channel,
    staff::{Permission, StaffSession},
    store::{Connection, RowReader, StoreError, params, sql},
};

const DAY: u64 = 24 * 60 * 60;

/// How many days the figures reach back, today included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProgrammeSpan {
    /// 30 days.
    #[default]
    Month,
    /// 90 days.
    Quarter,
    /// 365 days.
    Year,
}

impl ProgrammeSpan {
    /// Every span, shortest first.
    pub const ALL: [Self; 3] = [Self::Month, Self::Quarter, Self::Year];

    /// Its days.
    #[must_use]
    pub const fn days(self) -> u64 {
        match self {
            Self::Month => 30,
            Self::Quarter => 90,
            Self::Year => 365,
        }
    }
}

/// The text is not the number of days of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 30, 90 or 365")]
pub struct UnknownSpan;

impl FromStr for ProgrammeSpan {
    type Err = UnknownSpan;

    fn from_str(text: &str) -> Result<Self, UnknownSpan> {
        Self::ALL
            .into_iter()
            .find(|span| span.days().to_string() == text)
            .ok_or(UnknownSpan)
    }
}

/// How many labels came how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Made.
    pub registered: u64,
    /// Reached the customer, as far as their channel tells.
    pub delivered: u64,
    /// Were used by somebody who holds them: a manual code looked up, or a confirmation sent.
    pub opened: u64,
    /// Ended with a certificate.
    pub confirmed: u64,
    /// Belong to a device that spoke.
    pub active: u64,
}

impl Funnel {
    /// The stages in their order.
    #[must_use]
    pub const fn stages(&self) -> [u64; 5] {
        [
            self.registered,
            self.delivered,
            self.opened,
            self.confirmed,
            self.active,
        ]
    }
}

impl AddAssign for Funnel {
    fn add_assign(&mut self, other: Self) {
        self.registered += other.registered;
        self.delivered += other.delivered;
        self.opened += other.opened;
        self.confirmed += other.confirmed;
        self.active += other.active;
    }
}

/// The labels of one day and channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgrammeDay {
    /// The day's first second, UTC.
    pub day: UnixTime,
    /// How they were delivered.
    pub channel: Channel,
    /// How far they came.
    pub funnel: Funnel,
}

impl Gridpass {
    /// The figures of the last days, oldest first; days without labels are left out.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn desk_programme(
        &self,
        staff: &StaffSession,
        span: ProgrammeSpan,
        actor: &Actor,
    ) -> Result<Vec<ProgrammeDay>, DeskError> {
        self.require::<DeskError>(staff, Permission::SeeProgramme, actor)?;
        let today = self.clock_now().0 / DAY;
        let first = (today + 1).saturating_sub(span.days());
        Ok(self
            .store
            .read(|connection| days(connection, &staff.provider, first))?)
    }
}

fn days(
    connection: &Connection,
    provider: &ProviderId,
    first: u64,
) -> Result<Vec<ProgrammeDay>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT day, channel, stage, labels FROM programme_days
         WHERE provider_id = $1 AND day >= $2 ORDER BY day, channel"
    ))?;
    let first = i64::try_from(first).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![provider.as_str(), first])?;
    let mut days: Vec<ProgrammeDay> = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "programme_days");
        let number = |column| row.parsed(column, |number: i64| u64::try_from(number).ok());
        let day = UnixTime(number("day")?.saturating_mul(DAY));
        let channel: Channel = row.word("channel")?;
        let stage: String = row.value("stage")?;
        let labels = number("labels")?;
        let same = |last: &&mut ProgrammeDay| last.day == day && last.channel == channel;
        let funnel = match days.last_mut().filter(same) {
            Some(last) => &mut last.funnel,
            None => {
                days.push(ProgrammeDay {
                    day,
                    channel,
                    funnel: Funnel::default(),
                });
                let last = days.last_mut().expect("one was pushed a line above");
                &mut last.funnel
            }
        };
        match stage.as_str() {
            "registered" => funnel.registered = labels,
            "delivered" => funnel.delivered = labels,
            "opened" => funnel.opened = labels,
            "confirmed" => funnel.confirmed = labels,
            "active" => funnel.active = labels,
            _ => return Err(row.corrupt("stage")),
        }
    }
    Ok(days)
}

/// The figures as CSV, a line a day and channel.
#[must_use]
pub fn programme_csv(days: &[ProgrammeDay]) -> String {
    let mut table = "day,channel,registered,delivered,opened,confirmed,active\n".to_owned();
    for ProgrammeDay {
        day,
        channel,
        funnel,
    } in days
    {
        let [registered, delivered, opened, confirmed, active] = funnel.stages();
        let date = date_of(*day);
        // Writing to memory does not fail.
        let _ = writeln!(
            table,
            "{date},{channel},{registered},{delivered},{opened},{confirmed},{active}"
        );
    }
    table
}

/// A day as ISO 8601 writes it (days to civil dates after H. Hinnant's algorithm).
#[must_use]
pub fn date_of(day: UnixTime) -> String {
    let shifted = day.0 / DAY + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_dates() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_164_800, "2024-02-29"),
            (1_798_761_600, "2027-01-01"),
            (4_107_542_399, "2100-02-28"),
        ] {
            assert_eq!(date_of(UnixTime(seconds)), date);
        }
    }
}
