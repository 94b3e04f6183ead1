//! What a refusal means for what was said.

use gridpass_protocol::ProblemName;

use crate::portal::CallError;

/// What becomes of a message that was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// It may have been taken in before, or will be later.
    Repeat,
    /// It was judged for what it says.
    Drop,
    /// The provider could not read it, perhaps for having another key by now.
    SealAnew,
    /// The key is not known; the one before may be.
    TryFormer,
    /// The provider does not speak with this gateway any more.
    End,
}

impl Fate {
    /// What an error means.
    pub(super) fn of(error: &CallError) -> Self {
        match error.problem() {
            Some(ProblemName::UnknownDevice) => Self::TryFormer,
            Some(
                ProblemName::Revoked | ProblemName::CertificateExpired | ProblemName::WrongDevice,
            ) => Self::End,
            Some(
                ProblemName::BadCsr
                | ProblemName::Invalid
                | ProblemName::NotFound
                | ProblemName::Conflict
                | ProblemName::PayloadTooLarge,
            ) => Self::Drop,
            Some(ProblemName::BadRequest) => Self::SealAnew,
            _ => Self::Repeat,
        }
    }
}

#[cfg(test)]
mod tests {
    use gridpass_protocol::Problem;

    use super::*;

    #[test]
    fn a_message_that_may_have_been_taken_in_is_never_replaced_by_another() {
        for name in ProblemName::ALL {
            let error = CallError::Refused(Box::new(Problem::new(*name, "x")));
            let judged = matches!(
                name,
                ProblemName::UnknownDevice
                    | ProblemName::Revoked
                    | ProblemName::CertificateExpired
                    | ProblemName::WrongDevice
                    | ProblemName::BadCsr
                    | ProblemName::Invalid
                    | ProblemName::NotFound
                    | ProblemName::Conflict
                    | ProblemName::PayloadTooLarge
                    | ProblemName::BadRequest
            );
            assert_eq!(Fate::of(&error) != Fate::Repeat, judged, "{name}");
        }
        let silent = CallError::Offline("no route".to_owned());
        assert_eq!(Fate::of(&silent), Fate::Repeat);
    }
}
