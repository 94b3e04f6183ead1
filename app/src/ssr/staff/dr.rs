//! What operators do about demand response.

use super::{enrollments::kept, staff_actor};
use crate::{
    api::{
        ApiError,
        staff::dr::{TypedEvent, TypedProgram},
    },
    ssr::{
        cookies,
        request::{blocking, redirect_form},
    },
};
use gridpass_protocol::openadr::Moment;
use gridpass_provider::{
    Actor, Amount, EnrollmentId, EventDraft, EventError, EventId, EventProblem, Gridpass, GroupId,
    ProgramDraft, Signal, StaffSession, Target,
};
use uuid::Uuid;

/// The names under which forms find what was typed into them.
pub const EVENT: &str = "event";
/// See [`EVENT`].
pub const CHANGE: &str = "event-change";
/// See [`EVENT`].
pub const PROGRAM: &str = "program";
/// See [`EVENT`].
pub const GROUP: &str = "group";
/// See [`EVENT`].
pub const MEMBER: &str = "group-member";

/// Counts whom an event would reach; the form, which gets everything back that was typed, shows
/// it.
///
/// # Errors
/// `forbidden`; `invalid` if it can be no event.
pub async fn check(staff: StaffSession, typed: TypedEvent) -> Result<(), ApiError> {
    cookies::keep_typed(EVENT, &typed);
    let actor = staff_actor(&staff)?;
    blocking(move |gridpass| count(gridpass, &staff, &typed, &actor)).await?;
    redirect_form("/staff/dr/new");
    Ok(())
}

/// Makes an event. If it is meant for others than were counted, they are counted first.
///
/// # Errors
/// `forbidden`; `invalid` if it can be no event.
pub async fn make(staff: StaffSession, typed: TypedEvent, counted: String) -> Result<(), ApiError> {
    if typed.whom() != counted {
        return check(staff, typed).await;
    }
    let (actor, wanted) = (staff_actor(&staff)?, typed.clone());
    let made = blocking(move |gridpass| {
        let draft = read(gridpass, &staff, &wanted, &actor)?;
        gridpass.make_dr_event(&staff, draft, actor)
    })
    .await;
    let id = kept(EVENT, &typed, made)?;
    cookies::forget_typed(EVENT);
    redirect_form(&format!("/staff/dr/events/{id}?done=made"));
    Ok(())
}

/// Changes an event.
///
/// # Errors
/// `forbidden`; `not-found`; `conflict` if it was changed meanwhile or is over; `invalid`.
pub async fn change(
    staff: StaffSession,
    id: Uuid,
    version: u64,
    typed: TypedEvent,
) -> Result<(), ApiError> {
    let (actor, wanted) = (staff_actor(&staff)?, typed.clone());
    let event = EventId::from_uuid(id);
    let changed = blocking(move |gridpass| {
        let draft = read_changed(&wanted)?;
        gridpass.change_dr_event(&staff, event, version, draft, actor)
    })
    .await;
    kept(CHANGE, &typed, changed)?;
    redirect_form(&format!("/staff/dr/events/{id}?done=changed"));
    Ok(())
}

/// Calls an event off.
///
/// # Errors
/// `forbidden`; `not-found`; `conflict` if it was changed meanwhile or is over.
pub async fn cancel(staff: StaffSession, id: Uuid, version: u64) -> Result<(), ApiError> {
    let actor = staff_actor(&staff)?;
    let event = EventId::from_uuid(id);
    blocking(move |gridpass| gridpass.cancel_dr_event(&staff, event, version, actor)).await?;
    redirect_form(&format!("/staff/dr/events/{id}?done=cancelled"));
    Ok(())
}

/// Makes a programme.
///
/// # Errors
/// `forbidden`; `invalid`; `conflict` if its name is taken.
pub async fn make_program(staff: StaffSession, typed: TypedProgram) -> Result<(), ApiError> {
    let actor = staff_actor(&staff)?;
    let draft = ProgramDraft {
        name: typed.name.trim().to_owned(),
        description: typed.description.trim().to_owned(),
    };
    let made = blocking(move |gridpass| gridpass.make_dr_program(&staff, draft, actor)).await;
    kept(PROGRAM, &typed, made)?;
    redirect_form("/staff/dr/programs?done=made");
    Ok(())
}

/// Makes a group.
///
/// # Errors
/// `forbidden`; `invalid`; `conflict` if its name is taken.
pub async fn make_group(staff: StaffSession, name: String) -> Result<(), ApiError> {
    let (actor, typed) = (staff_actor(&staff)?, name.clone());
    let made = blocking(move |gridpass| gridpass.make_dr_group(&staff, &name, actor)).await;
    let id = kept(GROUP, &typed, made)?;
    redirect_form(&format!("/staff/dr/groups/{id}?done=made"));
    Ok(())
}

/// Puts a device into a group.
///
/// # Errors
/// `forbidden`; `not-found` if there is no such group or connected device.
pub async fn add_to_group(staff: StaffSession, id: Uuid, device: String) -> Result<(), ApiError> {
    let (actor, group) = (staff_actor(&staff)?, GroupId::from_uuid(id));
    let typed = device.clone();
    let added =
        blocking(move |gridpass| gridpass.add_to_dr_group(&staff, group, &device, actor)).await;
    kept(MEMBER, &typed, added)?;
    redirect_form(&format!("/staff/dr/groups/{id}?done=added"));
    Ok(())
}

/// Takes a device out of a group.
///
/// # Errors
/// `forbidden`; `not-found` if it is not in it.
pub async fn remove_from_group(
    staff: StaffSession,
    id: Uuid,
    enrollment: Uuid,
) -> Result<(), ApiError> {
    let (actor, group) = (staff_actor(&staff)?, GroupId::from_uuid(id));
    let device = EnrollmentId::from_uuid(enrollment);
    blocking(move |gridpass| gridpass.remove_from_dr_group(&staff, group, device, actor)).await?;
    redirect_form(&format!("/staff/dr/groups/{id}?done=removed"));
    Ok(())
}

/// How many devices what was typed would reach.
///
/// # Errors
/// See [`EventError`].
pub fn count(
    gridpass: &Gridpass,
    staff: &StaffSession,
    typed: &TypedEvent,
    actor: &Actor,
) -> Result<u64, EventError> {
    let draft = read(gridpass, staff, typed, actor)?;
    gridpass.check_dr_event(staff, &draft, actor)
}

/// What was typed, as an event.
fn read(
    gridpass: &Gridpass,
    staff: &StaffSession,
    typed: &TypedEvent,
    actor: &Actor,
) -> Result<EventDraft, EventError> {
    let mut draft = read_changed(typed)?;
    let nobody = EventProblem::Targets;
    draft.targets = match typed.reach.as_str() {
        "all" => vec![Target::All],
        "group" => vec![Target::Group {
            group: typed.group.parse().map_err(|_| nobody)?,
        }],
        "postal-code" => pieces(&typed.postal_codes)
            .map(|code| code.parse().map(|code| Target::PostalCode { code }))
            .collect::<Result<_, _>>()
            .map_err(|_| nobody)?,
        "device" => vec![Target::Device {
            enrollment: gridpass
                .find_enrolled(staff, &typed.device, actor)?
                .ok_or(nobody)?,
        }],
        "aggregator" => vec![Target::Aggregator {
            provider: typed.aggregator.parse().map_err(|_| nobody)?,
        }],
        _ => return Err(nobody.into()),
    };
    Ok(draft)
}

/// What was typed, as an event whose targets are known: here they stand for any.
///
/// # Errors
/// The first thing that cannot be read.
pub fn read_changed(typed: &TypedEvent) -> Result<EventDraft, EventProblem> {
    let number = |text: &str| {
        let text = text.trim();
        if text.is_empty() {
            Some(0)
        } else {
            text.parse().ok()
        }
    };
    let minutes = |text: &str| number(text).filter(|minutes: &u64| *minutes <= 1440);
    let starts_at = match Moment::parse(&format!("{}:00Z", typed.start.trim())) {
        Some(Moment::At(time)) => time,
        _ => return Err(EventProblem::Start),
    };
    let amounts: Vec<Amount> = pieces(&typed.amounts)
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| EventProblem::Amounts)?;
    let (priority, incentive) = (typed.priority.trim(), typed.incentive.trim());
    Ok(EventDraft {
        program: typed.program.parse().map_err(|_| EventProblem::Program)?,
        name: typed.name.trim().to_owned(),
        starts_at,
        length: 60 * minutes(&typed.minutes).ok_or(EventProblem::Length)?,
        randomize_start: 60 * minutes(&typed.randomize).ok_or(EventProblem::RandomizeStart)?,
        signal: Signal {
            kind: typed.kind.parse().map_err(|_| EventProblem::Amounts)?,
            amounts,
        },
        priority: if priority.is_empty() {
            None
        } else {
            Some(priority.parse().map_err(|_| EventProblem::Priority)?)
        },
        incentive: (!incentive.is_empty()).then(|| incentive.to_owned()),
        targets: vec![Target::All],
    })
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split(';')
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridpass_protocol::UnixTime;

    fn typed() -> TypedEvent {
        TypedEvent {
            program: "01985dd0-0000-7000-8000-000000000001".into(),
            name: " Evening peak ".into(),
            start: "2027-01-01T17:30".into(),
            minutes: "90".into(),
            kind: "reduction".into(),
            amounts: "1,5; 2 ;0.5".into(),
            ..TypedEvent::default()
        }
    }

    #[test]
    fn what_is_typed_is_read_as_it_is_meant() {
        let draft = read_changed(&typed()).unwrap();
        assert_eq!(draft.name, "Evening peak");
        assert_eq!(draft.starts_at, UnixTime(1_798_824_600));
        assert_eq!((draft.length, draft.randomize_start), (5400, 0));
        let amounts: Vec<_> = draft
            .signal
            .amounts
            .iter()
            .map(|a| a.thousandths())
            .collect();
        assert_eq!(amounts, [1500, 2000, 500]);
        assert_eq!((draft.priority, draft.incentive), (None, None));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let problem = |change: fn(&mut TypedEvent)| {
            let mut typed = typed();
            change(&mut typed);
            read_changed(&typed).unwrap_err()
        };
        assert_eq!(
            problem(|t| t.start = "tomorrow".into()),
            EventProblem::Start
        );
        assert_eq!(problem(|t| t.minutes = "-1".into()), EventProblem::Length);
        assert_eq!(
            problem(|t| t.amounts = "much".into()),
            EventProblem::Amounts
        );
        assert_eq!(
            problem(|t| t.priority = "high".into()),
            EventProblem::Priority
        );
        assert_eq!(
            problem(|t| t.program = String::new()),
            EventProblem::Program
        );
    }
}
