//! What an installation says of the issuer at which people of a provider sign in.

use std::{collections::BTreeMap, path::PathBuf};

use openidconnect::url::{Host, Url};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::{Audience, OidcStrength};
use crate::{config::is_shown_text, staff::Role};

/// Names of claims and values of them are no longer, in characters.
const MOST: usize = 255;

/// An issuer of one provider (OpenID Connect Core 1.0).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// Names the issuer and finds its discovery document: https, or http on this very machine.
    pub issuer: String,
    /// What the issuer calls this portal.
    pub client_id: String,
    /// What the portal proves itself with to the issuer.
    #[serde(default)]
    pub client_secret: Option<OidcSecret>,
    /// A file that holds the secret instead.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// What is asked of the issuer besides `openid`.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// How customers are known, if they sign in so.
    #[serde(default)]
    pub customers: Option<OidcCustomers>,
    /// How staff is known, if it signs in so.
    #[serde(default)]
    pub staff: Option<OidcStaff>,
}

fn default_scopes() -> Vec<String> {
    vec!["email".to_owned(), "profile".to_owned()]
}

/// How customers are known.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcCustomers {
    /// The claim that holds the number of the account.
    pub account_claim: String,
}

/// How staff is known.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcStaff {
    /// The claim that holds what the issuer says of somebody: a text or several.
    pub role_claim: String,
    /// The role that each of those texts stands for.
    pub roles: BTreeMap<String, Role>,
    /// How strongly the issuer must have known them.
    #[serde(default)]
    pub strength: OidcStrength,
}

/// A secret of the configuration.
#[derive(Clone)]
pub struct OidcSecret(Zeroizing<String>);

impl OidcSecret {
    /// One with this text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for OidcSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl std::fmt::Debug for OidcSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OidcSecret([redacted])")
    }
}

impl OidcConfig {
    /// The first setting that is not acceptable, and why.
    pub(crate) fn problem(&self) -> Option<(&'static str, &'static str)> {
        let is_issuer = Url::parse(&self.issuer).is_ok_and(|url| {
            is_protected(&url) && url.query().is_none() && url.fragment().is_none()
        });
        if !is_issuer {
            return Some(("issuer", "an https address without query"));
        }
        if !is_shown_text(&self.client_id, MOST) {
            return Some(("client_id", "1 to 255 printable characters"));
        }
        if self.client_secret.is_some() == self.client_secret_file.is_some() {
            return Some(("client_secret", "either this or client_secret_file"));
        }
        let is_scope = |scope: &String| is_shown_text(scope, MOST) && !scope.contains(' ');
        if !self.scopes.iter().all(is_scope) {
            return Some(("scopes", "words without spaces"));
        }
        match &self.customers {
            Some(customers) if !is_shown_text(&customers.account_claim, MOST) => {
                return Some(("customers.account_claim", "the name of a claim"));
            }
            None if self.staff.is_none() => {
                return Some(("customers", "either this or staff is needed"));
            }
            _ => {}
        }
        match &self.staff {
            Some(staff) if !is_shown_text(&staff.role_claim, MOST) => {
                Some(("staff.role_claim", "the name of a claim"))
            }
            Some(staff) if staff.roles.is_empty() => {
                Some(("staff.roles", "at least one role is needed"))
            }
            Some(staff) => staff.strength.problem(),
            _ => None,
        }
    }

    /// Whether these people sign in so.
    pub(super) const fn offers(&self, audience: Audience) -> bool {
        match audience {
            Audience::Customer => self.customers.is_some(),
            Audience::Staff => self.staff.is_some(),
        }
    }
}

/// Whether nobody on the way can read what is sent there: https, or this very machine.
pub(super) fn is_protected(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.host().is_some(),
        "http" => match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        },
        _ => false,
    }
}
