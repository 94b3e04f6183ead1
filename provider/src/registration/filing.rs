//! The transaction of a registration.

use super::{AccountRef, RegistrationError};
use crate::{
    audit::{self, Actor},
    enrollment::{State, StateName},
    id::{AccountId, EnrollmentId},
    idempotency::{self, Before, IdempotentCall},
    label::Label,
    outbox::{self, Dispatch, Outgoing},
    store::{
        Connection,
        enrollments::{self, NewEnrollment},
        labels,
        milestones::{self, Milestone},
    },
    tenant::{self, AccountKey, Scope},
    webhooks::{self, Change, Happening},
};

/// Everything about a new enrollment that is made outside the transaction.
pub(crate) struct Prepared {
    pub(super) new: NewEnrollment,
    pub(super) account: AccountRef,
    /// The id of the account, should it have to be made.
    pub(super) account_id: AccountId,
    pub(super) label: Label,
    /// The label on its way to the customer, unless it is shown or handed back.
    pub(super) outgoing: Option<Outgoing>,
    pub(super) idempotency: Option<IdempotentCall>,
    /// What staff make a new label for.
    pub(crate) renews: Option<Renews>,
    pub(super) actor: Actor,
}

/// An enrollment that gets a new label, and why.
pub(crate) struct Renews {
    pub(crate) id: EnrollmentId,
    pub(crate) reason: String,
}

impl Prepared {
    /// The id of the enrollment to be.
    pub(crate) const fn enrollment_id(&self) -> EnrollmentId {
        self.new.id
    }
}

/// What the transaction found.
pub(crate) enum Filed {
    New(Box<Prepared>),
    Before(Before),
}

/// The transaction of a registration.
pub(crate) fn file(
    transaction: &Connection,
    prepared: Prepared,
) -> Result<Filed, RegistrationError> {
    let Prepared { new, actor, .. } = &prepared;
    if let Some(call) = &prepared.idempotency
        && let Some(before) = idempotency::find(transaction, &new.provider, call, new.issued_at)?
    {
        return if before.is_the_same_as(call) {
            Ok(Filed::Before(before))
        } else {
            Err(RegistrationError::IdempotencyConflict)
        };
    }
    let account = resolve_account(transaction, &prepared)?;
    if !actor.scope().covers(&new.provider, account) {
        return Err(RegistrationError::Forbidden);
    }
    make_room(transaction, new, account, actor)?;
    enrollments::insert(transaction, new, account)?;
    let Label { lookup, sealed, .. } = &prepared.label;
    labels::insert(
        transaction,
        &new.provider,
        new.id,
        lookup,
        sealed,
        new.expires_at,
    )?;
    if let Some(outgoing) = &prepared.outgoing {
        outbox::insert(transaction, &new.provider, outgoing, Dispatch::Waiting)?;
    } else {
        // Whoever registered has it in hand.
        let (provider, delivered) = (&new.provider, Milestone::Delivered);
        milestones::reach(transaction, provider, new.id, delivered, new.issued_at)?;
    }
    if let Some(call) = &prepared.idempotency {
        idempotency::insert(transaction, new, call)?;
    }
    let entry = audit::Entry {
        provider: &new.provider,
        at: new.issued_at,
        actor,
        action: "enrollment.open",
        result: "ok",
        enrollment: Some(new.id),
        detail: serde_json::json!({
            "account": account,
            "temporary_id": new.temporary_id,
            "kind": new.kind,
            "channel": new.channel,
            "key_algorithm": new.key_algorithm,
            "expires_at": new.expires_at,
            "to": prepared.outgoing.as_ref().map(Outgoing::recipient_hint),
        }),
    };
    audit::append(transaction, &entry)?;
    let change = Change {
        provider: &new.provider,
        enrollment: new.id,
        what: Happening::State(StateName::Open),
        at: new.issued_at,
    };
    webhooks::announce(transaction, &change)?;
    if let Some(renews) = &prepared.renews {
        let entry = audit::Entry {
            action: "enrollment.renew",
            enrollment: Some(renews.id),
            detail: serde_json::json!({ "by": new.id, "reason": renews.reason }),
            ..entry
        };
        audit::append(transaction, &entry)?;
    }
    Ok(Filed::New(Box::new(prepared)))
}

fn resolve_account(
    transaction: &Connection,
    prepared: &Prepared,
) -> Result<AccountId, RegistrationError> {
    let Prepared {
        new,
        account,
        account_id,
        actor,
        ..
    } = prepared;
    let key = match account {
        AccountRef::Id(id) => AccountKey::Id(*id),
        AccountRef::Number(number) => AccountKey::Number(number),
    };
    if let Some(found) = tenant::find_account(transaction, &new.provider, key)? {
        return Ok(found.id);
    }
    match account {
        AccountRef::Number(number) if actor.scope().covers_provider(&new.provider) => {
            tenant::insert_account(
                transaction,
                &new.provider,
                *account_id,
                number,
                new.issued_at,
            )?;
            Ok(*account_id)
        }
        // Whoever may see one account only is not told which others exist.
        _ if matches!(actor.scope(), Scope::Account { .. }) => Err(RegistrationError::Forbidden),
        _ => Err(RegistrationError::UnknownAccount),
    }
}

/// Closes the open mapping of the same device, if there is one, or refuses the new one.
fn make_room(
    transaction: &Connection,
    new: &NewEnrollment,
    account: AccountId,
    actor: &Actor,
) -> Result<(), RegistrationError> {
    let rivals = enrollments::rivals(transaction, &new.provider, &new.device.lookup)?;
    if rivals
        .iter()
        .any(|rival| rival.state.is_enrolled() && rival.account != account)
    {
        return Err(RegistrationError::DeviceAlreadyEnrolled);
    }
    for rival in rivals {
        let State::Open(open) = rival.state else {
            continue;
        };
        let transition = match open.clone().expire(new.issued_at) {
            Some(transition) => transition,
            None => open.supersede(new.id, new.issued_at),
        };
        enrollments::apply(transaction, &new.provider, rival.id, &transition, actor)?;
    }
    Ok(())
}
