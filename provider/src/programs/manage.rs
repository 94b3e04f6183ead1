//! What staff do about events, and what they see of them.

use gridpass_protocol::UnixTime;

use super::{
    Addressing, Aggregator, Event, EventCounts, EventDraft, EventError, EventProblem, EventState,
    LoadSpan, PassedOn, Program, Target,
    aggregator::{self, pass_on},
    counts, group, load, program,
    table::{self, Kept},
    wire,
};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{EventId, ParcelId, ProviderId},
    mailbox,
    random::Random,
    staff::{Permission, StaffSession},
    store::{Connection, StoreError, enrollments},
};

/// Events that the list shows.
const SHOWN: u32 = 200;
/// A form takes a while to fill in: what was to begin at once still may, seconds later.
const GRACE: u64 = 5 * 60;

/// An event as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The event.
    pub event: Event,
    /// Where it stands.
    pub state: EventState,
    /// The name of its programme.
    pub program: String,
}

/// One event with everything that the desk shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPage {
    /// The event.
    pub event: Event,
    /// Where it stands.
    pub state: EventState,
    /// The name of its programme.
    pub program: String,
    /// How far its devices are.
    pub counts: EventCounts,
    /// What its devices report, oldest first.
    pub load: Vec<LoadSpan>,
    /// How far the devices of those are to whom it was passed on.
    pub passed_on: Vec<PassedOn>,
}

impl Gridpass {
    /// So many ids, and one more.
    fn make_parcels(&self, aggregators: usize, now: UnixTime) -> Vec<ParcelId> {
        let random = Random(&*self.random);
        (0..=aggregators)
            .map(|_| ParcelId::make(now, &random))
            .collect()
    }

    /// The events of the provider, those that begin last first, 200 at most.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn dr_events(
        &self,
        staff: &StaffSession,
        actor: &Actor,
    ) -> Result<Vec<EventRow>, EventError> {
        self.require::<EventError>(staff, Permission::SeeEvents, actor)?;
        let now = self.clock_now();
        let (programs, events) = self.store.read(|connection| {
            Ok::<_, StoreError>((
                program::all(connection, &staff.provider)?,
                table::newest(connection, &staff.provider, SHOWN)?,
            ))
        })?;
        let name = |event: &Event| {
            let mut found = programs.iter().filter(|p| p.id == event.draft.program);
            found.next().map(|program| program.name.clone())
        };
        Ok(events
            .into_iter()
            .map(|event| EventRow {
                state: event.state(now),
                program: name(&event).unwrap_or_default(),
                event,
            })
            .collect())
    }

    /// One event of the provider, how far its devices are, and what they report.
    ///
    /// # Errors
    /// The role does not allow it, there is none with this id, or the database failed.
    pub fn dr_event(
        &self,
        staff: &StaffSession,
        id: EventId,
        actor: &Actor,
    ) -> Result<EventPage, EventError> {
        self.require::<EventError>(staff, Permission::SeeEvents, actor)?;
        let (provider, now) = (&staff.provider, self.clock_now());
        self.store.read(|connection| {
            let kept = found(connection, provider, id)?;
            let program = program::find(connection, provider, kept.event.draft.program)?;
            Ok(EventPage {
                state: kept.event.state(now),
                program: program.map(|program| program.name).unwrap_or_default(),
                counts: counts::of_event(connection, provider, &kept)?,
                load: load::of_event(connection, provider, id)?,
                passed_on: self.passed_on(connection, provider, id, now)?,
                event: kept.event,
            })
        })
    }

    /// How many devices would be told of an event now.
    ///
    /// # Errors
    /// The role does not allow it, the draft cannot be an event, or the database failed.
    pub fn check_dr_event(
        &self,
        staff: &StaffSession,
        draft: &EventDraft,
        actor: &Actor,
    ) -> Result<u64, EventError> {
        self.require::<EventError>(staff, Permission::RunEvents, actor)?;
        let now = self.clock_now();
        draft.check()?;
        draft.begins_between(now.minus(GRACE), now)?;
        let aggregators = self.acting_for(&staff.provider);
        self.store.read(|connection| {
            check_references(connection, &staff.provider, draft, &aggregators)?;
            Ok(counts::of_targets(
                connection,
                &staff.provider,
                &draft.targets,
            )?)
        })
    }

    /// Makes an event. Everybody who is meant is told in the background.
    ///
    /// # Errors
    /// The role does not allow it, the draft cannot be an event, or the database failed.
    pub fn make_dr_event(
        &self,
        staff: &StaffSession,
        draft: EventDraft,
        actor: Actor,
    ) -> Result<EventId, EventError> {
        self.require::<EventError>(staff, Permission::RunEvents, &actor)?;
        let (provider, now) = (staff.provider.clone(), self.clock_now());
        draft.check()?;
        draft.begins_between(now.minus(GRACE), now)?;
        let id = EventId::make(now, &Random(&*self.random));
        let parcel = ParcelId::make(now, &Random(&*self.random));
        let aggregators = self.acting_for(&provider);
        let passings = self.make_passings(&draft, now);
        self.store.write(move |transaction| {
            let program = check_references(transaction, &provider, &draft, &aggregators)?;
            let event = Event {
                id,
                ends_at: draft.ends_at(),
                draft,
                version: 1,
                cancelled_at: None,
                made_at: now,
                changed_at: now,
                addressing: Addressing::Waiting,
            };
            let parcel = wire::post(transaction, &provider, &event, parcel, now)?;
            table::insert(transaction, &provider, &event, parcel, None)?;
            for passing in passings {
                pass_on(transaction, &provider, &event, &program, passing, now)?;
            }
            note(transaction, &provider, "event.make", &event, &actor, now)?;
            Ok(id)
        })
    }

    /// Changes an event that is not over; everybody who was told is told anew. Whom it is meant
    /// for stays, and so does its beginning once it has begun.
    ///
    /// # Errors
    /// The role does not allow it, there is none with this id, it is over or was changed since
    /// `version`, the draft cannot be an event, or the database failed.
    pub fn change_dr_event(
        &self,
        staff: &StaffSession,
        id: EventId,
        version: u64,
        draft: EventDraft,
        actor: Actor,
    ) -> Result<(), EventError> {
        self.require::<EventError>(staff, Permission::RunEvents, &actor)?;
        let (provider, now) = (staff.provider.clone(), self.clock_now());
        draft.check()?;
        let aggregators = self.acting_for(&provider);
        let parcels = self.make_parcels(aggregators.len(), now);
        self.store.write(move |transaction| {
            let before = live(transaction, &provider, id, version, now)?;
            let targets = before.event.draft.targets.clone();
            let draft = EventDraft { targets, ..draft };
            check_references(transaction, &provider, &draft, &aggregators)?;
            match before.event.state(now) {
                EventState::Active if draft.starts_at != before.event.draft.starts_at => {
                    return Err(EventProblem::Start.into());
                }
                EventState::Active => {}
                _ => draft.begins_between(now.minus(GRACE), now)?,
            }
            if draft.ends_at() <= now {
                return Err(EventProblem::Length.into());
            }
            let event = Event {
                ends_at: draft.ends_at(),
                draft,
                ..before.event.clone()
            };
            tell_all_anew(transaction, &before, event, parcels, now)?;
            let event = found(transaction, &provider, id)?.event;
            Ok(note(
                transaction,
                &provider,
                "event.change",
                &event,
                &actor,
                now,
            )?)
        })
    }

    /// Calls an event off; everybody who was told is told.
    ///
    /// # Errors
    /// The role does not allow it, there is none with this id, it is over or was changed since
    /// `version`, or the database failed.
    pub fn cancel_dr_event(
        &self,
        staff: &StaffSession,
        id: EventId,
        version: u64,
        actor: Actor,
    ) -> Result<(), EventError> {
        self.require::<EventError>(staff, Permission::RunEvents, &actor)?;
        let (provider, now) = (staff.provider.clone(), self.clock_now());
        let parcels = self.make_parcels(self.acting_for(&provider).len(), now);
        self.store.write(move |transaction| {
            let before = live(transaction, &provider, id, version, now)?;
            let event = Event {
                cancelled_at: Some(now),
                ..before.event.clone()
            };
            tell_all_anew(transaction, &before, event, parcels, now)?;
            let event = &before.event;
            Ok(note(
                transaction,
                &provider,
                "event.cancel",
                event,
                &actor,
                now,
            )?)
        })
    }
}

fn found(connection: &Connection, provider: &ProviderId, id: EventId) -> Result<Kept, EventError> {
    table::find(connection, provider, id)?.ok_or(EventError::NotFound)
}

/// The event, if it is not over and still says what whoever acts has seen.
fn live(
    connection: &Connection,
    provider: &ProviderId,
    id: EventId,
    version: u64,
    now: UnixTime,
) -> Result<Kept, EventError> {
    let kept = found(connection, provider, id)?;
    let is_live = matches!(
        kept.event.state(now),
        EventState::Scheduled | EventState::Active
    );
    if is_live && kept.event.version == version {
        Ok(kept)
    } else {
        Err(EventError::Moved)
    }
}

/// Writes the next version of an event, and of those that pass it on.
fn tell_all_anew(
    transaction: &Connection,
    before: &Kept,
    event: Event,
    parcels: Vec<ParcelId>,
    now: UnixTime,
) -> Result<(), EventError> {
    let mut parcels = parcels.into_iter();
    // One more was made than there are aggregators.
    let mut next = || parcels.next().ok_or(EventError::Moved);
    for (before, own) in aggregator::changed(transaction, &before.provider, &event, now)? {
        tell_anew(transaction, &before, own, next()?, now)?;
    }
    tell_anew(transaction, before, event, next()?, now)
}

/// Writes the next version of an event and withdraws the one before.
fn tell_anew(
    transaction: &Connection,
    before: &Kept,
    event: Event,
    parcel: ParcelId,
    now: UnixTime,
) -> Result<(), EventError> {
    let event = Event {
        version: before.event.version + 1,
        changed_at: now,
        addressing: Addressing::Waiting,
        ..event
    };
    mailbox::withdraw(transaction, &before.provider, before.parcel, now)?;
    let parcel = wire::post(transaction, &before.provider, &event, parcel, now)?;
    let version = before.event.version;
    if table::update(transaction, &before.provider, &event, parcel, version)? {
        Ok(())
    } else {
        Err(EventError::Moved)
    }
}

/// Whether everything that a draft names is this provider's, or acts for it. Returns the
/// programme.
fn check_references(
    connection: &Connection,
    provider: &ProviderId,
    draft: &EventDraft,
    aggregators: &[Aggregator],
) -> Result<Program, EventError> {
    let program =
        program::find(connection, provider, draft.program)?.ok_or(EventProblem::Program)?;
    for target in &draft.targets {
        let is_ours = match target {
            Target::All | Target::PostalCode { .. } => true,
            Target::Group { group } => group::find(connection, provider, *group)?.is_some(),
            Target::Aggregator { provider } => {
                aggregators.iter().any(|known| known.provider == *provider)
            }
            Target::Device { enrollment } => enrollments::find(connection, *enrollment)?
                .is_some_and(|found| found.provider == *provider && found.state.is_enrolled()),
        };
        if !is_ours {
            return Err(EventProblem::Targets.into());
        }
    }
    Ok(program)
}

fn note(
    transaction: &Connection,
    provider: &ProviderId,
    action: &'static str,
    event: &Event,
    actor: &Actor,
    at: UnixTime,
) -> Result<(), StoreError> {
    let draft = &event.draft;
    let amounts: Vec<_> = draft
        .signal
        .amounts
        .iter()
        .map(ToString::to_string)
        .collect();
    let entry = audit::Entry {
        provider,
        at,
        actor,
        action,
        result: "ok",
        enrollment: None,
        detail: serde_json::json!({
            "event": event.id,
            "version": event.version,
            "program": draft.program,
            "name": draft.name,
            "starts_at": draft.starts_at,
            "length": draft.length,
            "signal": draft.signal.kind,
            "amounts": amounts,
            "targets": draft.targets,
        }),
    };
    audit::append(transaction, &entry)
}
