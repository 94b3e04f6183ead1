//! Import of accounts from a table: a line an account, its first line the names of the columns.
//!
//! A line that is not acceptable is reported with its number and left out; the others are
//! written. A table may be imported again: what is known already changes nothing. The lines are
//! written in portions, so that nobody else waits for long.

use serde::Serialize;

use super::{
    details::{AccountDetails, AccountProblem, Typed},
    directory::{self, Upserted},
};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::AccountId,
    random::Random,
    staff::{NotAllowed, Permission, StaffSession},
    store::StoreError,
};

/// Most lines of a table, the first not counted.
pub const MOST_LINES: usize = 250_000;
/// Accounts in one transaction.
const PORTION: usize = 500;

/// Whether anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// Nothing is: the report says what would be.
    DryRun,
    /// What is acceptable is.
    Write,
}

/// A line that was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedLine {
    /// Its number in the file, the first line being 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: LineProblem,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "problem", content = "field")]
pub enum LineProblem {
    /// It has not as many columns as the first line, or is no text.
    #[error("this line does not have the columns of the first one")]
    Shape,
    /// One of its fields.
    #[error(transparent)]
    Account(#[from] AccountProblem),
    /// A line above has the same account number.
    #[error("a line above has the same account number")]
    Repeated,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Lines, the first not counted.
    pub lines: usize,
    /// Accounts that were not known.
    pub made: usize,
    /// Accounts of which something is different.
    pub changed: usize,
    /// Accounts of which all was known.
    pub unchanged: usize,
    /// Every line that was left out.
    pub refused: Vec<RefusedLine>,
}

/// Why a table was not imported at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is not CSV, or not in UTF-8.
    #[error("this is not a table of comma-separated values in UTF-8")]
    NotCsv,
    /// A column that is needed is missing from the first line.
    #[error("the first line must name the columns `number` and `name`")]
    MissingColumn,
    /// A column that nobody knows.
    #[error("there is no column of this name: {0}")]
    UnknownColumn(String),
    /// Too many lines for one go.
    #[error("a table has at most 250,000 lines; split it")]
    TooLong,
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The database failed; what was written until then stays, and the table may be imported
    /// again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The columns that a table may have, in any order.
const COLUMNS: [&str; 11] = [
    "number",
    "name",
    "email",
    "mobile",
    "address_line_1",
    "address_line_2",
    "postal_code",
    "city",
    "region",
    "country",
    "language",
];

impl Gridpass {
    /// Imports accounts from CSV (RFC 4180) in UTF-8, with a comma or a semicolon between fields.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub fn import_accounts(
        &self,
        staff: &StaffSession,
        table: &[u8],
        mode: ImportMode,
        actor: Actor,
    ) -> Result<ImportReport, ImportError> {
        self.require::<ImportError>(staff, Permission::ImportInBulk, &actor)?;
        let (accounts, mut report) = read(table)?;
        for portion in accounts.chunks(PORTION) {
            let outcomes = match mode {
                ImportMode::DryRun => self.foresee(staff, portion)?,
                ImportMode::Write => self.write_portion(staff, portion)?,
            };
            for outcome in outcomes {
                match outcome {
                    Upserted::Made(_) => report.made += 1,
                    Upserted::Changed(_) => report.changed += 1,
                    Upserted::Unchanged(_) => report.unchanged += 1,
                }
            }
        }
        if mode == ImportMode::Write {
            self.write_import_audit(staff, &report, actor)?;
        }
        Ok(report)
    }

    fn foresee(
        &self,
        staff: &StaffSession,
        portion: &[AccountDetails],
    ) -> Result<Vec<Upserted>, StoreError> {
        self.store.read(|connection| {
            portion
                .iter()
                .map(|details| {
                    let number = details.number.as_str();
                    let known = directory::find_by_number(connection, &staff.provider, number)?;
                    Ok(match known {
                        Some(known) if known.details == *details => Upserted::Unchanged(known.id),
                        Some(known) => Upserted::Changed(known.id),
                        None => Upserted::Made(AccountId::from_bytes([0; 16])),
                    })
                })
                .collect()
        })
    }

    fn write_portion(
        &self,
        staff: &StaffSession,
        portion: &[AccountDetails],
    ) -> Result<Vec<Upserted>, StoreError> {
        let now = self.clock_now();
        let random = Random(&*self.random);
        let fresh: Vec<_> = portion
            .iter()
            .map(|details| (details.clone(), AccountId::make(now, &random)))
            .collect();
        let provider = staff.provider.clone();
        self.store.write(move |transaction| {
            fresh
                .iter()
                .map(|(details, id)| directory::upsert(transaction, &provider, details, *id, now))
                .collect()
        })
    }

    fn write_import_audit(
        &self,
        staff: &StaffSession,
        report: &ImportReport,
        actor: Actor,
    ) -> Result<(), StoreError> {
        let (provider, at) = (staff.provider.clone(), self.clock_now());
        let detail = serde_json::json!({
            "lines": report.lines,
            "made": report.made,
            "changed": report.changed,
            "unchanged": report.unchanged,
            "refused": report.refused.len(),
        });
        self.store.write(move |transaction| {
            let entry = audit::Entry {
                provider: &provider,
                at,
                actor: &actor,
                action: "account.import",
                result: "ok",
                enrollment: None,
                detail,
            };
            audit::append(transaction, &entry)
        })
    }
}

/// The acceptable lines of a table, and a report of the others.
fn read(table: &[u8]) -> Result<(Vec<AccountDetails>, ImportReport), ImportError> {
    let table = table.strip_prefix(b"\xef\xbb\xbf").unwrap_or(table);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(table))
        .flexible(true)
        .from_reader(table);
    let places = columns(reader.headers().map_err(|_| ImportError::NotCsv)?)?;
    let width = reader.headers().map_err(|_| ImportError::NotCsv)?.len();
    let mut report = ImportReport::default();
    let mut accounts = Vec::new();
    let mut numbers = std::collections::HashSet::new();
    let mut record = csv::StringRecord::new();
    let mut lines = LineCounter {
        table,
        byte: 0,
        line: 1,
    };
    loop {
        let start = reader.position().byte();
        let more = reader.read_record(&mut record);
        if matches!(more, Ok(false)) {
            return Ok((accounts, report));
        }
        report.lines += 1;
        if report.lines > MOST_LINES {
            return Err(ImportError::TooLong);
        }
        let line = lines.line_of(start);
        let checked = if more.is_err() || record.len() != width {
            Err(LineProblem::Shape)
        } else {
            typed(&record, &places).check().map_err(LineProblem::from)
        };
        match checked {
            Ok(details) if !numbers.insert(details.number.clone()) => {
                let reason = LineProblem::Repeated;
                report.refused.push(RefusedLine { line, reason });
            }
            Ok(details) => accounts.push(details),
            Err(reason) => report.refused.push(RefusedLine { line, reason }),
        }
    }
}

/// Counts lines up to where records begin. The reader's own count is one less where lines end with
/// two characters: it stops between them.
struct LineCounter<'a> {
    table: &'a [u8],
    byte: usize,
    line: u64,
}

impl LineCounter<'_> {
    /// The line of the record that begins at `start` or after the ends of lines there. Starts only
    /// grow.
    fn line_of(&mut self, start: u64) -> u64 {
        let mut start = usize::try_from(start).map_or(self.table.len(), |start| {
            start.clamp(self.byte, self.table.len())
        });
        while matches!(self.table.get(start), Some(b'\r' | b'\n')) {
            start += 1;
        }
        let ends = self.table[self.byte..start]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        self.byte = start;
        self.line += ends as u64;
        self.line
    }
}

/// The semicolon, if the first line has more of them: that is what spreadsheets write where the
/// comma is the decimal sign.
fn delimiter(table: &[u8]) -> u8 {
    let first = table
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let count = |wanted: u8| first.iter().filter(|byte| **byte == wanted).count();
    if count(b';') > count(b',') {
        b';'
    } else {
        b','
    }
}

/// Where each column is, if it is there.
fn columns(names: &csv::StringRecord) -> Result<[Option<usize>; 11], ImportError> {
    let mut places = [None; 11];
    for (place, name) in names.iter().enumerate() {
        let name = name.trim().to_lowercase();
        let column = COLUMNS
            .iter()
            .position(|column| *column == name)
            .ok_or_else(|| ImportError::UnknownColumn(name.chars().take(64).collect()))?;
        places[column] = Some(place);
    }
    match places {
        [Some(_), Some(_), ..] => Ok(places),
        _ => Err(ImportError::MissingColumn),
    }
}

fn typed<'a>(record: &'a csv::StringRecord, places: &[Option<usize>; 11]) -> Typed<'a> {
    let field = |column: usize| {
        places[column]
            .and_then(|place| record.get(place))
            .unwrap_or_default()
    };
    Typed {
        number: field(0),
        name: field(1),
        email: field(2),
        mobile: field(3),
        line_1: field(4),
        line_2: field(5),
        postal_code: field(6),
        city: field(7),
        region: field(8),
        country: field(9),
        language: field(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refused_line_is_named_with_its_reason() {
        let table = "number,name,email,language\r\n\
                     1,Ada,ada@customers.example,en\r\n\
                     ,Nobody,,\r\n\
                     2,Bob,not an address,\r\n\
                     3,Cy\r\n\
                     1,Ada again,,es\r\n\
                     4,\"Dee,\nof two lines\",,\r\n\
                     5,Eve,,fr\r\n";
        let (accounts, report) = read(table.as_bytes()).unwrap();
        assert_eq!(accounts.len(), 1);
        assert_eq!(report.lines, 7);
        let refused: Vec<_> = report
            .refused
            .iter()
            .map(|refused| (refused.line, refused.reason))
            .collect();
        assert_eq!(
            refused,
            [
                (3, LineProblem::Account(AccountProblem::Number)),
                (4, LineProblem::Account(AccountProblem::Email)),
                (5, LineProblem::Shape),
                (6, LineProblem::Repeated),
                (7, LineProblem::Account(AccountProblem::Name)),
                (9, LineProblem::Account(AccountProblem::Language)),
            ]
        );
    }

    #[test]
    fn tables_of_spreadsheets_are_read() {
        let table = "\u{feff}Number; NAME ;city\n1;Ada;\n";
        let (accounts, report) = read(table.as_bytes()).unwrap();
        assert_eq!(accounts[0].name, "Ada");
        assert_eq!(report.refused, []);
        let latin = read(b"number,name\n1,Jos\xe9\n2,Ada\n").unwrap();
        assert_eq!(latin.0.len(), 1, "a line that is no UTF-8 is left out");
        assert_eq!(latin.1.refused[0].reason, LineProblem::Shape);
    }

    #[test]
    fn a_table_without_the_columns_is_refused() {
        let refused = |table: &str| read(table.as_bytes()).unwrap_err().to_string();
        assert!(refused("number,email\n").contains("`number` and `name`"));
        assert!(refused("number,name,shoe size\n").contains("shoe size"));
        assert!(refused("").contains("`number` and `name`"));
    }
}
