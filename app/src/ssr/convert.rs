//! The provider's views and errors as the page receives them.

use crate::api::{
    ApiError,
    account::SessionView,
    device::{CertificateView, CodeWay, DeviceState, DeviceView, WayOffer},
    outbox::MailView,
    site::ProviderView,
};
use crate::messages::Language;
use gridpass_protocol::problem::{Problem, ProblemName};
use gridpass_provider as provider;

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::Problem {
            name: problem.name,
            retry_after: problem.retry_after,
        }
    }
}

impl From<provider::StoreError> for ApiError {
    fn from(error: provider::StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::Problem {
            name: ProblemName::ServiceUnavailable,
            retry_after: Some(super::PATIENCE.as_secs()),
        }
    }
}

impl From<provider::RegistrationError> for ApiError {
    fn from(error: provider::RegistrationError) -> Self {
        match error {
            provider::RegistrationError::Store(error) => error.into(),
            provider::RegistrationError::DeviceAlreadyEnrolled => {
                ProblemName::AlreadyEnrolled.into()
            }
            error => error.problem().into(),
        }
    }
}

impl From<provider::TransitionError> for ApiError {
    fn from(error: provider::TransitionError) -> Self {
        match error {
            provider::TransitionError::NotFound => ProblemName::NotFound.into(),
            provider::TransitionError::Illegal(_) => ProblemName::Conflict.into(),
            provider::TransitionError::Store(error) => error.into(),
        }
    }
}

impl From<provider::SignInError> for ApiError {
    fn from(error: provider::SignInError) -> Self {
        match error {
            provider::SignInError::UnknownProvider => ProblemName::BadRequest.into(),
            provider::SignInError::RateLimited { retry_after } => Self::Problem {
                name: ProblemName::RateLimited,
                retry_after: Some(retry_after),
            },
            provider::SignInError::Store(error) => error.into(),
        }
    }
}

impl From<provider::PasskeyError> for ApiError {
    fn from(error: provider::PasskeyError) -> Self {
        match error {
            provider::PasskeyError::Refused => ProblemName::Unauthorized.into(),
            provider::PasskeyError::TooMany | provider::PasskeyError::LastWay => {
                ProblemName::Conflict.into()
            }
            provider::PasskeyError::Store(error) => error.into(),
        }
    }
}

impl From<provider::InviteError> for ApiError {
    fn from(error: provider::InviteError) -> Self {
        use provider::InviteError;
        match error {
            InviteError::UnknownProvider | InviteError::Unknown => ProblemName::NotFound.into(),
            InviteError::Invalid => ProblemName::Invalid.into(),
            InviteError::Taken => ProblemName::Conflict.into(),
            InviteError::NotAllowed(_) => ProblemName::Forbidden.into(),
            InviteError::Store(error) => error.into(),
        }
    }
}

impl From<provider::ApprovalError> for ApiError {
    fn from(error: provider::ApprovalError) -> Self {
        match error {
            provider::ApprovalError::NotFound => ProblemName::NotFound.into(),
            provider::ApprovalError::NotWaiting => ProblemName::Conflict.into(),
            provider::ApprovalError::NotAllowed(_) => ProblemName::Forbidden.into(),
            provider::ApprovalError::Store(error) => error.into(),
        }
    }
}

impl From<provider::ManageError> for ApiError {
    fn from(error: provider::ManageError) -> Self {
        match error {
            provider::ManageError::NotFound => ProblemName::NotFound.into(),
            provider::ManageError::Yourself => ProblemName::Conflict.into(),
            provider::ManageError::NotAllowed(_) => ProblemName::Forbidden.into(),
            provider::ManageError::Store(error) => error.into(),
        }
    }
}

impl From<provider::PasswordError> for ApiError {
    fn from(error: provider::PasswordError) -> Self {
        match error {
            provider::PasswordError::Refused => ProblemName::Forbidden.into(),
            provider::PasswordError::Weak(_) => ProblemName::Invalid.into(),
            provider::PasswordError::Store(error) => error.into(),
        }
    }
}

impl From<provider::ApiTokenError> for ApiError {
    fn from(error: provider::ApiTokenError) -> Self {
        use provider::ApiTokenError;
        match error {
            ApiTokenError::UnknownProvider | ApiTokenError::Unknown => ProblemName::NotFound.into(),
            ApiTokenError::Invalid => ProblemName::Invalid.into(),
            ApiTokenError::NotAllowed(_) => ProblemName::Forbidden.into(),
            ApiTokenError::Store(error) => error.into(),
        }
    }
}

impl From<provider::AccountError> for ApiError {
    fn from(error: provider::AccountError) -> Self {
        match error {
            provider::AccountError::NotFound => ProblemName::NotFound.into(),
            provider::AccountError::Invalid(_) => ProblemName::Invalid.into(),
            provider::AccountError::NotAllowed(_) => ProblemName::Forbidden.into(),
            provider::AccountError::Store(error) => error.into(),
        }
    }
}

impl From<provider::FinishSignInError> for ApiError {
    fn from(error: provider::FinishSignInError) -> Self {
        match error {
            provider::FinishSignInError::Refused => ProblemName::Unauthorized.into(),
            provider::FinishSignInError::OtherBrowser => ProblemName::Forbidden.into(),
            provider::FinishSignInError::Store(error) => error.into(),
        }
    }
}

impl From<provider::StaffSignInError> for ApiError {
    fn from(error: provider::StaffSignInError) -> Self {
        match error {
            provider::StaffSignInError::Refused => ProblemName::Unauthorized.into(),
            provider::StaffSignInError::RateLimited { retry_after } => Self::Problem {
                name: ProblemName::RateLimited,
                retry_after: Some(retry_after),
            },
            provider::StaffSignInError::Store(error) => error.into(),
        }
    }
}

impl From<provider::AcceptError> for ApiError {
    fn from(error: provider::AcceptError) -> Self {
        match error {
            provider::AcceptError::NotGood => ProblemName::NotFound.into(),
            provider::AcceptError::WeakPassword(_) => ProblemName::Invalid.into(),
            provider::AcceptError::WrongCode => ProblemName::Unauthorized.into(),
            provider::AcceptError::Store(error) => error.into(),
        }
    }
}

impl From<provider::PermissionError> for ApiError {
    fn from(error: provider::PermissionError) -> Self {
        match error {
            provider::PermissionError::NotAllowed(_) => ProblemName::Forbidden.into(),
            provider::PermissionError::Store(error) => error.into(),
        }
    }
}

impl From<provider::Language> for Language {
    fn from(language: provider::Language) -> Self {
        match language {
            provider::Language::English => Self::English,
            provider::Language::Spanish => Self::Spanish,
        }
    }
}

impl From<Language> for provider::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::English => Self::English,
            Language::Spanish => Self::Spanish,
        }
    }
}

impl From<provider::Session> for SessionView {
    fn from(session: provider::Session) -> Self {
        Self {
            name: session.name,
            provider: session.provider.to_string(),
        }
    }
}

impl From<provider::ProviderSummary> for ProviderView {
    fn from(summary: provider::ProviderSummary) -> Self {
        Self {
            id: summary.id.to_string(),
            name: summary.name,
            support_email: summary.support_email,
            support_phone: summary.support_phone,
        }
    }
}

impl From<provider::OutboxMessage> for MailView {
    fn from(mail: provider::OutboxMessage) -> Self {
        let link = mail
            .text
            .split_whitespace()
            .find(|word| is_link(word))
            .map(str::to_owned);
        Self {
            to: mail.to,
            subject: mail.subject,
            text: mail.text,
            link,
            at: mail.at,
        }
    }
}

fn is_link(word: &str) -> bool {
    word.starts_with("https://") || word.starts_with("http://")
}

/// A channel as customers know it.
fn way_of(channel: provider::Channel) -> Option<CodeWay> {
    match channel {
        provider::Channel::Screen => Some(CodeWay::Screen),
        provider::Channel::Email => Some(CodeWay::Email),
        provider::Channel::Sms => Some(CodeWay::Sms),
        provider::Channel::Letter => Some(CodeWay::Letter),
        provider::Channel::Api => None,
    }
}

impl From<CodeWay> for provider::Channel {
    fn from(way: CodeWay) -> Self {
        match way {
            CodeWay::Screen => Self::Screen,
            CodeWay::Email => Self::Email,
            CodeWay::Sms => Self::Sms,
            CodeWay::Letter => Self::Letter,
        }
    }
}

/// An offer as the page receives it; none for ways that are not for customers.
pub(super) fn way_offer(offer: provider::ChannelOffer) -> Option<WayOffer> {
    Some(WayOffer {
        way: way_of(offer.channel)?,
        to: offer.to,
    })
}

impl From<provider::EnrollmentView> for DeviceView {
    fn from(view: provider::EnrollmentView) -> Self {
        Self {
            id: view.id.uuid(),
            nickname: view.nickname,
            device_id_end: Some(view.device_id_hint),
            device_id_kind: view.device_id_kind,
            key_algorithm: view.key_algorithm.to_string(),
            state: view.state.into(),
            created_at: view.created_at,
            way: way_of(view.channel),
            certificate: view.certificate.map(Into::into),
        }
    }
}

impl From<provider::StateView> for DeviceState {
    fn from(state: provider::StateView) -> Self {
        use provider::StateView;
        match state {
            StateView::Open {
                expires_at,
                tries_left,
            } => Self::Open {
                expires_at,
                tries_left,
            },
            StateView::Issued { at } => Self::Issued { at },
            StateView::Active => Self::Active,
            StateView::Suspended => Self::Suspended,
            StateView::Locked => Self::Locked,
            StateView::Expired => Self::Expired,
            StateView::Superseded => Self::Superseded,
            StateView::Cancelled => Self::Cancelled,
            StateView::Revoked => Self::Revoked,
        }
    }
}

impl From<provider::CertificateView> for CertificateView {
    fn from(view: provider::CertificateView) -> Self {
        let ids = view.identifiers;
        Self {
            not_after: view.not_after,
            fingerprint: ids.fingerprint,
            ven_fingerprint: ids.ven_fingerprint,
            lfdi: ids.lfdi,
            sfdi: ids.sfdi,
        }
    }
}

impl From<provider::DeliveryError> for ApiError {
    fn from(error: provider::DeliveryError) -> Self {
        match error {
            provider::DeliveryError::NotAllowed(_) => ProblemName::Forbidden.into(),
            provider::DeliveryError::NotFound => ProblemName::NotFound.into(),
            provider::DeliveryError::Store(error) => error.into(),
        }
    }
}

impl From<provider::LetterError> for ApiError {
    fn from(error: provider::LetterError) -> Self {
        match error {
            provider::LetterError::NotAllowed(_) => ProblemName::Forbidden.into(),
            provider::LetterError::Nothing => ProblemName::NotFound.into(),
            provider::LetterError::Drawing(problem) => {
                tracing::error!(problem, "letters could not be drawn");
                ProblemName::InternalError.into()
            }
            provider::LetterError::Store(error) => error.into(),
        }
    }
}

impl From<provider::WebhookError> for ApiError {
    fn from(error: provider::WebhookError) -> Self {
        match error {
            provider::WebhookError::NotAllowed(_) => ProblemName::Forbidden.into(),
            provider::WebhookError::NotFound => ProblemName::NotFound.into(),
            provider::WebhookError::InvalidUrl => ProblemName::Invalid.into(),
            provider::WebhookError::TooMany => ProblemName::Conflict.into(),
            provider::WebhookError::Store(error) => error.into(),
        }
    }
}

impl From<provider::AuditVerifyError> for ApiError {
    fn from(error: provider::AuditVerifyError) -> Self {
        match error {
            provider::AuditVerifyError::NotAllowed(_) => ProblemName::Forbidden.into(),
            provider::AuditVerifyError::UnknownProvider => ProblemName::NotFound.into(),
            provider::AuditVerifyError::ForeignCheckpoint => ProblemName::BadRequest.into(),
            provider::AuditVerifyError::Store(error) => error.into(),
        }
    }
}

impl From<provider::DeskError> for ApiError {
    fn from(error: provider::DeskError) -> Self {
        match error {
            provider::DeskError::NotAllowed(_) => ProblemName::Forbidden.into(),
            provider::DeskError::NotFound => ProblemName::NotFound.into(),
            provider::DeskError::State(_) => ProblemName::Conflict.into(),
            provider::DeskError::Registration(error) => error.into(),
            provider::DeskError::Store(error) => error.into(),
        }
    }
}

impl From<provider::SettingsError> for ApiError {
    fn from(error: provider::SettingsError) -> Self {
        match error {
            provider::SettingsError::NotAllowed(_) => ProblemName::Forbidden.into(),
            provider::SettingsError::Invalid => ProblemName::Invalid.into(),
            provider::SettingsError::NoSuchVersion => ProblemName::Conflict.into(),
            provider::SettingsError::UnknownProvider => ProblemName::NotFound.into(),
            provider::SettingsError::Store(error) => error.into(),
        }
    }
}

impl From<provider::InstructionError> for ApiError {
    fn from(error: provider::InstructionError) -> Self {
        use provider::InstructionError;
        match error {
            InstructionError::NotAllowed(_) => ProblemName::Forbidden.into(),
            InstructionError::UnknownEnrollment(_) | InstructionError::NotFound => {
                ProblemName::NotFound.into()
            }
            InstructionError::Recipients
            | InstructionError::Arguments
            | InstructionError::Lifetime => ProblemName::Invalid.into(),
            InstructionError::NotInService(..)
            | InstructionError::IdempotencyConflict
            | InstructionError::NotSent => ProblemName::Conflict.into(),
            InstructionError::Store(error) => error.into(),
        }
    }
}

impl From<provider::RevocationError> for ApiError {
    fn from(error: provider::RevocationError) -> Self {
        match error {
            provider::RevocationError::NotFound => ProblemName::NotFound.into(),
            provider::RevocationError::Illegal(_) | provider::RevocationError::NotGood => {
                ProblemName::Conflict.into()
            }
            provider::RevocationError::NotAllowed(_) => ProblemName::Forbidden.into(),
            provider::RevocationError::Store(error) => error.into(),
        }
    }
}

impl From<provider::BulkError> for ApiError {
    fn from(error: provider::BulkError) -> Self {
        match error {
            provider::BulkError::NotAllowed(_) => ProblemName::Forbidden.into(),
            provider::BulkError::File(_) | provider::BulkError::Table(_) => {
                ProblemName::Invalid.into()
            }
            provider::BulkError::NotFound => ProblemName::NotFound.into(),
            provider::BulkError::State(_) => ProblemName::Conflict.into(),
            provider::BulkError::Store(error) => error.into(),
        }
    }
}

impl From<provider::EventError> for ApiError {
    fn from(error: provider::EventError) -> Self {
        use provider::EventError;
        match error {
            EventError::NotAllowed(_) => ProblemName::Forbidden.into(),
            EventError::NotFound => ProblemName::NotFound.into(),
            EventError::Invalid(_) | EventError::Mailbox(provider::MailboxError::TooLarge) => {
                ProblemName::Invalid.into()
            }
            EventError::NameTaken | EventError::TooMany | EventError::Moved => {
                ProblemName::Conflict.into()
            }
            EventError::Mailbox(provider::MailboxError::Store(error))
            | EventError::Store(error) => error.into(),
        }
    }
}
