//! How strongly an issuer must have known somebody (Core 1.0, 2).

use gridpass_protocol::UnixTime;
use serde::Deserialize;
use serde_json::Value;

use crate::config::is_shown_text;

/// No word is longer, in characters.
const MOST: usize = 255;
/// How far the issuer's clock may be from ours, in seconds.
const TOLERANCE: u64 = 60;

/// What an issuer's word has to say of how somebody proved to be themselves. Without any of it the issuer
/// decides alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OidcStrength {
    /// One of these is its `acr`; they are asked for, the first one most.
    pub acr: Vec<String>,
    /// All of these are in its `amr` (RFC 8176: `otp`, `hwk`, `mfa`, …).
    pub amr: Vec<String>,
    /// Somebody has proved it not longer ago than this, in seconds; also asked for.
    pub max_age: Option<u64>,
}

impl OidcStrength {
    /// The first setting that is not acceptable, and why.
    pub(super) fn problem(&self) -> Option<(&'static str, &'static str)> {
        let is_word = |word: &String| is_shown_text(word, MOST) && !word.contains(' ');
        if !self.acr.iter().all(is_word) {
            return Some(("staff.strength.acr", "words without spaces"));
        }
        if !self.amr.iter().all(is_word) {
            return Some(("staff.strength.amr", "words without spaces"));
        }
        (self.max_age == Some(0)).then_some(("staff.strength.max_age", "at least a second"))
    }

    /// The claim that does not say what it has to.
    pub(super) fn shortfall(&self, claims: &Value, now: UnixTime) -> Option<&'static str> {
        let acr = claims["acr"].as_str();
        if !self.acr.is_empty() && !self.acr.iter().any(|one| acr == Some(one)) {
            return Some("acr");
        }
        let amr = claims["amr"].as_array().map_or(&[][..], Vec::as_slice);
        if !self
            .amr
            .iter()
            .all(|one| amr.iter().any(|said| said == one))
        {
            return Some("amr");
        }
        let most = self.max_age?;
        let is_recent = claims["auth_time"]
            .as_u64()
            .is_some_and(|at| now.since(UnixTime(at)) <= most.saturating_add(TOLERANCE));
        (!is_recent).then_some("auth_time")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: UnixTime = UnixTime(1_795_000_000);

    fn shortfall(strength: Value, claims: &Value) -> Option<&'static str> {
        let strength: OidcStrength = serde_json::from_value(strength).unwrap();
        strength.shortfall(claims, NOW)
    }

    #[test]
    fn what_is_demanded_has_to_be_said() {
        let said = json!({ "acr": "2", "amr": ["pwd", "otp"], "auth_time": NOW.0 - 300 });
        for (strength, claim) in [
            (json!({}), None),
            (json!({ "acr": ["3", "2"] }), None),
            (json!({ "acr": ["3"] }), Some("acr")),
            (json!({ "amr": ["otp", "pwd"] }), None),
            (json!({ "amr": ["otp", "hwk"] }), Some("amr")),
            (json!({ "max_age": 300 }), None),
            (json!({ "max_age": 200 }), Some("auth_time")),
        ] {
            assert_eq!(shortfall(strength.clone(), &said), claim, "{strength}");
            let silent = shortfall(strength.clone(), &json!({}));
            assert_eq!(silent.is_some(), strength != json!({}), "{strength}");
        }
        let odd = json!({ "acr": 2, "amr": "otp", "auth_time": "now" });
        assert_eq!(shortfall(json!({ "amr": ["otp"] }), &odd), Some("amr"));
        assert_eq!(shortfall(json!({ "max_age": 9 }), &odd), Some("auth_time"));
    }
}
