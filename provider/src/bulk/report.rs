//! What became of each line.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{account::LineProblem, id::EnrollmentId, registration::RegistrationError};

/// The first line of a result file.
pub(super) const HEAD: &str = "line,account,result,reason,enrollment_id\n";

/// Why a line is not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BulkProblem {
    /// The line does not have as many fields as the first one.
    Fields,
    /// No account number, or none that could be one.
    Account,
    /// The provider has no such account.
    UnknownAccount,
    /// Not a device ID.
    DeviceId,
    /// An earlier line of the file has the same device ID.
    Repeated,
    /// Neither `device` nor `gateway`.
    Kind,
    /// A way of delivery that does not exist, that the provider does not use, or that would show
    /// the label to staff.
    Channel,
    /// The account has no address on file for this way.
    NoAddress,
    /// A name of more than 64 characters, or one that cannot be read.
    Nickname,
    /// A language that Gridpass does not speak.
    Language,
    /// The device is enrolled for another account.
    AlreadyEnrolled,
}

impl BulkProblem {
    /// Every problem.
    pub const ALL: [Self; 11] = [
        Self::Fields,
        Self::Account,
        Self::UnknownAccount,
        Self::DeviceId,
        Self::Repeated,
        Self::Kind,
        Self::Channel,
        Self::NoAddress,
        Self::Nickname,
        Self::Language,
        Self::AlreadyEnrolled,
    ];

    /// Its word in a result file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fields => "fields",
            Self::Account => "account",
            Self::UnknownAccount => "unknown-account",
            Self::DeviceId => "device-id",
            Self::Repeated => "repeated",
            Self::Kind => "kind",
            Self::Channel => "channel",
            Self::NoAddress => "no-address",
            Self::Nickname => "nickname",
            Self::Language => "language",
            Self::AlreadyEnrolled => "already-enrolled",
        }
    }
}

impl FromStr for BulkProblem {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|problem| problem.as_str() == word)
            .ok_or(())
    }
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkOutcome {
    /// It could be registered.
    Fine,
    /// It was registered.
    Registered(EnrollmentId),
    /// It was not, or could not be.
    Refused(BulkProblem),
    /// What became, or would become, of a customer.
    Account(AccountOutcome),
    /// A line that names no customer that could be written.
    LeftOut(LineProblem),
}

impl BulkOutcome {
    /// Whether the line came to nothing.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::LeftOut(_))
    }

    /// Its word in a result file.
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Registered(_) => "registered",
            Self::Refused(_) => "refused",
            Self::Account(AccountOutcome::Added) => "added",
            Self::Account(AccountOutcome::Changed) => "changed",
            Self::Account(AccountOutcome::Unchanged) => "unchanged",
            Self::LeftOut(_) => "left-out",
        }
    }
}

/// What became of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountOutcome {
    /// Was not known.
    Added,
    /// Something is different.
    Changed,
    /// All was known.
    Unchanged,
}

/// One line of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkLine {
    /// Its number in the file, the first line being 1.
    pub line: u64,
    /// The account as it stood there.
    pub account: String,
    /// What became of it.
    pub outcome: BulkOutcome,
}

/// Why a registration did not take place, as a line's problem; `None` if the database failed.
pub(super) const fn problem_of(error: &RegistrationError) -> Option<BulkProblem> {
    match error {
        RegistrationError::UnknownAccount
        | RegistrationError::Forbidden
        | RegistrationError::NotFound
        | RegistrationError::UnknownProvider => Some(BulkProblem::UnknownAccount),
        RegistrationError::DeviceAlreadyEnrolled
        | RegistrationError::State(_)
        | RegistrationError::IdempotencyConflict => Some(BulkProblem::AlreadyEnrolled),
        RegistrationError::InvalidNickname => Some(BulkProblem::Nickname),
        RegistrationError::ChannelUnavailable(_) => Some(BulkProblem::Channel),
        RegistrationError::NoAddress(_) => Some(BulkProblem::NoAddress),
        RegistrationError::Store(_) => None,
    }
}

/// A report as it is kept and handed out, without its first line.
pub(super) fn write(lines: &[BulkLine]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for BulkLine {
        line,
        account,
        outcome,
    } in lines
    {
        let (reason, enrollment) = match outcome {
            BulkOutcome::Registered(id) => ("", id.to_string()),
            BulkOutcome::Refused(problem) => (problem.as_str(), String::new()),
            BulkOutcome::LeftOut(problem) => (problem.as_str(), String::new()),
            BulkOutcome::Fine | BulkOutcome::Account(_) => ("", String::new()),
        };
        let record = [
            &line.to_string(),
            &harmless(account),
            outcome.as_str(),
            reason,
            &enrollment,
        ];
        writer
            .write_record(record)
            .expect("writing to memory does not fail");
    }
    let bytes = writer
        .into_inner()
        .expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("every field is UTF-8")
}

/// Reads a report back; what a later version wrote otherwise is left out.
pub(super) fn read(report: &str) -> Vec<BulkLine> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(report.as_bytes())
        .records()
        .filter_map(|record| {
            let record = record.ok()?;
            let outcome = match record.get(2)? {
                "fine" => BulkOutcome::Fine,
                "registered" => BulkOutcome::Registered(record.get(4)?.parse().ok()?),
                "added" => BulkOutcome::Account(AccountOutcome::Added),
                "changed" => BulkOutcome::Account(AccountOutcome::Changed),
                "unchanged" => BulkOutcome::Account(AccountOutcome::Unchanged),
                "left-out" => BulkOutcome::LeftOut(LineProblem::of_word(record.get(3)?)?),
                _ => BulkOutcome::Refused(record.get(3)?.parse().ok()?),
            };
            Some(BulkLine {
                line: record.get(0)?.parse().ok()?,
                account: record.get(1)?.to_owned(),
                outcome,
            })
        })
        .collect()
}

/// A field that no spreadsheet takes for a formula (OWASP, CSV injection).
fn harmless(field: &str) -> String {
    if field.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{field}")
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_back_and_holds_no_formula() {
        let lines = [
            BulkLine {
                line: 2,
                account: "A, \"1\"".into(),
                outcome: BulkOutcome::Fine,
            },
            BulkLine {
                line: 3,
                account: "A-2".into(),
                outcome: BulkOutcome::Registered(EnrollmentId::last()),
            },
            BulkLine {
                line: 4,
                account: "A-3".into(),
                outcome: BulkOutcome::Refused(BulkProblem::DeviceId),
            },
            BulkLine {
                line: 5,
                account: "A-4".into(),
                outcome: BulkOutcome::Account(AccountOutcome::Changed),
            },
            BulkLine {
                line: 6,
                account: "A-4".into(),
                outcome: BulkOutcome::LeftOut(LineProblem::Repeated),
            },
        ];
        assert_eq!(read(&write(&lines)), lines);
        let formula = [BulkLine {
            account: "=HYPERLINK(1)".into(),
            ..lines[0].clone()
        }];
        assert!(write(&formula).contains(",'=HYPERLINK"));
    }
}
