//! The CSR content: what the subject of a device's certificate request has to say.

use serde::{Deserialize, Serialize};

/// Subject fields of the device's certificate request, as the provider's profile sets them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CsrContent {
    /// C: two capital letters (ISO 3166-1 alpha-2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// ST: at most 128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// L: at most 128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// O: at most 64 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// OU: at most 64 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// E-mail address of the provider's enrollment desk: at most 255 characters of ASCII.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// A field of a [`CsrContent`] that no certificate could carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {field} of the CSR content is not valid")]
pub struct InvalidCsrContent {
    /// The name of the field, as [`CsrContent`] has it.
    pub field: &'static str,
}

impl CsrContent {
    /// Checks every field against the upper bounds of RFC 5280, appendix A.
    ///
    /// # Errors
    /// Names the first field that is empty, too long, has a control character, or is not of its
    /// own form.
    pub fn validate(&self) -> Result<(), InvalidCsrContent> {
        let fields = [
            ("country", &self.country, 2),
            ("state", &self.state, 128),
            ("locality", &self.locality, 128),
            ("organization", &self.organization, 64),
            ("unit", &self.unit, 64),
            ("email", &self.email, 255),
        ];
        for (field, value, upper_bound) in fields {
            let Some(value) = value else { continue };
            let length = value.chars().count();
            let valid = (1..=upper_bound).contains(&length)
                && !value.chars().any(char::is_control)
                && match field {
                    "country" => length == 2 && value.bytes().all(|b| b.is_ascii_uppercase()),
                    "email" => is_mailbox(value),
                    _ => true,
                };
            if !valid {
                return Err(InvalidCsrContent { field });
            }
        }
        Ok(())
    }
}

/// Whether an rfc822Name could carry it (RFC 5280, 4.2.1.6): `local@domain` in ASCII, no comment,
/// no name, no brackets.
fn is_mailbox(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && text
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"<>()[]\\,;:\"".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(content: &CsrContent) -> Option<&'static str> {
        content.validate().err().map(|error| error.field)
    }

    #[test]
    fn upper_bounds_count_characters() {
        let content = |length| CsrContent {
            organization: Some("é".repeat(length)),
            ..CsrContent::default()
        };
        assert_eq!(refused(&content(64)), None);
        assert_eq!(refused(&content(65)), Some("organization"));
        assert_eq!(refused(&content(0)), Some("organization"));
    }

    #[test]
    fn a_country_is_two_capital_letters() {
        for (country, valid) in [("US", true), ("us", false), ("USA", false), ("U1", false)] {
            let content = CsrContent {
                country: Some(country.into()),
                ..CsrContent::default()
            };
            assert_eq!(content.validate().is_ok(), valid, "{country}");
        }
    }

    #[test]
    fn an_email_is_a_bare_mailbox() {
        for (email, valid) in [
            ("enroll@gmec.example", true),
            ("enroll", false),
            ("@gmec.example", false),
            ("enroll@", false),
            ("a@b@c", false),
            ("Desk <enroll@gmec.example>", false),
            ("enröll@gmec.example", false),
        ] {
            let content = CsrContent {
                email: Some(email.into()),
                ..CsrContent::default()
            };
            assert_eq!(content.validate().is_ok(), valid, "{email}");
        }
    }

    #[test]
    fn control_characters_are_refused() {
        let content = CsrContent {
            state: Some("Ver\nmont".into()),
            ..CsrContent::default()
        };
        assert_eq!(refused(&content), Some("state"));
    }
}
