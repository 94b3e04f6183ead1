//! Signing in at an issuer of a provider: who offers it, and what its routes keep in the browser.

use super::{
    CookieSecurity,
    cookies::{self, Kept},
    request::blocking,
};
use crate::api::{ApiError, site::ProviderView};
use axum::http::HeaderMap;
use cookie::{SameSite, time::Duration};
use gridpass_provider::{Audience, NewSession, NewStaffSession};

/// Name of the cookie that ties the two halves of a sign-in to one browser.
const fn name(security: CookieSecurity) -> &'static str {
    match security {
        CookieSecurity::Secure => "__Host-gridpass-oidc",
        CookieSecurity::Loopback => "gridpass-oidc",
    }
}

/// The providers where these people sign in so.
///
/// # Errors
/// The server is too busy.
pub async fn offers(audience: Audience) -> Result<Vec<ProviderView>, ApiError> {
    let providers =
        blocking(move |gridpass| Ok::<_, ApiError>(gridpass.oidc_providers(audience))).await?;
    Ok(providers.into_iter().map(ProviderView::from).collect())
}

/// Keeps what ties the second half to this browser. Lax: the issuer's site leads back here.
pub fn keep(headers: &mut HeaderMap, browser: &str, security: CookieSecurity) {
    let kept = Kept {
        same_site: SameSite::Lax,
        max_age: Some(Duration::minutes(10)),
    };
    cookies::append(headers, name(security), browser, kept, security);
}

/// What ties the second half to this browser, if it began.
#[must_use]
pub fn kept(headers: &HeaderMap, security: CookieSecurity) -> Option<String> {
    cookies::value(headers, name(security))
}

/// Forgets a sign-in that is over.
pub fn forget(headers: &mut HeaderMap, security: CookieSecurity) {
    let kept = Kept {
        same_site: SameSite::Lax,
        max_age: Some(Duration::ZERO),
    };
    cookies::append(headers, name(security), "", kept, security);
}

/// Puts a customer's session into this browser.
pub fn keep_session(headers: &mut HeaderMap, begun: &NewSession, security: CookieSecurity) {
    let kept = Kept {
        same_site: SameSite::Lax,
        max_age: None,
    };
    let name = cookies::session_name(security);
    cookies::append(headers, name, &begun.token, kept, security);
    cookies::append_account_language(headers, begun.session.language.into(), security);
}

/// Puts a member of staff's session into this browser.
pub fn keep_staff(headers: &mut HeaderMap, begun: &NewStaffSession, security: CookieSecurity) {
    let kept = Kept {
        same_site: SameSite::Strict,
        max_age: None,
    };
    let name = cookies::staff_name(security);
    cookies::append(headers, name, &begun.token, kept, security);
}
