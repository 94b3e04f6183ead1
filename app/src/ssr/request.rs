//! What a server function may know of its request, and how it answers.

use super::{
    Asking, CookieSecurity, DevOutbox, Lane, NoTurn, PATIENCE, RequestFacts, Turns, cookies,
};
use crate::api::{ApiError, site::OutboxView};
use axum::http::{HeaderValue, StatusCode, Uri, header, request::Parts};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{Gridpass, Session};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use std::sync::Arc;

/// Runs one use case of the provider on a thread that may block.
///
/// # Errors
/// What the use case refused; `service-unavailable` if it did not get its turn, `internal-error` if
/// it panicked.
pub async fn blocking<T, E>(
    work: impl FnOnce(&Gridpass) -> Result<T, E> + Send + 'static,
) -> Result<T, ApiError>
where
    T: Send + 'static,
    E: Into<ApiError> + Send + 'static,
{
    blocking_in(Lane::Pages, work).await
}

/// The same for another kind of work.
///
/// # Errors
/// As [`blocking`].
pub(super) async fn blocking_in<T, E>(
    lane: Lane,
    work: impl FnOnce(&Gridpass) -> Result<T, E> + Send + 'static,
) -> Result<T, ApiError>
where
    T: Send + 'static,
    E: Into<ApiError> + Send + 'static,
{
    let Some(turns) = use_context::<Arc<Turns>>() else {
        return Err(refuse(ProblemName::InternalError.into()));
    };
    // Pages are rendered by tasks of their own, where only the context says who asks.
    let asking = Asking {
        lane,
        client: use_context::<Parts>()
            .and_then(|parts| Some(parts.extensions.get::<RequestFacts>()?.client)),
    };
    match turns.run_for(asking, work).await {
        Ok(outcome) => outcome.map_err(|error| refuse(error.into())),
        Err(NoTurn::Busy) => Err(refuse(ApiError::Problem {
            name: ProblemName::ServiceUnavailable,
            retry_after: Some(PATIENCE.as_secs()),
        })),
        Err(NoTurn::Panicked) => Err(refuse(ProblemName::InternalError.into())),
    }
}

/// Who is signed in with this browser, if anybody.
///
/// # Errors
/// The session cannot be looked up for the moment.
pub async fn session() -> Result<Option<Session>, ApiError> {
    let token = use_context::<Parts>()
        .and_then(|parts| cookies::session_token(&parts.headers, cookie_security()));
    match token {
        None => Ok(None),
        Some(token) => {
            let found = blocking(move |gridpass| gridpass.continue_session(&token)).await?;
            Ok(found.map(|(session, renewed)| {
                if let Some(token) = renewed {
                    cookies::set_session(&token);
                }
                session
            }))
        }
    }
}

/// The session of whoever is signed in.
///
/// # Errors
/// `unauthorized` if nobody is.
pub async fn require_session() -> Result<Session, ApiError> {
    session()
        .await?
        .ok_or_else(|| refuse(ProblemName::Unauthorized.into()))
}

/// Lets development installations pass.
///
/// # Errors
/// `not-found` on every other one.
pub fn require_development() -> Result<(), ApiError> {
    match outbox_view() {
        OutboxView::Shown => Ok(()),
        OutboxView::Refused => Err(refuse(ProblemName::NotFound.into())),
    }
}

/// Whether this installation shows its mails.
#[must_use]
pub fn outbox_view() -> OutboxView {
    match use_context::<DevOutbox>() {
        Some(DevOutbox::Shown) => OutboxView::Shown,
        Some(DevOutbox::Refused) | None => OutboxView::Refused,
    }
}

/// Whether cookies are bound to https; if nobody says otherwise, they are.
pub(super) fn cookie_security() -> CookieSecurity {
    use_context().unwrap_or(CookieSecurity::Secure)
}

/// What the server found out about this request.
///
/// # Errors
/// `internal-error` where the server provides nothing of the kind.
pub(super) fn facts() -> Result<RequestFacts, ApiError> {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<RequestFacts>().cloned())
        .ok_or_else(|| refuse(ProblemName::InternalError.into()))
}

/// Gives the answer the status of its refusal, and says when to come back. A plain form is sent back to its page instead, with
/// the refusal in the address; and a page that shows a refusal is a page.
#[must_use]
pub fn refuse(error: ApiError) -> ApiError {
    let status = error
        .name()
        .and_then(|name| StatusCode::from_u16(name.status()).ok());
    if let (Some(Asker::Script), Some(status), Some(response)) =
        (asker(), status, use_context::<ResponseOptions>())
    {
        response.set_status(status);
        if let ApiError::Problem {
            retry_after: Some(seconds),
            ..
        } = error
        {
            response.insert_header(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
    error
}

/// Leads on a plain form; the page's own script decides by itself where to go.
pub fn redirect_form(path: &str) {
    if is_form() {
        leptos_axum::redirect(path);
    }
}

/// Leads a plain form back to the page it is on, without the refusal of an earlier form.
pub fn redirect_back() {
    let page = use_context::<Parts>().and_then(|parts| {
        parts
            .headers
            .get(header::REFERER)?
            .to_str()
            .ok()?
            .parse::<Uri>()
            .ok()
    });
    redirect_form(&page.map_or_else(|| "/".to_owned(), |page| without_refusal(&page)));
}

/// The page's path, and its query unless it holds a refusal, which leptos names `__path` and
/// `__err`. Never another site's address.
fn without_refusal(page: &Uri) -> String {
    // Two slashes, or a slash and what browsers take for another, begin the name of a host.
    let path = format!("/{}", page.path().trim_start_matches(['/', '\\']));
    match page.query() {
        Some(query) if !query.is_empty() && !query.contains("__err=") => {
            format!("{path}?{query}")
        }
        _ => path,
    }
}

/// The path of the page being rendered; empty once whoever asked for it is gone. The router's own
/// way to ask cannot do without whoever asked, so it is for the beginning of a page alone.
pub fn page_path() -> String {
    use_context::<Parts>().map_or_else(String::new, |parts| parts.uri.path().to_owned())
}

/// Says of the page being rendered that its address leads nowhere.
pub fn answer_not_found() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::NOT_FOUND);
    }
}

/// Says of the page being rendered that the one who asks may not see it.
pub fn answer_forbidden() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::FORBIDDEN);
    }
}

/// Whether a form of a page without WASM called.
pub(super) fn is_form() -> bool {
    asker() == Some(Asker::Form)
}

/// Who called a server function over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asker {
    /// A form of a page without WASM, which wants a page for an answer.
    Form,
    /// The page's WASM.
    Script,
}

/// Who called; none while a page is rendered.
fn asker() -> Option<Asker> {
    let parts = use_context::<Parts>()?;
    if !parts.uri.path().starts_with("/api/fn/") {
        return None;
    }
    let accept = parts
        .headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    Some(match accept {
        Some(accept) if accept.contains("text/html") => Asker::Form,
        _ => Asker::Script,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_a_path_of_our_own_without_an_old_refusal() {
        let back = |page: &str| without_refusal(&page.parse().unwrap());
        assert_eq!(back("https://portal.example/e"), "/e");
        assert_eq!(
            back("https://portal.example/account?sent=true"),
            "/account?sent=true"
        );
        assert_eq!(
            back("https://portal.example/account?__path=%2Fx&__err=e30%3D"),
            "/account"
        );
        assert_eq!(back("https://portal.example"), "/");
    }

    #[test]
    fn the_way_back_leads_to_no_other_site() {
        for page in [
            "https://portal.example//evil.example/x",
            "https://portal.example///evil.example/x",
            "https://portal.example/%5Cevil.example//x",
        ] {
            let back = without_refusal(&page.parse().unwrap());
            assert!(back.starts_with('/'), "{back}");
            assert!(
                !back.starts_with("//") && !back.starts_with("/\\"),
                "{back}"
            );
        }
    }
}
