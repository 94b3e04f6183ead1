//! What staff do about an enrollment.

use super::staff_actor;
use crate::{
    api::ApiError,
    pages::staff::parts::query,
    ssr::{
        cookies,
        request::{blocking, redirect_form, refuse},
    },
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{EnrollmentId, StaffSession, StaffWords};
use uuid::Uuid;

/// Characters of a search that are read.
const MOST_TYPED: usize = 128;

/// Leads to the list of what was searched for, with the search sealed in its address.
///
/// # Errors
/// `service-unavailable`.
pub async fn search(
    staff: StaffSession,
    typed: String,
    [state, channel, age]: [String; 3],
) -> Result<(), ApiError> {
    let sealed = blocking(move |gridpass| {
        let typed: String = typed.trim().chars().take(MOST_TYPED).collect();
        Ok::<_, ApiError>(gridpass.seal_for_address(&staff, &typed))
    })
    .await?;
    let pairs = [
        ("q", sealed.as_str()),
        ("state", &state),
        ("channel", &channel),
        ("age", &age),
    ];
    redirect_form(&format!("/staff/enrollments{}", query(&pairs)));
    Ok(())
}

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
