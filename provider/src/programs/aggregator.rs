//! Events that a provider passes on to the aggregators that act for it.
//!
//! The devices are the aggregator's customers': it gets an event of its own, of a programme of
//! the same name, and tells them. Whoever passed it on sees how many are how far, and never who.

use gridpass_protocol::UnixTime;

use super::{
    Event, EventCounts, EventDraft, EventError, EventState, Program, Target, counts, program,
    table::{self, Kept, Principal},
    wire,
};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{EventId, ParcelId, ProgramId, ProviderId},
    random::Random,
    staff::{Permission, StaffSession},
    store::{Connection, StoreError},
};

/// An aggregator that acts for a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregator {
    /// Its id.
    pub provider: ProviderId,
    /// Its name.
    pub name: String,
}

/// How far the devices of an aggregator are with an event that was passed on to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOn {
    /// The name of the aggregator.
    pub aggregator: String,
    /// Where its event stands: it may call it off by itself.
    pub state: EventState,
    /// How many of its devices are how far.
    pub counts: EventCounts,
}

/// What one aggregator's own event needs, made before the transaction.
pub(super) struct Passing {
    provider: ProviderId,
    event: EventId,
    program: ProgramId,
    parcel: ParcelId,
}

impl Gridpass {
    /// The aggregators that act for the provider.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn aggregators(
        &self,
        staff: &StaffSession,
        actor: &Actor,
    ) -> Result<Vec<Aggregator>, EventError> {
        self.require::<EventError>(staff, Permission::SeeEvents, actor)?;
        Ok(self.acting_for(&staff.provider))
    }

    pub(super) fn acting_for(&self, principal: &ProviderId) -> Vec<Aggregator> {
        self.providers
            .iter()
            .filter(|provider| provider.config.acts_for.as_ref() == Some(principal))
            .map(|provider| Aggregator {
                provider: provider.config.id.clone(),
                name: provider.config.name.clone(),
            })
            .collect()
    }

    pub(super) fn make_passings(&self, draft: &EventDraft, now: UnixTime) -> Vec<Passing> {
        let random = Random(&*self.random);
        let aggregators = draft.targets.iter().filter_map(|target| match target {
            Target::Aggregator { provider } => Some(provider.clone()),
            _ => None,
        });
        aggregators
            .map(|provider| Passing {
                provider,
                event: EventId::make(now, &random),
                program: ProgramId::make(now, &random),
                parcel: ParcelId::make(now, &random),
            })
            .collect()
    }

    pub(super) fn passed_on(
        &self,
        connection: &Connection,
        provider: &ProviderId,
        event: EventId,
        now: UnixTime,
    ) -> Result<Vec<PassedOn>, StoreError> {
        let names = self.acting_for(provider);
        let mut found = Vec::new();
        for kept in table::passed_on(connection, Principal { provider, event })? {
            let mut known = names.iter().filter(|known| known.provider == kept.provider);
            // One that acts for somebody else by now is nobody's business any more.
            if let Some(aggregator) = known.next() {
                found.push(PassedOn {
                    aggregator: aggregator.name.clone(),
                    state: kept.event.state(now),
                    counts: counts::of_event(connection, &kept.provider, &kept)?,
                });
            }
        }
        Ok(found)
    }
}

/// Makes the aggregator's own event.
pub(super) fn pass_on(
    transaction: &Connection,
    principal: &ProviderId,
    event: &Event,
    of: &Program,
    passing: Passing,
    now: UnixTime,
) -> Result<(), EventError> {
    let Passing {
        provider,
        event: id,
        program,
        parcel,
    } = passing;
    let program = program::of_name(transaction, &provider, program, of, now)?;
    let own = Event {
        id,
        draft: EventDraft {
            program,
            targets: vec![Target::All],
            ..event.draft.clone()
        },
        ..event.clone()
    };
    wire::post(transaction, &provider, &own, parcel, now)?;
    let from = Principal {
        provider: principal,
        event: event.id,
    };
    table::insert(transaction, &provider, &own, parcel, Some(from))?;
    let entry = audit::Entry {
        provider: &provider,
        at: now,
        actor: &Actor::system(),
        action: "event.passed-on",
        result: "ok",
        enrollment: None,
        detail: serde_json::json!({ "event": id, "by": principal, "name": own.draft.name }),
    };
    Ok(audit::append(transaction, &entry)?)
}

/// What the aggregators' own events become with a change of the one that was passed on. An event
/// that its aggregator called off stays called off.
pub(super) fn changed(
    transaction: &Connection,
    principal: &ProviderId,
    event: &Event,
    now: UnixTime,
) -> Result<Vec<(Kept, Event)>, StoreError> {
    let from = Principal {
        provider: principal,
        event: event.id,
    };
    let mut changed = Vec::new();
    for before in table::passed_on(transaction, from)? {
        if !matches!(
            before.event.state(now),
            EventState::Scheduled | EventState::Active
        ) {
            continue;
        }
        let own = Event {
            draft: EventDraft {
                program: before.event.draft.program,
                targets: before.event.draft.targets.clone(),
                ..event.draft.clone()
            },
            ends_at: event.ends_at,
            cancelled_at: event.cancelled_at,
            ..before.event.clone()
        };
        changed.push((before, own));
    }
    Ok(changed)
}
