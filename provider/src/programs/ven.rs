//! What a device sees and says as an OpenADR VEN.
//!
//! The VEN is the enrollment: it is there from the enrollment on and cannot be made or removed
//! otherwise. It sees the programmes of its provider, the events that it was told of, and its own
//! reports, and nothing else.

use gridpass_protocol::{UnixTime, openadr};
use serde_json::Value;

use super::{
    Event, HearingError, Program, Report, Target, group, program,
    report::{self, ReportQuery, Sound},
    table,
    target::{device_word, group_word, postal_code_word},
    wire,
};
use crate::{
    Gridpass,
    config::is_shown_text,
    id::{EnrollmentId, EventId, ProgramId, ProviderId, ReportId},
    random::Random,
    store::{Connection, RowReader, StoreError, params, seconds, sql},
};

/// Events of a device that a query looks through.
const LOOKED_THROUGH: u32 = 2000;
/// The longest attributes of a VEN, as JSON, in bytes.
const MAX_ATTRIBUTES: usize = 16 * 1024;

/// A VEN.
#[derive(Clone, Debug, PartialEq)]
pub struct Ven {
    /// Its id: the enrollment's.
    pub id: EnrollmentId,
    /// What it calls itself; at first its id.
    pub name: String,
    /// The targets that reach it, beside those of everybody.
    pub targets: Vec<String>,
    /// What it says of itself: a list of valuesMap.
    pub attributes: Value,
    /// When it was enrolled.
    pub made_at: UnixTime,
    /// When it last said something of itself.
    pub changed_at: UnixTime,
}

/// What a VEN says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct VenDraft {
    /// What it calls itself, 1 to 128 printable characters.
    pub name: String,
    /// A list of valuesMap; at most 16 KiB.
    pub attributes: Value,
}

/// Whether a VEN describes itself for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VenPlace {
    /// Only if it has not described itself before.
    First,
    /// Whatever it said before.
    Again,
}

/// What became of a VEN's description of itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Described {
    /// It is kept.
    Kept(Ven),
    /// It has described itself before.
    Before,
    /// The name or the attributes cannot be kept.
    Unfit,
}

/// Which events a VEN asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Of this programme only.
    pub program: Option<ProgramId>,
    /// Those alone that go on or are to come, or those that do not.
    pub active: Option<Currency>,
    /// Those alone with one of these targets, if there are any.
    pub targets: Vec<String>,
    /// How many to pass over.
    pub skip: usize,
    /// At most so many.
    pub limit: usize,
}

/// Whether an event still matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Currency {
    /// It goes on or is to come.
    Current,
    /// It is over.
    Over,
}

impl Gridpass {
    /// The programmes of a device's provider.
    ///
    /// # Errors
    /// The database failed.
    pub fn ven_programs(&self, provider: &ProviderId) -> Result<Vec<Program>, StoreError> {
        self.store
            .read(|connection| program::all(connection, provider))
    }

    /// One of them.
    ///
    /// # Errors
    /// The database failed.
    pub fn ven_program(
        &self,
        provider: &ProviderId,
        id: ProgramId,
    ) -> Result<Option<Program>, StoreError> {
        self.store
            .read(|connection| program::find(connection, provider, id))
    }

    /// The events that a device was told of and that were not cancelled, the most important first
    /// and among equals the one that begins first.
    ///
    /// # Errors
    /// The database failed.
    pub fn ven_events(
        &self,
        provider: &ProviderId,
        device: EnrollmentId,
        query: &EventQuery,
    ) -> Result<Vec<openadr::Event>, StoreError> {
        let now = self.clock_now();
        let (mut events, programs) = self.store.read(|connection| {
            let events = events_of(connection, provider, device)?;
            Ok::<_, StoreError>((events, program::all(connection, provider)?))
        })?;
        events.retain(|event| query.wants(event, now));
        events.sort_by_key(|event| {
            let draft = &event.draft;
            (
                draft.priority.unwrap_or(u32::MAX),
                draft.starts_at,
                event.id,
            )
        });
        Ok(events
            .iter()
            .skip(query.skip)
            .take(query.limit)
            .map(|event| {
                let mut of = programs.iter().filter(|p| p.id == event.draft.program);
                wire::object(event, of.next().map_or("", |program| &program.name))
            })
            .collect())
    }

    /// One of them, also after its end.
    ///
    /// # Errors
    /// The database failed.
    pub fn ven_event(
        &self,
        provider: &ProviderId,
        device: EnrollmentId,
        id: EventId,
    ) -> Result<Option<openadr::Event>, StoreError> {
        self.store.read(|connection| {
            if !report::is_recipient(connection, provider, device, id)? {
                return Ok(None);
            }
            let kept = table::find(connection, provider, id)?;
            let event = kept.map(|kept| kept.event);
            let Some(event) = event.filter(|event| event.cancelled_at.is_none()) else {
                return Ok(None);
            };
            let program = program::find(connection, provider, event.draft.program)?;
            let name = program.map(|program| program.name).unwrap_or_default();
            Ok(Some(wire::object(&event, &name)))
        })
    }

    /// The reports of a device, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn ven_reports(
        &self,
        provider: &ProviderId,
        device: EnrollmentId,
        query: &ReportQuery,
    ) -> Result<Vec<Report>, StoreError> {
        self.store
            .read(|connection| report::of_device(connection, provider, device, query))
    }

    /// One of them.
    ///
    /// # Errors
    /// The database failed.
    pub fn ven_report(
        &self,
        provider: &ProviderId,
        device: EnrollmentId,
        id: ReportId,
    ) -> Result<Option<Report>, StoreError> {
        self.store
            .read(|connection| report::find(connection, provider, device, id))
    }

    /// Keeps a report of a device: a new one, or in the place of the one with this id.
    ///
    /// # Errors
    /// See [`HearingError`].
    pub fn keep_ven_report(
        &self,
        provider: &ProviderId,
        device: EnrollmentId,
        place: Option<ReportId>,
        body: &Value,
    ) -> Result<Report, HearingError> {
        let sound = Sound::read(body)?;
        let (provider, now) = (provider.clone(), self.clock_now());
        let fresh = ReportId::make(now, &Random(&*self.random));
        self.store.write(move |transaction| {
            let id = match place {
                None => {
                    report::insert(transaction, &provider, device, fresh, &sound, now)?;
                    fresh
                }
                Some(id) => {
                    report::replace(transaction, &provider, device, id, &sound, now)?;
                    id
                }
            };
            report::find(transaction, &provider, device, id)?.ok_or(HearingError::UnknownReport)
        })
    }

    /// What a device is as a VEN.
    ///
    /// # Errors
    /// The database failed.
    pub fn ven(
        &self,
        provider: &ProviderId,
        device: EnrollmentId,
    ) -> Result<Option<Ven>, StoreError> {
        self.store
            .read(|connection| ven(connection, provider, device))
    }

    /// Keeps what a device says of itself.
    ///
    /// # Errors
    /// The database failed.
    pub fn describe_ven(
        &self,
        provider: &ProviderId,
        device: EnrollmentId,
        place: VenPlace,
        draft: VenDraft,
    ) -> Result<Described, StoreError> {
        let attributes = draft.attributes.to_string();
        if !is_shown_text(&draft.name, 128) || attributes.len() > MAX_ATTRIBUTES {
            return Ok(Described::Unfit);
        }
        let (provider, now) = (provider.clone(), self.clock_now());
        self.store.write(move |transaction| {
            let written = transaction
                .prepare_cached(match place {
                    VenPlace::First => sql!(
                        "INSERT INTO dr_vens
                             (provider_id, enrollment_id, name, attributes, changed_at)
                         VALUES ($1, $2, $3, $4, $5)
                         ON CONFLICT (provider_id, enrollment_id) DO NOTHING"
                    ),
                    VenPlace::Again => sql!(
                        "INSERT INTO dr_vens
                             (provider_id, enrollment_id, name, attributes, changed_at)
                         VALUES ($1, $2, $3, $4, $5)
                         ON CONFLICT (provider_id, enrollment_id) DO UPDATE SET
                             name = excluded.name, attributes = excluded.attributes,
                             changed_at = excluded.changed_at"
                    ),
                })?
                .execute(params![
                    provider.as_str(),
                    device.as_bytes(),
                    draft.name,
                    attributes,
                    seconds(now)
                ])?;
            Ok(match ven(transaction, &provider, device)? {
                Some(ven) if written == 1 => Described::Kept(ven),
                _ => Described::Before,
            })
        })
    }
}

impl EventQuery {
    fn wants(&self, event: &Event, now: UnixTime) -> bool {
        let currency = if event.ends_at > now {
            Currency::Current
        } else {
            Currency::Over
        };
        let is_targeted = || {
            let mut words = event.draft.targets.iter().filter_map(Target::word);
            words.any(|word| self.targets.contains(&word))
        };
        event.cancelled_at.is_none()
            && self
                .program
                .is_none_or(|wanted| event.draft.program == wanted)
            && self.active.is_none_or(|wanted| wanted == currency)
            && (self.targets.is_empty() || is_targeted())
    }
}

/// The events that a device was told of, those that begin last first.
fn events_of(
    connection: &Connection,
    provider: &ProviderId,
    device: EnrollmentId,
) -> Result<Vec<Event>, StoreError> {
    let mut statement = connection.prepare_cached(table::select!(
        "JOIN dr_recipients r ON r.provider_id = e.provider_id AND r.event_id = e.id
         WHERE r.provider_id = $1 AND r.enrollment_id = $2
         ORDER BY e.starts_at DESC, e.id DESC LIMIT $3"
    ))?;
    let mut rows = statement.query(params![
        provider.as_str(),
        device.as_bytes(),
        LOOKED_THROUGH
    ])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(table::read(row)?.event);
    }
    Ok(events)
}

fn ven(
    connection: &Connection,
    provider: &ProviderId,
    device: EnrollmentId,
) -> Result<Option<Ven>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT e.id, e.issued_at, a.postal_code, v.name, v.attributes, v.changed_at
         FROM enrollments e
         JOIN accounts a ON a.provider_id = e.provider_id AND a.id = e.account_id
         LEFT JOIN dr_vens v ON v.provider_id = e.provider_id AND v.enrollment_id = e.id
         WHERE e.provider_id = $1 AND e.id = $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), device.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "enrollments");
    let id = EnrollmentId::from_bytes(row.bytes("id")?);
    let made_at = row.time("issued_at")?;
    let postal_code: Option<String> = row.value("postal_code")?;
    let name: Option<String> = row.value("name")?;
    let attributes = row.parsed("attributes", |text: Option<String>| {
        text.map_or(Some(Value::Array(Vec::new())), |text| {
            serde_json::from_str(&text).ok()
        })
    })?;
    let changed_at = row.optional_time("changed_at")?.unwrap_or(made_at);
    let mut targets = vec![device_word(id)];
    targets.extend(postal_code.as_deref().map(postal_code_word));
    let groups = group::of_device(connection, provider, device)?;
    targets.extend(groups.into_iter().map(group_word));
    Ok(Some(Ven {
        id,
        name: name.unwrap_or_else(|| id.to_string()),
        targets,
        attributes,
        made_at,
        changed_at,
    }))
}
