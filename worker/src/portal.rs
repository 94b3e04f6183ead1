//! Calls to the portal this page came from (protocol, HTTP).

use gloo_net::http::{Request, Response};
use gridpass_protocol::{
    Directory, ManualLookup, Problem, ProblemName, SealedPayload, TemporaryId,
};
use gridpass_wire::{DeviceIdTry, ExpiredReason, LabelRefusal, Refusal, Standing};
use serde::de::DeserializeOwned;
use web_sys::AbortSignal;

/// Milliseconds after which a call counts as not answered: a phone between two networks would
/// otherwise wait for minutes.
const PATIENCE: u32 = 30_000;

/// Seconds to wait when the portal asks for patience without saying how much.
const DEFAULT_RETRY_AFTER: u64 = 60;

/// Why a call brought nothing usable.
pub(crate) enum CallError {
    /// Nobody answered.
    Offline,
    /// Somebody answered, not in the way of a portal: a proxy, a captive network, a server in
    /// trouble.
    Unavailable,
    /// The portal refused.
    Refused(Box<Problem>),
}

impl From<gloo_net::Error> for CallError {
    fn from(_: gloo_net::Error) -> Self {
        Self::Offline
    }
}

/// The providers of this portal with their certificates.
pub(crate) async fn directory() -> Result<Directory, CallError> {
    get("/.well-known/gridpass").await
}

/// The sealed label of a manual code.
pub(crate) async fn manual_payload(lookup: &ManualLookup) -> Result<SealedPayload, CallError> {
    get(&format!("/api/v1/manual/{lookup}")).await
}

/// Posts a sealed confirmation and returns the sealed answer.
pub(crate) async fn confirm(temporary_id: &TemporaryId, jwe: &str) -> Result<String, CallError> {
    post(
        &format!("/api/v1/enrollments/{temporary_id}/confirmation"),
        jwe,
    )
    .await
}

/// Posts a sealed message of a device and returns the sealed answer.
pub(crate) async fn speak(jwe: &str) -> Result<String, CallError> {
    post("/api/v1/messages", jwe).await
}

async fn post(path: &str, jwe: &str) -> Result<String, CallError> {
    let request = Request::post(path)
        .header("content-type", "application/jose")
        .abort_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)))
        .body(jwe)?;
    let response = accepted(request.send().await?, "application/jose").await?;
    Ok(response.text().await?)
}

async fn get<T: DeserializeOwned>(path: &str) -> Result<T, CallError> {
    let signal = AbortSignal::timeout_with_u32(PATIENCE);
    let response = Request::get(path)
        .abort_signal(Some(&signal))
        .send()
        .await?;
    let text = accepted(response, "application/json").await?.text().await?;
    serde_json::from_str(&text).map_err(|_| CallError::Unavailable)
}

async fn accepted(response: Response, media_type: &str) -> Result<Response, CallError> {
    let is = |wanted: &str| {
        response.headers().get("content-type").is_some_and(|found| {
            found
                .split(';')
                .next()
                .is_some_and(|found| found.trim().eq_ignore_ascii_case(wanted))
        })
    };
    if response.ok() && is(media_type) {
        return Ok(response);
    }
    if !response.ok() && is("application/problem+json") {
        let problem = serde_json::from_str(&response.text().await?);
        return Err(problem.map_or(CallError::Unavailable, |problem| {
            CallError::Refused(Box::new(problem))
        }));
    }
    Err(CallError::Unavailable)
}

/// What a refused confirmation means for the person.
pub(crate) fn confirmation_refusal(error: CallError) -> Refusal {
    let problem = match error {
        CallError::Offline => return Refusal::Offline,
        CallError::Unavailable => return Refusal::Unavailable,
        CallError::Refused(problem) => problem,
    };
    match problem.name {
        ProblemName::InvalidOtp => Refusal::WrongDeviceId {
            remaining: problem.remaining.unwrap_or(0),
        },
        ProblemName::Locked => Refusal::Locked,
        ProblemName::Expired => Refusal::Expired(expired_reason(problem.reason.as_deref())),
        ProblemName::AlreadyEnrolled => Refusal::AlreadyEnrolled,
        ProblemName::RateLimited => Refusal::RateLimited {
            retry_after: problem.retry_after.unwrap_or(DEFAULT_RETRY_AFTER),
        },
        ProblemName::BadRequest | ProblemName::BadCsr => Refusal::BadRequest {
            reason: problem.reason,
        },
        _ => Refusal::Unavailable,
    }
}

/// What a refused message means for the device.
pub(crate) struct MessageRefusal {
    /// How the enrollment stands with it.
    pub(crate) standing: Standing,
    pub(crate) message: MessageFate,
}

/// What becomes of a message that was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MessageFate {
    /// It may have been taken in before, or will be later: the same one is sent again.
    Repeat,
    /// It was judged for what it says, and not taken in: the next one has its count.
    Drop,
    /// The provider could not read it, perhaps for having another key by now: what it says is
    /// sealed anew.
    SealAnew,
    /// It was read, and the provider can do nothing with what it says: it is not said again.
    Strike,
}

impl From<CallError> for MessageRefusal {
    fn from(error: CallError) -> Self {
        use MessageFate::{Drop, Repeat, SealAnew, Strike};
        let of = |standing, message| Self { standing, message };
        let problem = match error {
            CallError::Offline => return of(Standing::Offline, Repeat),
            CallError::Unavailable => {
                return of(Standing::Unavailable { retry_after: None }, Repeat);
            }
            CallError::Refused(problem) => *problem,
        };
        match problem.name {
            ProblemName::UnknownDevice => of(Standing::Unknown, Drop),
            ProblemName::Revoked => of(Standing::Withdrawn, Drop),
            ProblemName::Suspended => of(Standing::Suspended, Repeat),
            ProblemName::PossibleClone => of(Standing::LooksCopied, Repeat),
            ProblemName::WrongDevice => of(Standing::DeviceIdWanted(DeviceIdTry::Wrong), Drop),
            ProblemName::CertificateExpired => of(Standing::Expired, Drop),
            ProblemName::BadCsr => of(
                Standing::RenewalRefused {
                    reason: problem.reason,
                },
                Drop,
            ),
            ProblemName::BadRequest => of(Standing::Unavailable { retry_after: None }, SealAnew),
            ProblemName::Invalid | ProblemName::NotFound => {
                of(Standing::Unavailable { retry_after: None }, Strike)
            }
            _ => of(
                Standing::Unavailable {
                    retry_after: problem.retry_after,
                },
                Repeat,
            ),
        }
    }
}

/// What a refused look-up means for the person.
pub(crate) fn label_refusal(error: CallError) -> LabelRefusal {
    let problem = match error {
        CallError::Offline => return LabelRefusal::Offline,
        CallError::Unavailable => return LabelRefusal::Unavailable,
        CallError::Refused(problem) => problem,
    };
    match problem.name {
        ProblemName::NotFound => LabelRefusal::UnknownCode,
        ProblemName::RateLimited => LabelRefusal::RateLimited {
            retry_after: problem.retry_after.unwrap_or(DEFAULT_RETRY_AFTER),
        },
        _ => LabelRefusal::Unavailable,
    }
}

fn expired_reason(reason: Option<&str>) -> ExpiredReason {
    match reason {
        Some("superseded") => ExpiredReason::Superseded,
        Some("cancelled") => ExpiredReason::Cancelled,
        _ => ExpiredReason::Expired,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(name: ProblemName) -> MessageRefusal {
        let problem = Problem::new(name, "x")
            .with_reason("why")
            .with_retry_after(7);
        CallError::Refused(Box::new(problem)).into()
    }

    #[test]
    fn a_message_that_may_have_been_taken_in_is_never_replaced_by_another() {
        for name in [
            ProblemName::RateLimited,
            ProblemName::CaUnavailable,
            ProblemName::ServiceUnavailable,
            ProblemName::InternalError,
            ProblemName::Suspended,
            ProblemName::PossibleClone,
            ProblemName::RequestTimeout,
        ] {
            assert_eq!(refusal(name).message, MessageFate::Repeat, "{name}");
        }
        for error in [CallError::Offline, CallError::Unavailable] {
            assert_eq!(MessageRefusal::from(error).message, MessageFate::Repeat);
        }
    }

    #[test]
    fn each_refusal_has_its_standing() {
        for (name, standing) in [
            (ProblemName::UnknownDevice, Standing::Unknown),
            (ProblemName::Revoked, Standing::Withdrawn),
            (ProblemName::Suspended, Standing::Suspended),
            (ProblemName::PossibleClone, Standing::LooksCopied),
            (
                ProblemName::WrongDevice,
                Standing::DeviceIdWanted(DeviceIdTry::Wrong),
            ),
            (ProblemName::CertificateExpired, Standing::Expired),
            (
                ProblemName::BadCsr,
                Standing::RenewalRefused {
                    reason: Some("why".to_owned()),
                },
            ),
            (
                ProblemName::CaUnavailable,
                Standing::Unavailable {
                    retry_after: Some(7),
                },
            ),
        ] {
            assert_eq!(refusal(name).standing, standing, "{name}");
        }
    }
}
