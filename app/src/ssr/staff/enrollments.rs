//! What staff do about an enrollment.

use super::staff_actor;
use crate::{
    api::ApiError,
    ssr::{
        cookies,
        request::{blocking, redirect_form, refuse},
    },
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{EnrollmentId, StaffSession, StaffWords};
use uuid::Uuid;

/// Calls an open enrollment off.
///
/// # Errors
/// `bad-request` without a reason; `forbidden`; `not-found`; `conflict` if it is not open.
pub async fn cancel(staff: StaffSession, id: Uuid, words: String) -> Result<(), ApiError> {
    let enrollment = EnrollmentId::from_uuid(id);
    let act = async {
        let (reason, actor) = (read_words(&words)?, staff_actor(&staff)?);
        blocking(move |gridpass| gridpass.desk_cancel(&staff, enrollment, &reason, actor)).await
    };
    kept("cancel", &words, act.await)?;
    redirect_form(&format!("/staff/enrollments/{id}?done=cancelled"));
    Ok(())
}

/// Keeps a note.
///
/// # Errors
/// `bad-request` without words; `forbidden`; `not-found`.
pub async fn note(staff: StaffSession, id: Uuid, words: String) -> Result<(), ApiError> {
    let enrollment = EnrollmentId::from_uuid(id);
    let act = async {
        let (text, actor) = (read_words(&words)?, staff_actor(&staff)?);
        blocking(move |gridpass| gridpass.desk_note(&staff, enrollment, &text, actor)).await
    };
    kept("note", &words, act.await)?;
    redirect_form(&format!("/staff/enrollments/{id}?done=noted"));
    Ok(())
}

/// Keeps what was typed into a form that was refused, so that the form shows it again.
pub(super) fn kept<T>(
    form: &str,
    typed: &impl serde::Serialize,
    outcome: Result<T, ApiError>,
) -> Result<T, ApiError> {
    if outcome.is_err() {
        cookies::keep_typed(form, typed);
    }
    outcome
}

/// What was written, if it can be kept.
pub(super) fn read_words(words: &str) -> Result<StaffWords, ApiError> {
    words
        .parse()
        .map_err(|_| refuse(ProblemName::BadRequest.into()))
}
