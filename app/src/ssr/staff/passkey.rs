//! Passkeys: what ties the two halves of a ceremony to one browser.

use super::{browser, require_staff, staff_actor};
use crate::{
    api::ApiError,
    ssr::{
        cookies,
        request::{blocking, redirect_form, refuse},
    },
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{Ceremony, PasskeyView, StaffSession};

/// Begins to sign in.
///
/// # Errors
/// The database failed.
pub async fn begin_sign_in() -> Result<String, ApiError> {
    let ceremony = blocking(|gridpass| gridpass.begin_passkey_sign_in()).await?;
    Ok(begun(ceremony))
}

/// Signs in.
///
/// # Errors
/// `unauthorized` if the passkey did not work.
pub async fn finish_sign_in(credential: String) -> Result<(), ApiError> {
    let (held, from) = (held()?, browser()?);
    let begun =
        blocking(move |gridpass| gridpass.finish_passkey_sign_in(&held, &credential, from)).await?;
    cookies::forget_ceremony();
    cookies::set_staff(&begun.token);
    Ok(())
}

/// Begins to accept an invitation.
///
/// # Errors
/// `not-found` without an invitation; `unauthorized` if it is not good.
pub async fn begin_accept() -> Result<String, ApiError> {
    let token = invitation()?;
    let ceremony = blocking(move |gridpass| gridpass.begin_invited_passkey(&token)).await?;
    Ok(begun(ceremony))
}

/// Accepts an invitation.
///
/// # Errors
/// `not-found` without an invitation; `unauthorized` if the passkey did not work.
pub async fn finish_accept(credential: String, name: String) -> Result<(), ApiError> {
    let (token, held, from) = (invitation()?, held()?, browser()?);
    let begun = blocking(move |gridpass| {
        gridpass.accept_by_passkey(&token, &held, &credential, &name, from)
    })
    .await?;
    cookies::forget_ceremony();
    cookies::forget_invitation();
    cookies::set_staff(&begun.token);
    Ok(())
}

/// Begins to add a passkey.
///
/// # Errors
/// `unauthorized`; `conflict` if there are too many.
pub async fn begin_add() -> Result<String, ApiError> {
    let staff = require_staff().await?;
    let ceremony = blocking(move |gridpass| gridpass.begin_passkey(&staff)).await?;
    Ok(begun(ceremony))
}

/// Adds a passkey.
///
/// # Errors
/// `unauthorized` if nobody is signed in or the passkey did not work.
pub async fn finish_add(credential: String, name: String) -> Result<(), ApiError> {
    let staff = require_staff().await?;
    let (held, actor) = (held()?, staff_actor(&staff)?);
    blocking(move |gridpass| gridpass.finish_passkey(&staff, &held, &credential, &name, actor))
        .await?;
    cookies::forget_ceremony();
    Ok(())
}

/// Removes a passkey.
///
/// # Errors
/// `unauthorized`; `conflict` if it is the last way in.
pub async fn remove(id: String) -> Result<(), ApiError> {
    let staff = require_staff().await?;
    let actor = staff_actor(&staff)?;
    blocking(move |gridpass| gridpass.remove_passkey(&staff, &id, actor)).await?;
    redirect_form("/staff/security");
    Ok(())
}

/// The own passkeys.
///
/// # Errors
/// The database failed.
pub async fn list(staff: StaffSession) -> Result<Vec<PasskeyView>, ApiError> {
    blocking(move |gridpass| gridpass.passkeys(&staff)).await
}

fn begun(ceremony: Ceremony) -> String {
    cookies::set_ceremony(&ceremony.browser);
    ceremony.challenge
}

fn held() -> Result<String, ApiError> {
    cookies::ceremony().ok_or_else(|| refuse(ProblemName::Unauthorized.into()))
}

fn invitation() -> Result<String, ApiError> {
    cookies::invitation().ok_or_else(|| refuse(ProblemName::NotFound.into()))
}
