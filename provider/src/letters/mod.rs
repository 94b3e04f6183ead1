//! Letters: labels on paper, many in one PDF, ready for window envelopes.
//!
//! A letter waits in the outbox until somebody prints it. Printed ones can be printed again until
//! somebody says that they were posted; only then what they say is erased.

mod page;
mod queue;
mod typeset;

use gridpass_protocol::{Link, UnixTime};
use krilla::{Document, metadata::Metadata};

pub use self::queue::{LetterSelection, PrintedLetters};
use self::typeset::Fonts;
use crate::{
    Gridpass,
    delivery::texts,
    outbox::{Content, Recipient, Says},
    staff::NotAllowed,
    store::StoreError,
    tenant::Language,
};

/// What paper a letter is printed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// A4, for a window envelope after DIN 5008, form B.
    A4,
    /// US Letter, for a number 10 window envelope.
    Letter,
}

/// One letter. Holds a label: no `Debug`.
#[derive(Clone)]
pub struct LetterContent {
    /// The paper.
    pub paper: Paper,
    /// Who writes.
    pub provider: String,
    /// Where questions go, on one line; empty for nowhere.
    pub contact: String,
    /// To whom: the lines of the address, the name first.
    pub address: Vec<String>,
    /// How the person is addressed; empty if the name is not known.
    pub name: String,
    /// The language of the letter.
    pub language: Language,
    /// The text of the QR code.
    pub link: Link,
    /// The code to type, in groups.
    pub manual_code: String,
    /// Where it is typed.
    pub enroll_address: String,
    /// Until when the label is good.
    pub expires_at: UnixTime,
    /// The date of the letter.
    pub at: UnixTime,
}

/// Why letters were not printed.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// There is nothing to print.
    #[error("no letter waits to be printed")]
    Nothing,
    /// The PDF could not be made.
    #[error("the letters could not be drawn: {0}")]
    Drawing(String),
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Letters as one PDF, a page each.
///
/// # Errors
/// There is no letter, or the PDF could not be made.
pub fn pdf(letters: &[LetterContent]) -> Result<Vec<u8>, LetterError> {
    let Some(first) = letters.first() else {
        return Err(LetterError::Nothing);
    };
    let fonts = Fonts::bundled();
    let mut document = Document::new();
    document.set_metadata(
        Metadata::new()
            .title(texts::texts(first.language).letter_title.to_owned())
            .language(first.language.to_string())
            .creator("Gridpass".to_owned()),
    );
    for letter in letters {
        page::draw(&mut document, &fonts, letter);
    }
    document
        .finish()
        .map_err(|error| LetterError::Drawing(format!("{error:?}")))
}

impl Gridpass {
    /// A letter as it is printed; `None` if this is none.
    fn letter(
        &self,
        provider_name: &str,
        contact: String,
        content: &Content,
    ) -> Option<LetterContent> {
        let (Recipient::Postal { name, lines }, Says::Label(label)) = (&content.to, &content.says)
        else {
            return None;
        };
        let (_, payload) = Link::parse(&label.link).ok()?;
        Some(LetterContent {
            paper: paper_of(lines),
            provider: provider_name.to_owned(),
            contact,
            address: std::iter::once(name).chain(lines).cloned().collect(),
            name: label.name.clone(),
            language: label.language,
            link: Link::new(&self.origin, &payload),
            manual_code: label.manual_code.clone(),
            enroll_address: texts::enroll_address(&self.origin),
            expires_at: label.expires_at,
            at: self.clock_now(),
        })
    }
}

/// The paper that is usual where a letter goes, by the country in the last line of the address.
fn paper_of(lines: &[String]) -> Paper {
    const LETTER: [&str; 9] = [
        "US",
        "USA",
        "CA",
        "CANADA",
        "MX",
        "MEXICO",
        "MÉXICO",
        "PR",
        "UNITED STATES",
    ];
    let country = lines.last().map(|line| line.trim().to_uppercase());
    match country {
        Some(country) if LETTER.contains(&country.as_str()) => Paper::Letter,
        _ => Paper::A4,
    }
}
