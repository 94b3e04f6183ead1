//! `/oidc/…`: to the issuer of a provider, and back from it.
//!
//! Both are GET: the first because the policy of our pages lets forms lead nowhere else, the second
//! because the issuer redirects. Another site can make a browser begin, but never end what that
//! browser did not begin: the state is bound to its cookie.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use gridpass_app::messages::{Language, own::own_messages};
use gridpass_app::ssr::{RequestFacts, cookies, language_of, oidc};
use gridpass_protocol::ProblemName;
use gridpass_provider::{Audience, Browser, OidcAnswer, OidcError, OidcSession, ProviderId};

use super::store_problem;
use crate::problem::ProblemResponse;
use crate::state::App;

/// `GET /oidc/{provider}/{audience}/begin`.
pub(crate) async fn begin(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    Path((provider, audience)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let not_found = || ProblemResponse::of(ProblemName::NotFound).into_response();
    let audience = match audience.as_str() {
        "customer" => Audience::Customer,
        "staff" => Audience::Staff,
        _ => return not_found(),
    };
    let Ok(provider) = provider.parse::<ProviderId>() else {
        return not_found();
    };
    let from = browser(&headers, &facts);
    let begun = app
        .run(move |gridpass| gridpass.oidc_begin(&provider, audience, &from))
        .await;
    match begun {
        Err(problem) => problem.into_response(),
        Ok(Err(OidcError::NotOffered)) => not_found(),
        Ok(Err(error)) => refusal(error, audience),
        Ok(Ok(begun)) => {
            let mut response = Redirect::to(&begun.url).into_response();
            oidc::keep(response.headers_mut(), &begun.browser, app.cookie_security);
            response
        }
    }
}

/// `GET /oidc/callback`.
pub(crate) async fn callback(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    Query(answer): Query<OidcAnswer>,
    headers: HeaderMap,
) -> Response {
    let security = app.cookie_security;
    let Some(kept) = oidc::kept(&headers, security) else {
        return refusal(OidcError::Refused { audience: None }, Audience::Customer);
    };
    let from = browser(&headers, &facts);
    let earlier = cookies::session_token(&headers, security);
    let earlier_staff = cookies::staff_token(&headers, security);
    let finished = app.run(move |gridpass| {
        let session = gridpass.oidc_finish(&answer, &kept, from)?;
        // The session that this browser had before ends.
        match (&session, earlier, earlier_staff) {
            (OidcSession::Customer(_), Some(token), _) => gridpass.sign_out(&token)?,
            (OidcSession::Staff(_), _, Some(token)) => {
                if let Some(staff) = gridpass.staff_session(&token)? {
                    gridpass.staff_sign_out(&staff)?;
                }
            }
            _ => {}
        }
        Ok::<_, OidcError>(session)
    });
    let mut response = match finished.await {
        Err(problem) => problem.into_response(),
        Ok(Err(error)) => refusal(error, Audience::Customer),
        Ok(Ok(OidcSession::Customer(begun))) => {
            let mut response = Redirect::to("/devices").into_response();
            oidc::keep_session(response.headers_mut(), &begun, security);
            response
        }
        Ok(Ok(OidcSession::Staff(begun))) => {
            let mut response = onward("/staff", language_of(&headers));
            oidc::keep_staff(response.headers_mut(), &begun, security);
            response
        }
    };
    oidc::forget(response.headers_mut(), security);
    response
}

/// A page of ours that leads on. A redirect would not do: browsers count the whole chain as begun
/// by the issuer's site, and send no cookie with it that is for our own site alone.
fn onward(to: &'static str, language: Language) -> Response {
    let text = own_messages(language).oidc.go_on;
    let tag = language.tag();
    let page = format!(
        "<!doctype html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"refresh\" content=\"0;url={to}\"><title>Gridpass</title></head>\
         <body><main><h1><a href=\"{to}\">{text}</a></h1></main></body></html>"
    );
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    (StatusCode::OK, [(header::CONTENT_TYPE, kind)], page).into_response()
}

/// Back to where the person can sign in another way.
fn refusal(error: OidcError, audience: Audience) -> Response {
    let (audience, why) = match error {
        OidcError::Store(error) => return store_problem(&error).into_response(),
        // Both are told to come back in a few minutes.
        OidcError::Unavailable | OidcError::RateLimited { .. } => (audience, "unavailable"),
        OidcError::NotOffered => (audience, "refused"),
        OidcError::Refused { audience: known } => (known.unwrap_or(audience), "refused"),
    };
    let page = match audience {
        Audience::Customer => "/account",
        Audience::Staff => "/staff",
    };
    Redirect::to(&format!("{page}?oidc={why}")).into_response()
}

fn browser(headers: &HeaderMap, facts: &RequestFacts) -> Browser {
    let agent = headers.get(header::USER_AGENT);
    Browser {
        client: Some(facts.client),
        agent: agent.and_then(|agent| Some(agent.to_str().ok()?.to_owned())),
    }
}
