//! Checking lines without writing anything: what registering them would say.

use super::{
    file::{Line, Wanted},
    report::{BulkLine, BulkOutcome, BulkProblem, problem_of},
};
use crate::{
    Gridpass,
    audit::Actor,
    id::{AccountId, ProviderId},
    registration::{AccountRef, Registration, RegistrationError},
    store::{Connection, StoreError, enrollments},
    tenant::{self, AccountKey},
};

impl Gridpass {
    /// What would become of each line if it were registered now.
    pub(super) fn check_lines(
        &self,
        provider: &ProviderId,
        lines: Vec<Line>,
        actor: &Actor,
    ) -> Result<Vec<BulkLine>, StoreError> {
        lines
            .into_iter()
            .map(|line| {
                let outcome = match self.registration_of(provider, &line)? {
                    Ok((registration, account)) => {
                        self.check_registration(&registration, account, actor)?
                    }
                    Err(problem) => Err(problem),
                };
                Ok(BulkLine {
                    line: line.line,
                    account: line.account,
                    outcome: outcome.map_or_else(BulkOutcome::Refused, |()| BulkOutcome::Fine),
                })
            })
            .collect()
    }

    fn check_registration(
        &self,
        registration: &Registration,
        account: AccountId,
        actor: &Actor,
    ) -> Result<Result<(), BulkProblem>, StoreError> {
        if let Err(error) = self.admit(registration, actor) {
            return refusal(error).map(Err);
        }
        let lookup = self.vault.device_lookup(&registration.device_id);
        let taken = self.store.read(|connection| {
            let rivals = enrollments::rivals(connection, &registration.provider, &lookup)?;
            Ok::<_, StoreError>(
                rivals
                    .iter()
                    .any(|rival| rival.state.is_enrolled() && rival.account != account),
            )
        })?;
        Ok(if taken {
            Err(BulkProblem::AlreadyEnrolled)
        } else {
            Ok(())
        })
    }

    /// The registration that a line asks for, and its account; or what is wrong with the line.
    /// An account that is not there is not made: a wrong digit would make one.
    pub(super) fn registration_of(
        &self,
        provider: &ProviderId,
        line: &Line,
    ) -> Result<Result<(Registration, AccountId), BulkProblem>, StoreError> {
        let wanted = match &line.content {
            Ok(wanted) => wanted,
            Err(problem) => return Ok(Err(*problem)),
        };
        let account = self
            .store
            .read(|connection| account_of(connection, provider, &line.account))?;
        let (Some(account), Some(device_id)) = (account, wanted.device_id.parse()) else {
            return Ok(Err(BulkProblem::UnknownAccount));
        };
        let Wanted {
            kind,
            channel,
            nickname,
            language,
            ..
        } = wanted;
        let registration = Registration {
            provider: provider.clone(),
            account: AccountRef::Id(account),
            device_id,
            kind: *kind,
            channel: *channel,
            key_algorithm: None,
            idempotency: None,
            nickname: nickname.clone(),
            language: *language,
        };
        Ok(Ok((registration, account)))
    }
}

fn account_of(
    connection: &Connection,
    provider: &ProviderId,
    number: &str,
) -> Result<Option<AccountId>, StoreError> {
    let Ok(number) = number.parse() else {
        return Ok(None);
    };
    let found = tenant::find_account(connection, provider, AccountKey::Number(&number))?;
    Ok(found.map(|account| account.id))
}

/// A refusal as a line's problem; an error only if the database failed.
pub(super) fn refusal(error: RegistrationError) -> Result<BulkProblem, StoreError> {
    match (problem_of(&error), error) {
        (Some(problem), _) => Ok(problem),
        (None, RegistrationError::Store(error)) => Err(error),
        (None, _) => Ok(BulkProblem::UnknownAccount),
    }
}
