//! Who is on the staff.

use super::{require_staff, staff_actor};
use crate::{
    api::ApiError,
    ssr::{
        cookies,
        language::request_language,
        request::{blocking, redirect_form, refuse},
    },
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{
    Invited, NewColleague, Role, StaffChange, StaffId, StaffSession, StaffView,
};
use uuid::Uuid;

/// The cookie that shows a new invitation once.
pub(crate) const INVITED: &str = "invited";
/// The cookie that tells once where an invitation was mailed.
pub(crate) const MAILED: &str = "mailed";

/// Everybody on the staff.
///
/// # Errors
/// `forbidden` for whoever is no admin.
pub async fn list(staff: StaffSession) -> Result<Vec<StaffView>, ApiError> {
    let actor = staff_actor(&staff)?;
    blocking(move |gridpass| gridpass.staff_list(&staff, &actor)).await
}

/// Invites a colleague, by mail if mails leave; else the page shows the link once.
///
/// # Errors
/// `forbidden`; `invalid` if name, address or role are none; `conflict` if the address is taken.
pub async fn invite(email: String, name: String, role: String) -> Result<(), ApiError> {
    let staff = require_staff().await?;
    let actor = staff_actor(&staff)?;
    cookies::keep_typed("invite", &(&email, &name));
    let role = role_of(&role)?;
    let (colleague, language) = (
        NewColleague { email, name, role },
        request_language().into(),
    );
    let invited =
        blocking(move |gridpass| gridpass.invite_colleague(&staff, colleague, language, actor))
            .await?;
    cookies::forget_typed("invite");
    show(invited);
    Ok(())
}

/// Gives a colleague another role.
///
/// # Errors
/// `forbidden`; `not-found`; `conflict` for oneself.
pub async fn change_role(id: Uuid, role: String) -> Result<(), ApiError> {
    let role = role_of(&role)?;
    change(id, StaffChange::Role(role)).await
}

/// Puts a colleague off the staff.
///
/// # Errors
/// `forbidden`; `not-found`; `conflict` for oneself.
pub async fn disable(id: Uuid) -> Result<(), ApiError> {
    change(id, StaffChange::Disable).await
}

/// Puts a colleague back on the staff.
///
/// # Errors
/// `forbidden`; `not-found`; `conflict` for oneself.
pub async fn enable(id: Uuid) -> Result<(), ApiError> {
    change(id, StaffChange::Enable).await
}

/// Makes a colleague set up anew how to sign in; the link goes as that of an invitation.
///
/// # Errors
/// `forbidden`; `not-found`.
pub async fn reset(id: Uuid) -> Result<(), ApiError> {
    let staff = require_staff().await?;
    let actor = staff_actor(&staff)?;
    let id = StaffId::from_uuid(id);
    let language = request_language().into();
    let invited =
        blocking(move |gridpass| gridpass.reset_colleague(&staff, id, language, actor)).await?;
    show(invited);
    Ok(())
}

/// Leads to the page that says once where the invitation is.
fn show(invited: Invited) {
    match invited {
        Invited::ByMail { to } => cookies::show_once(MAILED, &to),
        Invited::Shown(invitation) => cookies::show_once(INVITED, &invitation.link),
    }
    redirect_form("/staff/people");
}

async fn change(id: Uuid, change: StaffChange) -> Result<(), ApiError> {
    let staff = require_staff().await?;
    let actor = staff_actor(&staff)?;
    let id = StaffId::from_uuid(id);
    blocking(move |gridpass| gridpass.change_colleague(&staff, id, change, actor)).await?;
    redirect_form("/staff/people");
    Ok(())
}

fn role_of(word: &str) -> Result<Role, ApiError> {
    word.parse()
        .map_err(|_| refuse(ProblemName::Invalid.into()))
}
