//! How staff come in and go.

use super::{browser, staff_session};
use crate::{
    api::ApiError,
    ssr::{
        Lane, cookies,
        request::{blocking, blocking_in, redirect_form, refuse},
    },
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{InvitationView, ProviderId, StaffSignIn};

/// Signs in with password and code. What was typed, but for the secrets, is kept for the form.
///
/// # Errors
/// `unauthorized` if address, password or code are wrong; `rate-limited`.
pub async fn sign_in(
    provider: String,
    email: String,
    password: String,
    code: String,
) -> Result<(), ApiError> {
    let typed = provider.parse::<ProviderId>();
    let Ok(provider) = typed else {
        return Err(refuse(ProblemName::BadRequest.into()));
    };
    cookies::keep_typed("sign-in", &email);
    let sign_in = StaffSignIn {
        provider,
        email,
        password,
        code,
        from: browser()?,
    };
    let begun = blocking_in(Lane::Passwords, move |gridpass| {
        gridpass.staff_sign_in(sign_in)
    })
    .await?;
    cookies::set_staff(&begun.token);
    redirect_form("/staff");
    Ok(())
}

/// Keeps the token of an invitation in this browser and leads to what it offers.
///
/// # Errors
/// `not-found` if the invitation is unknown, used or too old.
pub async fn open_invitation(token: String) -> Result<(), ApiError> {
    // Whoever pastes the whole link means its code.
    let token = token
        .rsplit('#')
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned();
    let asked = token.clone();
    let found = blocking(move |gridpass| gridpass.invitation(&asked)).await?;
    if found.is_none() {
        return Err(refuse(ProblemName::NotFound.into()));
    }
    cookies::set_invitation(&token);
    redirect_form("/staff/invitation");
    Ok(())
}

/// What the invitation that this browser holds offers; none if it holds none that is good.
///
/// # Errors
/// The database failed.
pub async fn held_invitation() -> Result<Option<InvitationView>, ApiError> {
    match cookies::invitation() {
        Some(token) => blocking(move |gridpass| gridpass.invitation(&token)).await,
        None => Ok(None),
    }
}

/// Accepts the invitation that this browser holds with a password and an authenticator.
///
/// # Errors
/// `not-found` without an invitation; `invalid` if the password is too easy; `unauthorized` if
/// the code is not the authenticator's.
pub async fn accept(password: String, code: String) -> Result<(), ApiError> {
    let token = cookies::invitation().ok_or_else(|| refuse(ProblemName::NotFound.into()))?;
    let from = browser()?;
    let begun = blocking_in(Lane::Passwords, move |gridpass| {
        gridpass.accept_by_password(&token, &password, &code, from)
    })
    .await?;
    cookies::forget_invitation();
    cookies::set_staff(&begun.token);
    redirect_form("/staff");
    Ok(())
}

/// Ends this browser's session, if it has one.
///
/// # Errors
/// The session cannot be ended for the moment; the browser keeps its cookie then.
pub async fn sign_out() -> Result<(), ApiError> {
    if let Some(staff) = staff_session().await? {
        blocking(move |gridpass| gridpass.staff_sign_out(&staff)).await?;
    }
    cookies::forget_staff();
    redirect_form("/staff");
    Ok(())
}
