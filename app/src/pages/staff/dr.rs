//! `/staff/dr`: demand response: the events, and the ways to what belongs to them.

pub mod event;
pub mod form;
pub mod groups;
pub mod plot;
pub mod programs;

use super::{
    frame::at_desk,
    parts::{EVENTS, StaffTime},
};
use crate::{
    PageTitle,
    api::ApiError,
    components::table::{Table, text},
    messages::staff::use_staff_messages,
    ssr::{blocking, page_path, staff::staff_actor},
};
use gridpass_provider::{
    EventError, EventProblem, EventRow, EventState, Permission, Signal, SignalKind, StaffSession,
};
use leptos::prelude::*;

/// The list of events.
#[component]
pub fn EventsPage() -> impl IntoView {
    at_desk(Permission::SeeEvents, content)
}

async fn content(staff: StaffSession) -> Result<AnyView, ApiError> {
    let (actor, may_run) = (
        staff_actor(&staff)?,
        staff.role.allows(Permission::RunEvents),
    );
    let (events, has_program) = blocking(move |gridpass| {
        let events = gridpass.dr_events(&staff, &actor)?;
        let programs = gridpass.dr_programs(&staff, &actor)?;
        Ok::<_, EventError>((events, !programs.is_empty()))
    })
    .await?;
    let messages = &use_staff_messages().dr;
    let new = may_run.then(|| {
        if has_program {
            view! {
                <p>
                    <a class="button" id="new" href="/staff/dr/new">
                        {messages.new}
                    </a>
                </p>
            }
            .into_any()
        } else {
            view! {
                <p class="notice notice-warning">
                    <a href="/staff/dr/programs">{messages.program_first}</a>
                </p>
            }
            .into_any()
        }
    });
    Ok(view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <p class="lead">{messages.lead}</p>
        <Ways />
        {new}
        <div id="events" class="stack" data-live=EVENTS>
            <List events />
        </div>
    }
    .into_any())
}

/// The ways among the pages of demand response.
#[component]
pub(super) fn Ways() -> impl IntoView {
    let messages = &use_staff_messages().dr;
    let here = page_path();
    let link = |(path, name): (&'static str, &'static str)| {
        let current = (here == path).then_some("page");
        view! {
            <a class="staff-link" href=path aria-current=current>
                {name}
            </a>
        }
    };
    let ways = [
        ("/staff/dr", messages.events),
        ("/staff/dr/programs", messages.programs.title),
        ("/staff/dr/groups", messages.groups.title),
    ];
    view! {
        <nav class="staff-navigation" aria-label=messages.ways>
            {ways.map(link).collect_view()}
        </nav>
    }
}

#[component]
fn List(events: Vec<EventRow>) -> impl IntoView {
    let messages = &use_staff_messages().dr;
    if events.is_empty() {
        return view! { <p class="hint">{messages.none}</p> }.into_any();
    }
    let row = |row: EventRow| {
        let EventRow {
            event,
            state,
            program,
        } = row;
        let asks = signal_words(&event.draft.signal);
        let name = view! {
            <a id=format!("event-{}", event.id) href=format!("/staff/dr/events/{}", event.id)>
                {event.draft.name}
            </a>
        };
        [
            name.into_any(),
            text(program),
            view! { <EventBadge state /> }.into_any(),
            view! { <StaffTime at=event.draft.starts_at /> }.into_any(),
            text((messages.minutes)(event.draft.length / 60)),
            text(asks),
        ]
    };
    let rows = events.into_iter().map(row).collect();
    view! { <Table named=messages.title columns=messages.columns rows /> }.into_any()
}

/// The state of an event as a badge.
#[component]
pub(super) fn EventBadge(
    /// The state.
    state: EventState,
) -> impl IntoView {
    let names = &use_staff_messages().dr.states;
    let (class, name) = match state {
        EventState::Scheduled => ("badge badge-waiting", names.scheduled),
        EventState::Active => ("badge badge-good", names.active),
        EventState::Ended => ("badge", names.ended),
        EventState::Cancelled => ("badge badge-bad", names.cancelled),
    };
    view! { <span class=class>{name}</span> }
}

/// What an event asks for, in words.
fn signal_words(signal: &Signal) -> String {
    let kinds = &use_staff_messages().dr.kinds;
    let amounts = amounts_text(signal);
    match signal.kind {
        SignalKind::Simple => (kinds.simple_of)(&amounts),
        SignalKind::Price => (kinds.price_of)(&amounts),
        SignalKind::Reduction => (kinds.reduction_of)(&amounts),
    }
}

/// The amounts as one types them.
fn amounts_text(signal: &Signal) -> String {
    let amounts: Vec<_> = signal.amounts.iter().map(ToString::to_string).collect();
    amounts.join("; ")
}

/// What of an event cannot be, in words.
fn problem_words(problem: EventProblem) -> &'static str {
    let words = &use_staff_messages().dr.problems;
    match problem {
        EventProblem::Name => words.name,
        EventProblem::Description => words.description,
        EventProblem::Program => words.program,
        EventProblem::Start => words.start,
        EventProblem::Length => words.length,
        EventProblem::RandomizeStart => words.randomize_start,
        EventProblem::Amounts => words.amounts,
        EventProblem::Priority => words.priority,
        EventProblem::Incentive => words.incentive,
        EventProblem::Targets => words.targets,
    }
}
