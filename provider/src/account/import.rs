//! Tables of accounts: a line an account, the first line the names of the columns.
//!
//! A line that is not acceptable is kept with what is wrong with it; the others are of use.

use serde::{Deserialize, Serialize};

use super::details::{AccountDetails, AccountProblem, Typed};

/// Most lines of a table, the first not counted.
pub const MOST_LINES: usize = 250_000;
/// The largest table that is taken, in bytes: room for lines of 256 bytes.
pub const MAX_TABLE: usize = 64 * 1024 * 1024;
/// Longer than any account number; what is longer is cut in the report.
const MAX_NUMBER: usize = 64;

/// One line of a table.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AccountLine {
    /// Its number in the file, the first line being 1.
    pub(crate) line: u64,
    /// The account number as it stands there.
    pub(crate) number: String,
    /// The account, or what is wrong with it.
    pub(crate) account: Result<AccountDetails, LineProblem>,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
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

impl LineProblem {
    /// Its word in a result file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Repeated => "repeated",
            Self::Account(problem) => problem.as_str(),
        }
    }

    /// The problem of this word.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        [Self::Shape, Self::Repeated]
            .into_iter()
            .chain(AccountProblem::ALL.map(Self::Account))
            .find(|problem| problem.as_str() == word)
    }
}

/// Why a table is not taken at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
    #[error("a table has at most 250,000 lines and 64 MiB; split it")]
    TooLong,
    /// It holds no line but the first.
    #[error("the table holds no account")]
    Empty,
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

/// Reads a whole table.
///
/// # Errors
/// See [`ImportError`]; a line that cannot be used is no error, but says so by itself.
pub(crate) fn read(table: &[u8]) -> Result<Vec<AccountLine>, ImportError> {
    if table.len() > MAX_TABLE {
        return Err(ImportError::TooLong);
    }
    let table = table.strip_prefix(b"\xef\xbb\xbf").unwrap_or(table);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(table))
        .flexible(true)
        .from_reader(table);
    let places = columns(reader.headers().map_err(|_| ImportError::NotCsv)?)?;
    let width = reader.headers().map_err(|_| ImportError::NotCsv)?.len();
    let mut read = Vec::new();
    let mut numbers = std::collections::HashSet::new();
    let mut record = csv::StringRecord::new();
    let mut counter = LineCounter {
        table,
        byte: 0,
        line: 1,
    };
    loop {
        let start = reader.position().byte();
        let more = reader.read_record(&mut record);
        if matches!(more, Ok(false)) {
            break;
        }
        if read.len() == MOST_LINES {
            return Err(ImportError::TooLong);
        }
        let account = if more.is_err() || record.len() != width {
            Err(LineProblem::Shape)
        } else {
            typed(&record, &places)
                .check()
                .map_err(LineProblem::from)
                .and_then(|details| {
                    let is_new = numbers.insert(details.number.clone());
                    is_new.then_some(details).ok_or(LineProblem::Repeated)
                })
        };
        let number = typed(&record, &places).number.trim();
        read.push(AccountLine {
            line: counter.line_of(start),
            number: number.chars().take(MAX_NUMBER).collect(),
            account,
        });
    }
    if read.is_empty() {
        return Err(ImportError::Empty);
    }
    Ok(read)
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
        // A carriage return alone ends a line, too: the reader takes it so.
        let ends = (self.byte..start).filter(|at| match self.table[*at] {
            b'\n' => true,
            b'\r' => self.table.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        let ends = ends.count();
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

    fn problems(lines: &[AccountLine]) -> Vec<(u64, LineProblem)> {
        lines
            .iter()
            .filter_map(|line| Some((line.line, *line.account.as_ref().err()?)))
            .collect()
    }

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
        let lines = read(table.as_bytes()).unwrap();
        assert_eq!(lines.len(), 7);
        assert_eq!(lines[5].number, "4");
        assert_eq!(
            problems(&lines),
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
    fn lines_that_end_with_a_carriage_return_alone_are_lines() {
        let lines = read(b"number,name\r1,Ada\r2,Ben\r\n3,Cy\n").unwrap();
        let places: Vec<_> = lines.iter().map(|line| line.line).collect();
        assert_eq!(places, [2, 3, 4]);
    }

    #[test]
    fn tables_of_spreadsheets_are_read() {
        let table = "\u{feff}Number; NAME ;city\n1;Ada;\n";
        let lines = read(table.as_bytes()).unwrap();
        assert_eq!(lines[0].account.as_ref().unwrap().name, "Ada");
        assert_eq!(problems(&lines), []);
        let latin = read(b"number,name\n1,Jos\xe9\n2,Ada\n").unwrap();
        assert_eq!(
            problems(&latin),
            [(2, LineProblem::Shape)],
            "it is no UTF-8"
        );
    }

    #[test]
    fn a_table_without_the_columns_is_refused() {
        let refused = |table: &str| read(table.as_bytes()).unwrap_err().to_string();
        assert!(refused("number,email\n").contains("`number` and `name`"));
        assert!(refused("number,name,shoe size\n").contains("shoe size"));
        assert!(refused("").contains("`number` and `name`"));
        assert_eq!(read(b"number,name\n").unwrap_err(), ImportError::Empty);
    }

    #[test]
    fn every_problem_has_a_word_of_its_own() {
        for problem in AccountProblem::ALL.map(LineProblem::Account) {
            assert_eq!(LineProblem::of_word(problem.as_str()), Some(problem));
        }
        assert_eq!(LineProblem::of_word("shape"), Some(LineProblem::Shape));
    }
}
