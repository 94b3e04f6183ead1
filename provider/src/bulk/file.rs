//! Reading a file of registrations: every line is read, and what is wrong with it is kept with it.

use std::collections::HashSet;

use csv::{ReaderBuilder, StringRecord};
use gridpass_protocol::DeviceId;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::report::BulkProblem;
use crate::{
    id::AccountNumber,
    registration::{Channel, EnrollmentKind},
    tenant::Language,
    vault::Vault,
};

/// The largest file that is taken, in bytes.
pub const MAX_FILE: usize = 16 * 1024 * 1024;
/// The most lines that are taken at once, without the first one.
pub const MAX_LINES: usize = 200_000;
/// Longer than any account number; what is longer is cut in the report.
const MAX_ACCOUNT: usize = 64;

/// Why a file is not taken at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BulkFileError {
    /// More than [`MAX_FILE`] bytes or [`MAX_LINES`] lines.
    #[error("a file has at most 200,000 lines and 16 MiB; split it")]
    TooLarge,
    /// Not UTF-8 text.
    #[error("the file is not UTF-8 text; save it as CSV (UTF-8)")]
    NotText,
    /// The first line does not name the columns `account` and `device_id`, or names others than
    /// `kind`, `channel`, `name` and `language` beside them.
    #[error(
        "the first line names the columns: account and device_id, and if need be kind, channel, \
         name, language"
    )]
    Columns,
    /// It holds no line but the first.
    #[error("the file holds no registration")]
    Empty,
}

/// One line, as it waits to be worked off. Holds a device ID: no `Debug`, wiped when dropped.
#[derive(Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) line: u64,
    pub(super) account: String,
    pub(super) content: Result<Wanted, BulkProblem>,
}

/// What a line asks for.
#[derive(Serialize, Deserialize)]
pub(super) struct Wanted {
    pub(super) device_id: TypedDeviceId,
    pub(super) kind: EnrollmentKind,
    pub(super) channel: Channel,
    pub(super) nickname: Option<String>,
    pub(super) language: Option<Language>,
}

/// A canonical device ID on its way through the vault.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(super) struct TypedDeviceId(String);

impl TypedDeviceId {
    /// The device ID; `None` only if the vault held something else.
    pub(super) fn parse(&self) -> Option<DeviceId> {
        DeviceId::parse(&self.0).ok()
    }
}

/// The columns of a file, by their places in a line.
struct Columns {
    account: usize,
    device_id: usize,
    kind: Option<usize>,
    channel: Option<usize>,
    name: Option<usize>,
    language: Option<usize>,
}

impl Columns {
    fn of(head: &StringRecord) -> Result<Self, BulkFileError> {
        const KNOWN: [&str; 6] = [
            "account",
            "device_id",
            "kind",
            "channel",
            "name",
            "language",
        ];
        let names: Vec<_> = head.iter().map(|name| name.trim().to_lowercase()).collect();
        let distinct: HashSet<_> = names.iter().collect();
        let known = names.iter().all(|name| KNOWN.contains(&name.as_str()));
        if !known || distinct.len() != names.len() {
            return Err(BulkFileError::Columns);
        }
        let place = |name: &str| names.iter().position(|found| found == name);
        Ok(Self {
            account: place("account").ok_or(BulkFileError::Columns)?,
            device_id: place("device_id").ok_or(BulkFileError::Columns)?,
            kind: place("kind"),
            channel: place("channel"),
            name: place("name"),
            language: place("language"),
        })
    }
}

/// Reads a whole file. `channel` is the way of lines that name none.
///
/// # Errors
/// See [`BulkFileError`]; a line that cannot be used is no error, but says so by itself.
pub(super) fn read(
    content: &[u8],
    channel: Channel,
    vault: &Vault,
) -> Result<Vec<Line>, BulkFileError> {
    if content.len() > MAX_FILE {
        return Err(BulkFileError::TooLarge);
    }
    let text = std::str::from_utf8(content).map_err(|_| BulkFileError::NotText)?;
    // Spreadsheets begin their files with a mark, and separate by what the country uses.
    // Their line ends would be counted wrongly.
    let text = Zeroizing::new(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"));
    let head = text.lines().next().unwrap_or_default();
    let mut reader = ReaderBuilder::new()
        .delimiter(if head.contains(';') { b';' } else { b',' })
        .flexible(true)
        .from_reader(text.as_bytes());
    let head = reader.headers().map_err(|_| BulkFileError::Columns)?;
    let (columns, fields) = (Columns::of(head)?, head.len());
    let mut seen = HashSet::new();
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| BulkFileError::NotText)?;
        if lines.len() == MAX_LINES {
            return Err(BulkFileError::TooLarge);
        }
        let field = |place: usize| record.get(place).unwrap_or_default().trim();
        let account = field(columns.account);
        let content = if record.len() == fields {
            wanted(&columns, &field, channel).and_then(|(wanted, device_id)| {
                let is_new = seen.insert(vault.device_lookup(&device_id));
                is_new.then_some(wanted).ok_or(BulkProblem::Repeated)
            })
        } else {
            Err(BulkProblem::Fields)
        };
        lines.push(Line {
            line: record.position().map_or(0, csv::Position::line),
            account: account.chars().take(MAX_ACCOUNT).collect(),
            content,
        });
    }
    if lines.is_empty() {
        return Err(BulkFileError::Empty);
    }
    Ok(lines)
}

fn wanted<'r>(
    columns: &Columns,
    field: &impl Fn(usize) -> &'r str,
    default_channel: Channel,
) -> Result<(Wanted, DeviceId), BulkProblem> {
    let optional = |place: Option<usize>| place.map(field).filter(|text| !text.is_empty());
    let _: AccountNumber = field(columns.account)
        .parse()
        .map_err(|_| BulkProblem::Account)?;
    let device_id =
        DeviceId::parse_checked(field(columns.device_id)).map_err(|_| BulkProblem::DeviceId)?;
    let word = |place: Option<usize>| optional(place).map(str::to_lowercase);
    let kind = match word(columns.kind) {
        None => EnrollmentKind::Device,
        Some(kind) => kind.parse().map_err(|_| BulkProblem::Kind)?,
    };
    let channel = match word(columns.channel) {
        None => default_channel,
        Some(channel) => channel.parse().map_err(|_| BulkProblem::Channel)?,
    };
    // On the screen or in an answer, staff would see the label.
    if matches!(channel, Channel::Screen | Channel::Api) {
        return Err(BulkProblem::Channel);
    }
    let language = match word(columns.language) {
        None => None,
        Some(language) => Some(language.parse().map_err(|_| BulkProblem::Language)?),
    };
    let nickname = optional(columns.name).map(str::to_owned);
    let is_readable =
        |name: &String| name.chars().count() <= 64 && !name.chars().any(char::is_control);
    if !nickname.as_ref().is_none_or(is_readable) {
        return Err(BulkProblem::Nickname);
    }
    let wanted = Wanted {
        device_id: TypedDeviceId(device_id.as_str().to_owned()),
        kind,
        channel,
        nickname,
        language,
    };
    Ok((wanted, device_id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_file::MasterKey;

    fn read(text: &str) -> Result<Vec<Line>, BulkFileError> {
        let vault = Vault::new(&MasterKey::from_bytes([1; 32]));
        super::read(text.as_bytes(), Channel::Letter, &vault)
    }

    fn problems(text: &str) -> Vec<Option<BulkProblem>> {
        let lines = read(text).unwrap_or_default();
        lines.into_iter().map(|line| line.content.err()).collect()
    }

    #[test]
    fn each_line_says_by_itself_what_is_wrong_with_it() {
        let file = "account,device_id,kind,channel,name,language\n\
            A-1,SN-4711-0815,,,,\n\
            A-1,short,,,,\n\
            ,SN-4711-0816,,,,\n\
            A-1,sn47110815,,,,\n\
            A-1,SN-4711-0817,fridge,,,\n\
            A-1,SN-4711-0818,,screen,,\n\
            A-1,SN-4711-0819,,pigeon,,\n\
            A-1,SN-4711-0820,,,,de\n\
            A-1,SN-4711-0821\n\
            A-1,SN-4711-0822,gateway,email,Garage,es\n";
        assert_eq!(
            problems(file),
            [
                None,
                Some(BulkProblem::DeviceId),
                Some(BulkProblem::Account),
                Some(BulkProblem::Repeated),
                Some(BulkProblem::Kind),
                Some(BulkProblem::Channel),
                Some(BulkProblem::Channel),
                Some(BulkProblem::Language),
                Some(BulkProblem::Fields),
                None,
            ]
        );
    }

    #[test]
    fn a_spreadsheets_file_is_read_as_it_comes() {
        let lines = read("\u{feff}Device_ID;Account\r\n\"SN-4711-0815\";A-1\r\n").unwrap();
        assert_eq!((lines.len(), lines[0].line), (1, 2));
        let wanted = lines[0].content.as_ref().ok().unwrap();
        assert_eq!(wanted.device_id.parse().unwrap().as_str(), "SN47110815");
        assert_eq!(wanted.channel, Channel::Letter);
    }

    #[test]
    fn a_file_of_another_kind_is_refused_as_a_whole() {
        let refusal = |text: &str| read(text).err();
        assert_eq!(refusal("account\nA-1\n"), Some(BulkFileError::Columns));
        let unknown = "account,device_id,colour\nA-1,SN-4711-0815,red\n";
        assert_eq!(refusal(unknown), Some(BulkFileError::Columns));
        assert_eq!(refusal("account,device_id\n"), Some(BulkFileError::Empty));
        assert_eq!(refusal(""), Some(BulkFileError::Columns));
        let vault = Vault::new(&MasterKey::from_bytes([1; 32]));
        let binary = super::read(b"\xff\xfe", Channel::Letter, &vault);
        assert_eq!(binary.err(), Some(BulkFileError::NotText));
        let many = format!("account,device_id\n{}", "A,B\n".repeat(MAX_LINES + 1));
        assert_eq!(refusal(&many), Some(BulkFileError::TooLarge));
    }
}
