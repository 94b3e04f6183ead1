//! Customers from a table: what writing them would change, and writing them.

use super::{
    report::{AccountOutcome, BulkLine, BulkOutcome},
    work::{self, Outcome},
};
use crate::{
    Gridpass,
    account::{
        Upserted,
        directory::{self, find_by_number},
        import::AccountLine,
    },
    id::AccountId,
    random::Random,
    store::StoreError,
};

pub(super) use crate::account::import::read;

impl Gridpass {
    /// Says of each line what writing it would change.
    pub(super) fn check_customers(
        &self,
        outcome: Outcome,
        lines: Vec<AccountLine>,
    ) -> Result<(), StoreError> {
        let provider = &outcome.provider;
        let lines: Vec<_> = self.store.read(|connection| {
            lines
                .into_iter()
                .map(|line| {
                    let foreseen = match &line.account {
                        Err(problem) => BulkOutcome::LeftOut(*problem),
                        Ok(details) => {
                            let number = details.number.as_str();
                            let known = find_by_number(connection, provider, number)?;
                            BulkOutcome::Account(match known {
                                Some(known) if known.details == *details => {
                                    AccountOutcome::Unchanged
                                }
                                Some(_) => AccountOutcome::Changed,
                                None => AccountOutcome::Added,
                            })
                        }
                    };
                    Ok::<_, StoreError>(told(line, foreseen))
                })
                .collect::<Result<_, _>>()
        })?;
        self.store
            .write(move |transaction| work::write(transaction, &outcome, &lines))
    }

    /// Writes what is new or different.
    pub(super) fn write_customers(
        &self,
        outcome: Outcome,
        lines: Vec<AccountLine>,
    ) -> Result<(), StoreError> {
        let random = Random(&*self.random);
        let fresh: Vec<_> = lines
            .into_iter()
            .map(|line| (AccountId::make(outcome.now, &random), line))
            .collect();
        self.store.write(move |transaction| {
            let (provider, now) = (&outcome.provider, outcome.now);
            let lines: Vec<_> = fresh
                .into_iter()
                .map(|(id, line)| {
                    let written = match &line.account {
                        Err(problem) => BulkOutcome::LeftOut(*problem),
                        Ok(details) => BulkOutcome::Account(
                            match directory::upsert(transaction, provider, details, id, now)? {
                                Upserted::Made(_) => AccountOutcome::Added,
                                Upserted::Changed(_) => AccountOutcome::Changed,
                                Upserted::Unchanged(_) => AccountOutcome::Unchanged,
                            },
                        ),
                    };
                    Ok::<_, StoreError>(told(line, written))
                })
                .collect::<Result<_, _>>()?;
            work::write(transaction, &outcome, &lines)
        })
    }
}

fn told(line: AccountLine, outcome: BulkOutcome) -> BulkLine {
    BulkLine {
        line: line.line,
        account: line.number,
        outcome,
    }
}
