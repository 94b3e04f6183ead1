//! Postal addresses, as an envelope shows them.

/// An address on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PostalAddress {
    /// Street and number, or box.
    pub(crate) line_1: String,
    pub(crate) line_2: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) city: String,
    pub(crate) region: Option<String>,
    pub(crate) country: Option<String>,
}

impl PostalAddress {
    /// Its lines, without the name, in the order that is usual in its country: the town before
    /// the code where addresses are written as in the United States, after it elsewhere.
    pub(crate) fn lines(&self) -> Vec<String> {
        let code = self.postal_code.as_deref().unwrap_or_default();
        let region = self.region.as_deref().unwrap_or_default();
        let town = match self.country.as_deref() {
            None | Some("US" | "CA" | "PR") => {
                let state = format!("{region} {code}");
                match state.trim() {
                    "" => self.city.clone(),
                    state => format!("{}, {state}", self.city),
                }
            }
            Some(_) => {
                let town = format!("{code} {}", self.city);
                match region {
                    "" => town.trim().to_owned(),
                    region => format!("{}, {region}", town.trim()),
                }
            }
        };
        [
            Some(&self.line_1),
            self.line_2.as_ref(),
            Some(&town),
            self.country.as_ref(),
        ]
        .into_iter()
        .flatten()
        .filter(|line| !line.is_empty())
        .cloned()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(country: &str) -> PostalAddress {
        PostalAddress {
            line_1: "7 Elm St".into(),
            line_2: None,
            postal_code: Some("05602".into()),
            city: "Montpelier".into(),
            region: Some("VT".into()),
            country: Some(country.into()),
        }
    }

    #[test]
    fn a_town_is_written_as_its_country_does() {
        assert_eq!(
            address("US").lines(),
            ["7 Elm St", "Montpelier, VT 05602", "US"]
        );
        let german = PostalAddress {
            region: None,
            ..address("DE")
        };
        assert_eq!(german.lines(), ["7 Elm St", "05602 Montpelier", "DE"]);
    }
}
