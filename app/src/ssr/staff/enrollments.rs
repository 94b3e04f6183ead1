//! What staff do about an enrollment.

use super::staff_actor;
use crate::{
    api::{ApiError, staff::enrollments::TypedIntake},
    pages::staff::parts::query,
    ssr::{
        cookies,
        request::{blocking, redirect_form, refuse},
    },
};
use gridpass_protocol::{DeviceId, problem::ProblemName};
use gridpass_provider::{AccountId, EnrollmentId, StaffRegistration, StaffSession, StaffWords};
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

/// Approves a device that waits for it, with the key that was on the page.
///
/// # Errors
/// `bad-request` if that is no fingerprint; `forbidden`; `not-found`; `conflict` if no request with
/// this key waits.
pub async fn approve(staff: StaffSession, id: Uuid, key: String) -> Result<(), ApiError> {
    let enrollment = EnrollmentId::from_uuid(id);
    let key = read_fingerprint(&key).ok_or_else(|| refuse(ProblemName::BadRequest.into()))?;
    let actor = staff_actor(&staff)?;
    blocking(move |gridpass| gridpass.approve_enrollment(&staff, enrollment, key, actor)).await?;
    redirect_form(&format!("/staff/enrollments/{id}?done=approved"));
    Ok(())
}

/// 32 bytes, hexadecimal.
fn read_fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
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

/// Sends a new label.
///
/// # Errors
/// `bad-request` without a reason; `forbidden`; `not-found`; `conflict` if it needs no label;
/// `invalid` if the label cannot be sent that way.
pub async fn renew(
    staff: StaffSession,
    id: Uuid,
    channel: String,
    words: String,
) -> Result<(), ApiError> {
    let enrollment = EnrollmentId::from_uuid(id);
    let act = async {
        let (reason, channel) = (read_words(&words)?, read_word(&channel)?);
        let actor = staff_actor(&staff)?;
        blocking(move |gridpass| gridpass.desk_renew(&staff, enrollment, channel, &reason, actor))
            .await
    };
    let new = kept("renew", &words, act.await)?;
    redirect_form(&format!("/staff/enrollments/{new}?done=renewed"));
    Ok(())
}

/// Takes the suspicion of a copy back.
///
/// # Errors
/// `bad-request` without a reason; `forbidden`; `not-found`.
pub async fn dismiss_copy(staff: StaffSession, id: Uuid, words: String) -> Result<(), ApiError> {
    let enrollment = EnrollmentId::from_uuid(id);
    let act = async {
        let (reason, actor) = (read_words(&words)?, staff_actor(&staff)?);
        blocking(move |gridpass| {
            gridpass.desk_dismiss_suspicion(&staff, enrollment, &reason, actor)
        })
        .await
    };
    kept("dismiss", &words, act.await)?;
    redirect_form(&format!("/staff/enrollments/{id}?done=dismissed"));
    Ok(())
}

/// Withdraws a certificate.
///
/// # Errors
/// `bad-request` without a reason; `forbidden`; `not-found`; `conflict` if there is no
/// certificate.
pub async fn revoke(
    staff: StaffSession,
    id: Uuid,
    reason: String,
    words: String,
) -> Result<(), ApiError> {
    let enrollment = EnrollmentId::from_uuid(id);
    let act = async {
        let (note, reason) = (read_words(&words)?, read_word(&reason)?);
        let actor = staff_actor(&staff)?;
        blocking(move |gridpass| {
            gridpass.revoke_enrollment(&staff, enrollment, reason, note.as_str(), actor)
        })
        .await
    };
    kept("revoke", &words, act.await)?;
    redirect_form(&format!("/staff/enrollments/{id}?done=revoked"));
    Ok(())
}

/// Puts a device on hold.
///
/// # Errors
/// `bad-request` without a reason; `forbidden`; `not-found`; `conflict` if it is not connected.
pub async fn hold(staff: StaffSession, id: Uuid, words: String) -> Result<(), ApiError> {
    let enrollment = EnrollmentId::from_uuid(id);
    let act = async {
        let (reason, actor) = (read_words(&words)?, staff_actor(&staff)?);
        blocking(move |gridpass| gridpass.hold_enrollment(&staff, enrollment, &reason, actor)).await
    };
    kept("hold", &words, act.await)?;
    redirect_form(&format!("/staff/enrollments/{id}?done=held"));
    Ok(())
}

/// Ends the hold of a device.
///
/// # Errors
/// `bad-request` without a reason; `forbidden`; `not-found`; `conflict` if it is not on hold.
pub async fn release(staff: StaffSession, id: Uuid, words: String) -> Result<(), ApiError> {
    let enrollment = EnrollmentId::from_uuid(id);
    let act = async {
        let (reason, actor) = (read_words(&words)?, staff_actor(&staff)?);
        blocking(move |gridpass| gridpass.release_enrollment(&staff, enrollment, &reason, actor))
            .await
    };
    kept("release", &words, act.await)?;
    redirect_form(&format!("/staff/enrollments/{id}?done=released"));
    Ok(())
}

/// Withdraws one certificate of several.
///
/// # Errors
/// `bad-request` without a reason; `forbidden`; `not-found`; `conflict` if it is revoked already.
pub async fn revoke_certificate(
    staff: StaffSession,
    id: Uuid,
    serial: String,
    reason: String,
    words: String,
) -> Result<(), ApiError> {
    let enrollment = EnrollmentId::from_uuid(id);
    let act = async {
        let (note, reason) = (read_words(&words)?, read_word(&reason)?);
        let (serial, actor) = (read_word(&serial)?, staff_actor(&staff)?);
        blocking(move |gridpass| {
            gridpass.revoke_certificate(&staff, enrollment, &serial, reason, &note, actor)
        })
        .await
    };
    kept("revoke-certificate", &words, act.await)?;
    redirect_form(&format!("/staff/enrollments/{id}?done=certificate-revoked"));
    Ok(())
}

/// Registers a device for a customer on the phone.
///
/// # Errors
/// `invalid-device-id`; `already-enrolled`; `invalid` if the label cannot be sent that way;
/// `bad-request`; `forbidden`.
pub async fn register(
    staff: StaffSession,
    account: Uuid,
    typed: TypedIntake,
) -> Result<(), ApiError> {
    let act = async {
        let device_id = DeviceId::parse_checked(&typed.device_id)
            .map_err(|_| refuse(ProblemName::InvalidDeviceId.into()))?;
        let nickname = typed.nickname.trim();
        let language = typed.language.as_str();
        let wanted = StaffRegistration {
            account: AccountId::from_uuid(account),
            device_id,
            kind: read_word(&typed.kind)?,
            channel: read_word(&typed.channel)?,
            nickname: (!nickname.is_empty()).then(|| nickname.to_owned()),
            language: if language.is_empty() {
                None
            } else {
                Some(read_word(language)?)
            },
        };
        let actor = staff_actor(&staff)?;
        blocking(move |gridpass| gridpass.desk_register(&staff, wanted, actor)).await
    };
    let id = kept("intake", &typed, act.await)?;
    redirect_form(&format!("/staff/enrollments/{id}?done=registered"));
    Ok(())
}

/// A word that a `<select>` offers.
fn read_word<T: std::str::FromStr>(word: &str) -> Result<T, ApiError> {
    word.parse()
        .map_err(|_| refuse(ProblemName::BadRequest.into()))
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
