//! What pages and server functions of the desk share: who is signed in, and as whom they act.

pub mod audit;
pub mod customers;
pub mod deliveries;
pub mod dr;
pub mod enrollments;
pub mod jobs;
pub mod mailbox;
pub mod passkey;
pub mod people;
pub mod security;
pub mod settings;
pub mod sign_in;
pub mod tokens;
pub mod webhooks;

use super::{
    cookies,
    request::{blocking, cookie_security, facts, refuse},
};
use crate::api::ApiError;
use axum::http::{header, request::Parts};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{Actor, Browser, Permission, StaffSession};
use leptos::prelude::use_context;

/// The member of staff who is signed in with this browser, if anybody. Brings the browser a new
/// token when it is time.
///
/// # Errors
/// The session cannot be looked up for the moment.
pub async fn staff_session() -> Result<Option<StaffSession>, ApiError> {
    let Some(parts) = use_context::<Parts>() else {
        return Ok(None);
    };
    let Some(token) = cookies::staff_token(&parts.headers, cookie_security()) else {
        return Ok(None);
    };
    if is_by_script(&parts) {
        return blocking(move |gridpass| gridpass.watch_staff_session(&token)).await;
    }
    let found = blocking(move |gridpass| gridpass.continue_staff_session(&token)).await?;
    Ok(found.map(|(session, renewed)| {
        if let Some(token) = renewed {
            cookies::set_staff(&token);
        }
        session
    }))
}

/// Whether a script asks, and not a person who goes to a page or sends a form (Fetch Metadata,
/// Sec-Fetch-Dest): the desk's script fetches a page anew when something has changed.
fn is_by_script(parts: &Parts) -> bool {
    parts
        .headers
        .get("sec-fetch-dest")
        .is_some_and(|destination| destination == "empty")
}

/// The session of the member of staff who is signed in.
///
/// # Errors
/// `unauthorized` if nobody is.
pub async fn require_staff() -> Result<StaffSession, ApiError> {
    staff_session()
        .await?
        .ok_or_else(|| refuse(ProblemName::Unauthorized.into()))
}

/// The session of the member of staff who is signed in and may do this. An attempt without leave
/// goes into the audit.
///
/// # Errors
/// `unauthorized` if nobody is signed in; `forbidden` if the role does not allow it.
pub async fn require_permission(permission: Permission) -> Result<StaffSession, ApiError> {
    let staff = require_staff().await?;
    let (asked, actor) = (staff.clone(), staff_actor(&staff)?);
    blocking(move |gridpass| gridpass.check_permission(&asked, permission, &actor)).await?;
    Ok(staff)
}

/// The member of staff as the one who acts in this request.
///
/// # Errors
/// `internal-error` where the server says nothing about the request.
pub fn staff_actor(staff: &StaffSession) -> Result<Actor, ApiError> {
    let facts = facts()?;
    let actor = Actor::staff(staff).from_client(facts.client);
    Ok(match facts.request_id.parse() {
        Ok(request_id) => actor.in_request(request_id),
        Err(_) => actor,
    })
}

/// The browser of this request, as far as it tells.
///
/// # Errors
/// `internal-error` where the server says nothing about the request.
pub fn browser() -> Result<Browser, ApiError> {
    let agent = use_context::<Parts>().and_then(|parts| {
        let agent = parts.headers.get(header::USER_AGENT)?;
        Some(agent.to_str().ok()?.to_owned())
    });
    Ok(Browser {
        client: Some(facts()?.client),
        agent,
    })
}
