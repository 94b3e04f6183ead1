//! The site's cookies: session, label, language.

mod read;

pub use self::read::value;
use super::{CookieSecurity, request};
use crate::{api::device::Typed, messages::Language};
use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use cookie::{Cookie, SameSite, time::Duration};
use gridpass_protocol::{
    encoding::{b64u, from_b64u},
    time::UnixTime,
};
use gridpass_provider::AskingBrowser;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use uuid::Uuid;

const SWITCHED_LANGUAGE: &str = "gridpass-language";
const ACCOUNT_LANGUAGE: &str = "gridpass-account-language";
const TYPED: &str = "gridpass-typed";
/// Longer than any form takes; a cookie has no room for more (RFC 6265, 6.1).
const MOST_TYPED: usize = 1024;

/// Name of the session's cookie. The `__Host-` prefix, which browsers honour over https only,
/// keeps other hosts of the domain from setting it (RFC 6265bis, 4.1.3.2).
#[must_use]
pub const fn session_name(security: CookieSecurity) -> &'static str {
    match security {
        CookieSecurity::Secure => "__Host-gridpass-session",
        CookieSecurity::Loopback => "gridpass-session",
    }
}

/// Name of the cookie of a member of staff's session.
#[must_use]
pub const fn staff_name(security: CookieSecurity) -> &'static str {
    match security {
        CookieSecurity::Secure => "__Host-gridpass-staff",
        CookieSecurity::Loopback => "gridpass-staff",
    }
}

/// Name of the cookie that holds an invitation while it is being accepted.
const fn invitation_name(security: CookieSecurity) -> &'static str {
    match security {
        CookieSecurity::Secure => "__Host-gridpass-invitation",
        CookieSecurity::Loopback => "gridpass-invitation",
    }
}

/// Name of the cookie that ties a link or a code to the browser that asked for it.
const fn asking_name(security: CookieSecurity) -> &'static str {
    match security {
        CookieSecurity::Secure => "__Host-gridpass-asking",
        CookieSecurity::Loopback => "gridpass-asking",
    }
}

/// Name of the cookie that holds the manual code of one enrollment's label.
#[must_use]
pub fn label_name(enrollment: Uuid) -> String {
    format!("gridpass-label-{enrollment}")
}

/// The token of the session, if the request carries one.
#[must_use]
pub fn session_token(headers: &HeaderMap, security: CookieSecurity) -> Option<String> {
    value(headers, session_name(security))
}

/// The token of a member of staff's session, if the request carries one.
#[must_use]
pub fn staff_token(headers: &HeaderMap, security: CookieSecurity) -> Option<String> {
    value(headers, staff_name(security))
}

/// The manual code of an enrollment's label, if this browser made it.
#[must_use]
pub fn label_code(headers: &HeaderMap, enrollment: Uuid) -> Option<String> {
    value(headers, &label_name(enrollment))
}

/// The language the person switched to.
pub(super) fn switched_language(headers: &HeaderMap) -> Option<Language> {
    value(headers, SWITCHED_LANGUAGE)?.parse().ok()
}

/// The language of the account one is signed in with.
pub(super) fn account_language(headers: &HeaderMap) -> Option<Language> {
    value(headers, ACCOUNT_LANGUAGE)?.parse().ok()
}

/// Keeps a session's token in the browser until the browser is closed.
pub(super) fn set_session(token: &str) {
    set(
        session_name(request::cookie_security()),
        token.to_owned(),
        SameSite::Lax,
        None,
    );
}

/// Keeps what ties a link or a code to this browser, for as long as they are good.
pub(super) fn set_asking(asking: &AskingBrowser) {
    let name = asking_name(request::cookie_security());
    let lifetime = Some(Duration::minutes(10));
    set(name, asking.as_cookie(), SameSite::Strict, lifetime);
}

/// What ties a link or a code to this browser, if it asked for one.
pub(super) fn asking() -> Option<AskingBrowser> {
    let parts = use_context::<Parts>()?;
    let name = asking_name(request::cookie_security());
    AskingBrowser::from_cookie(&value(&parts.headers, name)?)
}

/// Forgets that this browser asked.
pub(super) fn forget_asking() {
    let name = asking_name(request::cookie_security());
    set(name, "", SameSite::Strict, Some(Duration::ZERO));
}

/// Keeps the token of a member of staff's session until the browser is closed. Strict: no other
/// site's link opens the desk.
pub(super) fn set_staff(token: &str) {
    set(
        staff_name(request::cookie_security()),
        token,
        SameSite::Strict,
        None,
    );
}

/// Forgets the session of a member of staff.
pub(super) fn forget_staff() {
    let name = staff_name(request::cookie_security());
    set(name, "", SameSite::Strict, Some(Duration::ZERO));
}

/// Name of the cookie that ties the halves of a ceremony to one browser.
const fn ceremony_name(security: CookieSecurity) -> &'static str {
    match security {
        CookieSecurity::Secure => "__Host-gridpass-ceremony",
        CookieSecurity::Loopback => "gridpass-ceremony",
    }
}

/// Keeps what ties the second half of a ceremony to this browser.
pub(super) fn set_ceremony(browser: &str) {
    let name = ceremony_name(request::cookie_security());
    set(name, browser, SameSite::Strict, Some(Duration::minutes(5)));
}

/// What ties the second half of a ceremony to this browser.
pub(super) fn ceremony() -> Option<String> {
    let parts = use_context::<Parts>()?;
    value(&parts.headers, ceremony_name(request::cookie_security()))
}

/// Forgets a ceremony that is over.
pub(super) fn forget_ceremony() {
    let name = ceremony_name(request::cookie_security());
    set(name, "", SameSite::Strict, Some(Duration::ZERO));
}

/// Keeps an invitation while it is being accepted.
pub(super) fn set_invitation(token: &str) {
    let name = invitation_name(request::cookie_security());
    set(name, token, SameSite::Strict, Some(Duration::HOUR));
}

/// The invitation that this browser is about to accept.
pub(super) fn invitation() -> Option<String> {
    let parts = use_context::<Parts>()?;
    value(&parts.headers, invitation_name(request::cookie_security()))
}

/// Forgets the invitation.
pub(super) fn forget_invitation() {
    let name = invitation_name(request::cookie_security());
    set(name, "", SameSite::Strict, Some(Duration::ZERO));
}

/// Keeps a label's code in this browser for as long as the label is valid.
pub(super) fn set_label(enrollment: Uuid, code: String, now: UnixTime, expires_at: UnixTime) {
    let seconds = i64::try_from(expires_at.0.saturating_sub(now.0)).unwrap_or(i64::MAX);
    set(
        label_name(enrollment),
        code,
        SameSite::Strict,
        Some(Duration::seconds(seconds)),
    );
}

/// Keeps the language one switched to.
pub(crate) fn set_switched_language(language: Language) {
    let year = Some(Duration::days(365));
    set(SWITCHED_LANGUAGE, language.tag(), SameSite::Lax, year);
}

/// Keeps the language of the account for this session.
pub(super) fn set_account_language(language: Language) {
    set(ACCOUNT_LANGUAGE, language.tag(), SameSite::Lax, None);
}

/// Forgets the session, and with it the account's language.
pub(super) fn forget_session() {
    for name in [session_name(request::cookie_security()), ACCOUNT_LANGUAGE] {
        set(name, "", SameSite::Lax, Some(Duration::ZERO));
    }
}

/// Forgets a label's code.
pub(super) fn forget_label(enrollment: Uuid) {
    set(
        label_name(enrollment),
        "",
        SameSite::Strict,
        Some(Duration::ZERO),
    );
}

/// Keeps what was typed into a refused form in the browser it was typed into, for as long as that
/// browser takes to load the form again.
pub(super) fn set_typed(typed: &Typed) {
    if let Ok(json) = serde_json::to_vec(typed)
        && json.len() <= MOST_TYPED
    {
        set(TYPED, b64u(&json), SameSite::Strict, Some(Duration::MINUTE));
    }
}

/// Keeps what was typed into the desk's form of that name, for as long as a browser takes to load
/// the form again. Never a secret.
pub(super) fn keep_typed<T: serde::Serialize>(form: &str, typed: &T) {
    if let Ok(json) = serde_json::to_vec(typed)
        && json.len() <= MOST_TYPED
    {
        let name = format!("{TYPED}-{form}");
        set(name, b64u(&json), SameSite::Strict, Some(Duration::MINUTE));
    }
}

/// Shows something on the next page and never again, as the label's code is: a new invitation or
/// token.
pub(super) fn show_once(name: &str, shown: &str) {
    keep_typed(name, &shown);
}

/// Forgets what was typed into a form that was accepted.
pub(super) fn forget_typed(form: &str) {
    let name = format!("{TYPED}-{form}");
    set(name, "", SameSite::Strict, Some(Duration::ZERO));
}

/// What was typed into the desk's form of that name before it was sent back, once.
pub(crate) fn take_kept<T: serde::de::DeserializeOwned>(form: &str) -> Option<T> {
    let parts = use_context::<Parts>()?;
    let name = format!("{TYPED}-{form}");
    let json = from_b64u(&value(&parts.headers, &name)?).ok()?;
    set(name, "", SameSite::Strict, Some(Duration::ZERO));
    serde_json::from_slice(&json).ok()
}

/// What was typed into a refused form, once.
pub(crate) fn take_typed() -> Option<Typed> {
    let parts = use_context::<Parts>()?;
    let json = from_b64u(&value(&parts.headers, TYPED)?).ok()?;
    set(TYPED, "", SameSite::Strict, Some(Duration::ZERO));
    serde_json::from_slice(&json).ok()
}

/// How a cookie is kept.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    pub(super) same_site: SameSite,
    /// Until the browser is closed, if there is none.
    pub(super) max_age: Option<Duration>,
}

/// Keeps a cookie with an answer that no page of ours makes.
pub(super) fn append(
    headers: &mut HeaderMap,
    name: &str,
    value: &str,
    kept: Kept,
    security: CookieSecurity,
) {
    if let Some(header_value) = written(name.to_owned(), value.to_owned(), kept, security) {
        headers.append(header::SET_COOKIE, header_value);
    }
}

/// Keeps the language of the account with an answer that no page of ours makes.
pub(super) fn append_account_language(
    headers: &mut HeaderMap,
    language: Language,
    security: CookieSecurity,
) {
    let kept = Kept {
        same_site: SameSite::Lax,
        max_age: None,
    };
    append(headers, ACCOUNT_LANGUAGE, language.tag(), kept, security);
}

fn set(
    name: impl Into<String>,
    value: impl Into<String>,
    same_site: SameSite,
    max_age: Option<Duration>,
) {
    let kept = Kept { same_site, max_age };
    if let (Some(response), Some(header_value)) = (
        use_context::<ResponseOptions>(),
        written(name.into(), value.into(), kept, request::cookie_security()),
    ) {
        response.append_header(header::SET_COOKIE, header_value);
    }
}

/// A cookie as its header has it.
fn written(
    name: String,
    value: String,
    kept: Kept,
    security: CookieSecurity,
) -> Option<HeaderValue> {
    let mut cookie = Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .same_site(kept.same_site)
        .secure(security == CookieSecurity::Secure);
    if let Some(max_age) = kept.max_age {
        cookie = cookie.max_age(max_age);
    }
    // Names and values are made of ASCII letters, digits and `-_`, which every header takes.
    HeaderValue::from_str(&cookie.build().to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=1; gridpass-session=token"),
        );
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("gridpass-language=es-MX"),
        );
        let token = session_token(&headers, CookieSecurity::Loopback);
        assert_eq!(token.as_deref(), Some("token"));
        assert_eq!(session_token(&headers, CookieSecurity::Secure), None);
        assert_eq!(switched_language(&headers), Some(Language::Spanish));
        assert_eq!(account_language(&headers), None);
    }
}
