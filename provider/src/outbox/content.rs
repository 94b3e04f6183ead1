//! What is sealed of a message: to whom, and what it says.

use gridpass_protocol::UnixTime;
use serde::{Deserialize, Serialize};

use super::DeliveryKind;
use crate::tenant::Language;

/// To whom, and what it says. No `Debug`: it holds labels and links to sign in.
#[derive(Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) to: Recipient,
    pub(crate) says: Says,
}

/// An address on file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Recipient {
    Email { address: String, name: String },
    Mobile { number: String },
    Postal { name: String, lines: Vec<String> },
}

/// What a message says. Labels are turned into words, pictures and paper only when they leave.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Says {
    Text { subject: String, text: String },
    Label(LabelWords),
}

/// A label, for the person who gets it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct LabelWords {
    /// The person's name; empty if it is not known.
    pub(crate) name: String,
    pub(crate) language: Language,
    /// The text of the QR code.
    pub(crate) link: String,
    /// In groups.
    pub(crate) manual_code: String,
    pub(crate) expires_at: UnixTime,
}

impl Recipient {
    pub(crate) const fn kind(&self) -> DeliveryKind {
        match self {
            Self::Email { .. } => DeliveryKind::Mail,
            Self::Mobile { .. } => DeliveryKind::Sms,
            Self::Postal { .. } => DeliveryKind::Letter,
        }
    }

    /// Enough for a person who knows the address to recognise it, and little for anybody else.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Email { address, .. } => match address.rsplit_once('@') {
                Some((local, domain)) => {
                    format!("{}***@{domain}", local.chars().take(1).collect::<String>())
                }
                None => String::new(),
            },
            Self::Mobile { number } => {
                let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
                let last: String = digits[digits.len().saturating_sub(2)..].iter().collect();
                format!("***{last}")
            }
            // The town, as the last line but one of an address or its last.
            Self::Postal { lines, .. } => lines
                .iter()
                .rev()
                .find(|line| line.chars().any(|c| c.is_ascii_digit()))
                .or(lines.last())
                .cloned()
                .unwrap_or_default(),
        }
    }

    /// The whole address, on one line.
    pub(crate) fn in_full(&self) -> String {
        match self {
            Self::Email { address, .. } => address.clone(),
            Self::Mobile { number } => number.clone(),
            Self::Postal { name, lines } => std::iter::once(name)
                .chain(lines)
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_tells_little_of_an_address() {
        for (recipient, hint) in [
            (
                Recipient::Email {
                    address: "ada.alvarez@customers.example".into(),
                    name: "Ada".into(),
                },
                "a***@customers.example",
            ),
            (
                Recipient::Email {
                    address: String::new(),
                    name: String::new(),
                },
                "",
            ),
            (
                Recipient::Mobile {
                    number: "+1 802 555 0142".into(),
                },
                "***42",
            ),
            (
                Recipient::Postal {
                    name: "Ada Alvarez".into(),
                    lines: vec![
                        "7 Elm St".into(),
                        "Montpelier, VT 05602".into(),
                        "US".into(),
                    ],
                },
                "Montpelier, VT 05602",
            ),
        ] {
            assert_eq!(recipient.hint(), hint);
        }
    }
}
