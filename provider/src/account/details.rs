//! What a provider knows of an account, and what of it is acceptable.

use serde::{Deserialize, Serialize};

use crate::{
    config::is_shown_text, id::AccountNumber, staff::invitation::is_email, tenant::Language,
};

/// An account as its provider describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDetails {
    /// The number that the provider gave it.
    pub number: AccountNumber,
    /// Whose it is, 1 to 128 printable characters.
    pub name: String,
    /// Where mails go.
    #[serde(default)]
    pub email: Option<String>,
    /// Where short messages go: a plus sign and 7 to 15 digits (ITU-T E.164).
    #[serde(default)]
    pub mobile: Option<String>,
    /// Where letters go.
    #[serde(default)]
    pub address: Option<PostalAddress>,
    /// In which language.
    #[serde(default)]
    pub language: Language,
}

/// Where letters go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostalAddress {
    /// Street and house.
    pub line_1: String,
    /// What else it takes to find the door.
    #[serde(default)]
    pub line_2: Option<String>,
    /// As the country writes it.
    pub postal_code: String,
    /// The town.
    pub city: String,
    /// State or province, where an address names one.
    #[serde(default)]
    pub region: Option<String>,
    /// ISO 3166-1, two letters.
    pub country: String,
}

/// What is wrong with an account, and where.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    thiserror::Error,
)]
#[serde(rename_all = "kebab-case")]
pub enum AccountProblem {
    /// Not 1 to 64 printable characters.
    #[error("the number must have 1 to 64 printable characters")]
    Number,
    /// Not 1 to 128 printable characters.
    #[error("the name must have 1 to 128 printable characters")]
    Name,
    /// Not an address of one mailbox.
    #[error("this is not an e-mail address")]
    Email,
    /// Not a number as in E.164.
    #[error("a mobile number has a plus sign, the country's code and the number")]
    Mobile,
    /// Some of its parts are there and others are not, or too long.
    #[error("an address needs street, postal code, town and country")]
    Address,
    /// Not two letters.
    #[error("a country is two letters, as in US")]
    Country,
    /// Not a language that messages are written in.
    #[error("the language must be en or es")]
    Language,
}

impl AccountProblem {
    /// Every problem.
    pub const ALL: [Self; 7] = [
        Self::Number,
        Self::Name,
        Self::Email,
        Self::Mobile,
        Self::Address,
        Self::Country,
        Self::Language,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Name => "name",
            Self::Email => "email",
            Self::Mobile => "mobile",
            Self::Address => "address",
            Self::Country => "country",
            Self::Language => "language",
        }
    }
}

/// An account as somebody typed it, field by field; an empty field is none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Typed<'a> {
    pub(crate) number: &'a str,
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) mobile: &'a str,
    pub(crate) line_1: &'a str,
    pub(crate) line_2: &'a str,
    pub(crate) postal_code: &'a str,
    pub(crate) city: &'a str,
    pub(crate) region: &'a str,
    pub(crate) country: &'a str,
    pub(crate) language: &'a str,
}

impl Typed<'_> {
    /// The account, checked.
    pub(crate) fn check(self) -> Result<AccountDetails, AccountProblem> {
        let some = |text: &str| {
            let text = text.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let language = match self.language.trim() {
            "" => Language::default(),
            word => word.parse().map_err(|_| AccountProblem::Language)?,
        };
        let parts = [
            self.line_1,
            self.line_2,
            self.postal_code,
            self.city,
            self.region,
        ];
        let address = parts
            .iter()
            .any(|part| !part.trim().is_empty())
            .then(|| PostalAddress {
                line_1: self.line_1.trim().to_owned(),
                line_2: some(self.line_2),
                postal_code: self.postal_code.trim().to_owned(),
                city: self.city.trim().to_owned(),
                region: some(self.region),
                country: self.country.trim().to_uppercase(),
            });
        let details = AccountDetails {
            number: self
                .number
                .trim()
                .parse()
                .map_err(|_| AccountProblem::Number)?,
            name: self.name.trim().to_owned(),
            email: some(self.email),
            mobile: some(self.mobile).map(|text| without_spacing(&text)),
            address,
            language,
        };
        details.check()?;
        Ok(details)
    }
}

impl AccountDetails {
    /// Checks what the types alone do not.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), AccountProblem> {
        if !is_shown_text(&self.name, 128) {
            return Err(AccountProblem::Name);
        }
        if self.email.as_ref().is_some_and(|email| !is_email(email)) {
            return Err(AccountProblem::Email);
        }
        if self.mobile.as_ref().is_some_and(|mobile| !is_e164(mobile)) {
            return Err(AccountProblem::Mobile);
        }
        self.address.as_ref().map_or(Ok(()), PostalAddress::check)
    }
}

impl PostalAddress {
    /// The whole address in one line.
    #[must_use]
    pub fn into_line(self) -> String {
        [
            Some(self.line_1),
            self.line_2,
            Some(self.postal_code),
            Some(self.city),
            self.region,
            Some(self.country),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
    }

    fn check(&self) -> Result<(), AccountProblem> {
        let needed = [&self.line_1, &self.postal_code, &self.city];
        let optional = [&self.line_2, &self.region].into_iter().flatten();
        if !needed
            .into_iter()
            .chain(optional)
            .all(|part| is_shown_text(part, 128))
        {
            return Err(AccountProblem::Address);
        }
        let is_code =
            self.country.len() == 2 && self.country.bytes().all(|b| b.is_ascii_uppercase());
        if is_code {
            Ok(())
        } else {
            Err(AccountProblem::Country)
        }
    }
}

/// A telephone number without what only makes it readable.
pub(crate) fn without_spacing(number: &str) -> String {
    number
        .chars()
        .filter(|c| !c.is_whitespace() && !"-./()".contains(*c))
        .collect()
}

/// ITU-T E.164: at most 15 digits, the first not 0.
fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Typed<'_> = Typed {
        number: " A-1 ",
        name: "Ada Alvarez",
        email: "ada@customers.example",
        mobile: "+1 (802) 555-0100",
        line_1: "7 Elm St",
        line_2: "",
        postal_code: "05602",
        city: "Montpelier",
        region: "VT",
        country: "us",
        language: "es",
    };

    #[test]
    fn what_is_typed_is_tidied() {
        let details = GOOD.check().unwrap();
        assert_eq!(details.number.as_str(), "A-1");
        assert_eq!(details.mobile.as_deref(), Some("+18025550100"));
        assert_eq!(details.address.unwrap().country, "US");
        assert_eq!(details.language, Language::Spanish);
        let little = Typed {
            number: "1",
            name: "x",
            ..Typed::default()
        };
        assert_eq!(little.check().unwrap().address, None);
    }

    #[test]
    fn each_mistake_is_named() {
        let long = "x".repeat(129);
        for (typed, problem) in [
            (Typed { number: "", ..GOOD }, AccountProblem::Number),
            (Typed { name: "", ..GOOD }, AccountProblem::Name),
            (
                Typed {
                    name: &long,
                    ..GOOD
                },
                AccountProblem::Name,
            ),
            (
                Typed {
                    email: "ada",
                    ..GOOD
                },
                AccountProblem::Email,
            ),
            (
                Typed {
                    mobile: "802 555 0100",
                    ..GOOD
                },
                AccountProblem::Mobile,
            ),
            (Typed { city: "", ..GOOD }, AccountProblem::Address),
            (
                Typed {
                    country: "USA",
                    ..GOOD
                },
                AccountProblem::Country,
            ),
            (
                Typed {
                    country: "",
                    ..GOOD
                },
                AccountProblem::Country,
            ),
            (
                Typed {
                    language: "fr",
                    ..GOOD
                },
                AccountProblem::Language,
            ),
        ] {
            assert_eq!(typed.check(), Err(problem));
        }
    }
}
