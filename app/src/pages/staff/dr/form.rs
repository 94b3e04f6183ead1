//! `/staff/dr/new` and `/staff/dr/events/:id/change`: the form of an event. A new one is counted
//! before it is sent.

use super::{Ways, amounts_text, problem_words};
use crate::{
    PageTitle,
    api::{
        ApiError,
        staff::dr::{StaffChangeEvent, StaffCheckEvent, StaffMakeEvent, TypedEvent},
    },
    messages::staff::use_staff_messages,
    pages::staff::{
        form::{Refusal, refusal_of, typed_before},
        frame::at_desk,
        parts::choice,
    },
    ssr::{
        blocking, refuse,
        staff::{
            dr::{CHANGE, EVENT, count, read_changed},
            staff_actor,
        },
    },
};
use gridpass_protocol::{openadr::rfc3339, problem::ProblemName, time::UnixTime};
use gridpass_provider::{
    Aggregator, Event, EventError, EventId, EventProblem, Group, Permission, Program, SignalKind,
    StaffSession,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;

/// The form of a new event.
#[component]
pub fn NewEventPage() -> impl IntoView {
    at_desk(Permission::RunEvents, new_event)
}

async fn new_event(staff: StaffSession) -> Result<AnyView, ApiError> {
    let actor = staff_actor(&staff)?;
    let typed: Option<TypedEvent> = crate::ssr::cookies::take_kept(EVENT);
    let asked = typed.clone();
    let (now, programs, whom, outcome) = blocking(move |gridpass| {
        let programs = gridpass.dr_programs(&staff, &actor)?;
        let whom = Whom {
            groups: gridpass.dr_groups(&staff, &actor)?,
            aggregators: gridpass.aggregators(&staff, &actor)?,
        };
        let outcome = match asked.map(|typed| count(gridpass, &staff, &typed, &actor)) {
            None => Outcome::Fresh,
            Some(Ok(devices)) => Outcome::Counted(devices),
            Some(Err(EventError::Invalid(problem))) => Outcome::Problem(problem),
            Some(Err(error)) => return Err(error),
        };
        Ok::<_, EventError>((gridpass.clock_now(), programs, whom, outcome))
    })
    .await?;
    let typed = typed.unwrap_or_else(|| TypedEvent {
        start: typed_time(now.plus(60 * 60)),
        minutes: "60".to_owned(),
        kind: SignalKind::Simple.as_str().to_owned(),
        amounts: "1".to_owned(),
        randomize: "0".to_owned(),
        reach: "all".to_owned(),
        ..TypedEvent::default()
    });
    Ok(view! { <NewEvent typed programs whom outcome /> }.into_any())
}

/// Who may be meant.
struct Whom {
    groups: Vec<Group>,
    aggregators: Vec<Aggregator>,
}

/// What came of what was typed before.
#[derive(Clone, Copy)]
enum Outcome {
    Fresh,
    Counted(u64),
    Problem(EventProblem),
}

#[component]
fn NewEvent(
    typed: TypedEvent,
    programs: Vec<Program>,
    whom: Whom,
    outcome: Outcome,
) -> impl IntoView {
    let all = &use_staff_messages().dr;
    let messages = &all.form;
    let refusal = refusal_of::<StaffMakeEvent>().or_else(refusal_of::<StaffCheckEvent>);
    let notice = match outcome {
        Outcome::Fresh => view! { <Refusal error=refusal /> }.into_any(),
        Outcome::Problem(problem) => view! { <Problem problem /> }.into_any(),
        Outcome::Counted(devices) => {
            let words = match devices {
                0 => messages.reaches_nobody.to_owned(),
                devices => (messages.reaches)(devices),
            };
            view! {
                <p class="notice notice-good" role="status" id="reaches">
                    {words}
                </p>
            }
            .into_any()
        }
    };
    let send = match outcome {
        Outcome::Counted(devices) => {
            let words = match devices {
                0 => messages.send_nobody.to_owned(),
                devices => (messages.send)(devices),
            };
            Some(view! {
                <button class="button" type="submit" id="send">
                    {words}
                </button>
            })
        }
        _ => None,
    };
    let class = match outcome {
        Outcome::Counted(_) => "button button-quiet",
        _ => "button",
    };
    let counted = typed.whom();
    view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <p class="lead">{messages.lead}</p>
        <Ways />
        {notice}
        <section class="card" aria-label=messages.title>
            <form class="form" method="post" action=StaffMakeEvent::url()>
                <input type="hidden" name="counted" value=counted />
                <Fields typed=typed.clone() programs />
                <Reach typed whom />
                <div class="button-row">
                    {send}
                    <button class=class type="submit" id="check" formaction=StaffCheckEvent::url()>
                        {messages.check}
                    </button>
                </div>
            </form>
        </section>
    }
}

/// The form that changes an event.
#[component]
pub fn ChangeEventPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id"));
    at_desk(Permission::RunEvents, move |staff| change_event(staff, id))
}

async fn change_event(staff: StaffSession, id: Option<String>) -> Result<AnyView, ApiError> {
    let id: EventId = id
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| refuse(ProblemName::NotFound.into()))?;
    let actor = staff_actor(&staff)?;
    let (event, programs) = blocking(move |gridpass| {
        let page = gridpass.dr_event(&staff, id, &actor)?;
        let programs = gridpass.dr_programs(&staff, &actor)?;
        Ok::<_, EventError>((page.event, programs))
    })
    .await?;
    Ok(view! { <ChangeEvent event programs /> }.into_any())
}

#[component]
fn ChangeEvent(event: Event, programs: Vec<Program>) -> impl IntoView {
    let all = &use_staff_messages().dr;
    let messages = &all.form;
    let refusal = refusal_of::<StaffChangeEvent>();
    let typed: Option<TypedEvent> = refusal.as_ref().map(|_| typed_before(CHANGE));
    // What cannot be read is named; what only the provider's side can judge has its own words.
    let problem = typed.as_ref().and_then(|typed| read_changed(typed).err());
    let notice = match problem {
        Some(problem) => view! { <Problem problem /> }.into_any(),
        None => view! { <Refusal error=refusal words=change_refused /> }.into_any(),
    };
    let typed = typed.unwrap_or_else(|| as_typed(&event));
    let back = format!("/staff/dr/events/{}", event.id);
    view! {
        <PageTitle text=messages.change_title />
        <p class="back">
            <a href=back>{event.draft.name.clone()}</a>
        </p>
        <h1>{messages.change_title}</h1>
        <p class="lead">{messages.change_lead}</p>
        {notice}
        <section class="card" aria-label=messages.change_title>
            <form class="form" method="post" action=StaffChangeEvent::url()>
                <input type="hidden" name="id" value=event.id.to_string() />
                <input type="hidden" name="version" value=event.version.to_string() />
                <Fields typed programs />
                <p class="hint">{messages.targets_stay}</p>
                <button class="button" type="submit" id="change">
                    {messages.change}
                </button>
            </form>
        </section>
    }
}

fn change_refused(error: &ApiError) -> Option<&'static str> {
    let messages = &use_staff_messages().dr;
    match error.name()? {
        ProblemName::Conflict => Some(messages.event.moved),
        ProblemName::Invalid => Some(messages.problems.start),
        _ => None,
    }
}

#[component]
fn Problem(problem: EventProblem) -> impl IntoView {
    view! {
        <p class="notice notice-problem" role="alert">
            {problem_words(problem)}
        </p>
    }
}

/// An event as one would type it.
fn as_typed(event: &Event) -> TypedEvent {
    let draft = &event.draft;
    TypedEvent {
        program: draft.program.to_string(),
        name: draft.name.clone(),
        start: typed_time(draft.starts_at),
        minutes: (draft.length / 60).to_string(),
        kind: draft.signal.kind.as_str().to_owned(),
        amounts: amounts_text(&draft.signal),
        randomize: (draft.randomize_start / 60).to_string(),
        priority: draft.priority.map(|p| p.to_string()).unwrap_or_default(),
        incentive: draft.incentive.clone().unwrap_or_default(),
        ..TypedEvent::default()
    }
}

/// As `<input type="datetime-local">` wants it, in whole minutes.
fn typed_time(at: UnixTime) -> String {
    rfc3339(at).chars().take("2027-01-01T00:00".len()).collect()
}

/// What an input takes besides its name and value.
#[derive(Clone, Copy)]
enum Kind {
    Text(u16),
    Required(u16),
    Time,
    Minutes(u16, u16),
    Priority,
}

/// One labelled input of the event.
fn input(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    kind: Kind,
) -> impl IntoView + use<> {
    let (form_name, hint_id) = (format!("event[{name}]"), format!("{name}-hint"));
    let (kind, required, longest, least, most) = match kind {
        Kind::Text(longest) => ("text", false, Some(longest), None, None),
        Kind::Required(longest) => ("text", true, Some(longest), None, None),
        Kind::Time => ("datetime-local", true, None, None, None),
        Kind::Minutes(least, most) => ("number", true, None, Some(least), Some(most)),
        Kind::Priority => ("number", false, None, Some(0), Some(100)),
    };
    let described_by = (!hint.is_empty()).then(|| hint_id.clone());
    view! {
        <div class="field">
            <label for=name>
                {label}
                {(!required)
                    .then(|| {
                        view! {
                            <span class="optional">
                                " ("{crate::messages::use_messages().common.optional}")"
                            </span>
                        }
                    })}
            </label>
            {(!hint.is_empty())
                .then(|| {
                    view! {
                        <p class="hint" id=hint_id>
                            {hint}
                        </p>
                    }
                })}
            <input
                type=kind
                id=name
                name=form_name
                value=value
                required=required
                maxlength=longest.map(|longest| longest.to_string())
                min=least.map(|least| least.to_string())
                max=most.map(|most| most.to_string())
                autocomplete="off"
                aria-describedby=described_by
            />
        </div>
    }
}

/// What an event is and asks for.
#[component]
fn Fields(typed: TypedEvent, programs: Vec<Program>) -> impl IntoView {
    let all = &use_staff_messages().dr;
    let messages = &all.form;
    let program = |program: Program| {
        let id = program.id.to_string();
        view! {
            <option value=id.clone() selected=id == typed.program>
                {program.name}
            </option>
        }
    };
    let kinds = [
        (SignalKind::Simple, all.kinds.simple),
        (SignalKind::Reduction, all.kinds.reduction),
        (SignalKind::Price, all.kinds.price),
    ];
    let kind =
        |(kind, words): (SignalKind, &'static str)| choice(kind.as_str(), words, &typed.kind);
    view! {
        <div class="field">
            <label for="program">{messages.program}</label>
            <select id="program" name="event[program]">
                {programs.into_iter().map(program).collect_view()}
            </select>
        </div>
        {input("name", messages.name, messages.name_hint, typed.name.clone(), Kind::Required(64))}
        {input("start", messages.start, messages.start_hint, typed.start.clone(), Kind::Time)}
        {input(
            "minutes",
            messages.minutes,
            messages.minutes_hint,
            typed.minutes.clone(),
            Kind::Minutes(1, 1440),
        )}
        <div class="field">
            <label for="kind">{messages.kind}</label>
            <select id="kind" name="event[kind]">
                {kinds.map(kind).collect_view()}
            </select>
        </div>
        {input(
            "amounts",
            messages.amounts,
            messages.amounts_hint,
            typed.amounts.clone(),
            Kind::Required(200),
        )}
        {input(
            "randomize",
            messages.randomize,
            messages.randomize_hint,
            typed.randomize.clone(),
            Kind::Minutes(0, 60),
        )}
        {input(
            "priority",
            messages.priority,
            messages.priority_hint,
            typed.priority.clone(),
            Kind::Priority,
        )}
        {input(
            "incentive",
            messages.incentive,
            messages.incentive_hint,
            typed.incentive.clone(),
            Kind::Text(200),
        )}
    }
}

/// Whom an event is meant for.
#[component]
fn Reach(typed: TypedEvent, whom: Whom) -> impl IntoView {
    let messages = &use_staff_messages().dr.form;
    let Whom {
        groups,
        aggregators,
    } = whom;
    let no_groups = groups.is_empty();
    let group = |group: Group| {
        let id = group.id.to_string();
        view! {
            <option value=id.clone() selected=id == typed.group>
                {format!("{} ({})", group.name, group.members)}
            </option>
        }
    };
    let radio = |value: &'static str, words: &'static str| {
        let id = format!("reach-{value}");
        view! {
            <div class="choice">
                <input
                    type="radio"
                    name="event[reach]"
                    id=id.clone()
                    value=value
                    checked=typed.reach == value
                />
                <label for=id>{words}</label>
            </div>
        }
    };
    let aggregator = |aggregator: Aggregator| {
        let id = aggregator.provider.to_string();
        view! {
            <option value=id.clone() selected=id == typed.aggregator>
                {aggregator.name}
            </option>
        }
    };
    let has_aggregators = !aggregators.is_empty();
    let aggregators = has_aggregators.then(|| {
        view! {
            {radio("aggregator", messages.aggregator)}
            <div class="field">
                <select id="aggregator" name="event[aggregator]" aria-label=messages.aggregator>
                    {aggregators.into_iter().map(aggregator).collect_view()}
                </select>
            </div>
        }
    });
    view! {
        <fieldset class="choices">
            <legend>{messages.reach}</legend>
            {radio("all", messages.all)}
            {radio("group", messages.group)}
            <div class="field">
                <select id="group" name="event[group]" aria-label=messages.group>
                    {no_groups.then(|| view! { <option value="">{messages.no_group}</option> })}
                    {groups.into_iter().map(group).collect_view()}
                </select>
            </div>
            {radio("postal-code", messages.postal_codes)}
            {input(
                "postal_codes",
                messages.postal_codes,
                messages.postal_codes_hint,
                typed.postal_codes.clone(),
                Kind::Text(500),
            )}
            {radio("device", messages.device)}
            {input(
                "device",
                messages.device,
                messages.device_hint,
                typed.device.clone(),
                Kind::Text(128),
            )}
            {aggregators}
        </fieldset>
    }
}
