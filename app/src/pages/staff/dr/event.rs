//! `/staff/dr/events/:id`: one event: what was asked, how far the devices are, what they report.

use super::{EventBadge, Ways, plot::Plot, signal_words};
use crate::{
    PageTitle,
    api::{ApiError, staff::dr::StaffCancelEvent},
    components::table::{Holds, Named, Table, text},
    messages::staff::use_staff_messages,
    pages::staff::{
        form::{Refusal, refusal_of},
        frame::at_desk,
        parts::{EVENTS, StaffTime},
    },
    ssr::{blocking, refuse, staff::staff_actor},
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{
    Addressing, Event, EventCounts, EventError, EventId, EventPage as Page, EventState, Group,
    PassedOn, Permission, StaffSession, Target,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::{use_params_map, use_query_map};

/// One event.
#[component]
pub fn EventPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id"));
    let done = use_query_map().with_untracked(|query| query.get("done"));
    at_desk(Permission::SeeEvents, move |staff| content(staff, id, done))
}

async fn content(
    staff: StaffSession,
    id: Option<String>,
    done: Option<String>,
) -> Result<AnyView, ApiError> {
    let id: EventId = id
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| refuse(ProblemName::NotFound.into()))?;
    let (actor, may_run) = (
        staff_actor(&staff)?,
        staff.role.allows(Permission::RunEvents),
    );
    let (page, groups) = blocking(move |gridpass| {
        let page = gridpass.dr_event(&staff, id, &actor)?;
        let groups = gridpass.dr_groups(&staff, &actor)?;
        Ok::<_, EventError>((page, groups))
    })
    .await?;
    let messages = &use_staff_messages().dr.event;
    let done = match done.as_deref() {
        Some("made") => Some(messages.made),
        Some("changed") => Some(messages.changed),
        Some("cancelled") => Some(messages.cancelled),
        _ => None,
    };
    let error = refusal_of::<StaffCancelEvent>();
    let may_act = may_run && matches!(page.state, EventState::Scheduled | EventState::Active);
    let actions = may_act.then(|| view! { <Actions event=page.event.clone() /> });
    Ok(view! {
        <PageTitle text=page.event.draft.name.clone() />
        <Ways />
        {done
            .map(|done| {
                view! {
                    <p class="notice notice-good" role="status">
                        {done}
                    </p>
                }
            })}
        <Refusal error words=refusal_words />
        <div id="event" class="stack" data-live=EVENTS>
            <Stand page groups />
        </div>
        {actions}
    }
    .into_any())
}

fn refusal_words(error: &ApiError) -> Option<&'static str> {
    (error.name()? == ProblemName::Conflict).then(|| use_staff_messages().dr.event.moved)
}

/// What is shown anew when something changes.
#[component]
fn Stand(page: Page, groups: Vec<Group>) -> impl IntoView {
    let Page {
        event,
        state,
        program,
        counts,
        load,
        passed_on,
    } = page;
    view! {
        <div class="title-row">
            <h1>{event.draft.name.clone()}</h1>
            <EventBadge state />
        </div>
        <Counts counts addressing=event.addressing state />
        <PassedOnTable passed_on />
        <Plot load event=event.clone() />
        <Facts event program groups />
    }
}

#[component]
fn Counts(counts: EventCounts, addressing: Addressing, state: EventState) -> impl IntoView {
    let messages = &use_staff_messages().dr.event;
    let facts = [
        ("recipients", messages.recipients, counts.recipients),
        ("queued", messages.queued, counts.queued),
        // Whoever said more has fetched it, too.
        ("delivered", messages.delivered, fetched(&counts)),
        ("acknowledged", messages.acknowledged, understood(&counts)),
        ("executed", messages.executed, counts.executed),
        ("failed", messages.failed, counts.failed),
        ("refused", messages.refused, counts.refused),
        ("expired", messages.expired, counts.expired),
        ("opted-in", messages.opted_in, counts.opted_in),
        ("opted-out", messages.opted_out, counts.opted_out),
    ];
    let fact = |(id, name, count): (&'static str, &'static str, u64)| {
        view! {
            <dt>{name}</dt>
            <dd id=format!("count-{id}")>{count}</dd>
        }
    };
    let is_waiting = addressing == Addressing::Waiting;
    view! {
        <section class="card" aria-labelledby="counts-title">
            <h2 id="counts-title">{messages.counts}</h2>
            {is_waiting.then(|| view! { <p class="hint">{messages.addressing}</p> })}
            {(state == EventState::Cancelled)
                .then(|| view! { <p class="hint">{messages.counts_of_cancellation}</p> })}
            <dl class="facts">{facts.map(fact).collect_view()}</dl>
        </section>
    }
}

/// How far the devices of aggregators are.
#[component]
fn PassedOnTable(passed_on: Vec<PassedOn>) -> impl IntoView {
    let messages = &use_staff_messages().dr.event;
    if passed_on.is_empty() {
        return ().into_any();
    }
    let columns = [
        messages.aggregator_column,
        messages.recipients,
        messages.delivered,
        messages.acknowledged,
        messages.executed,
        messages.failed,
        messages.opted_out,
    ];
    let row = |passed: PassedOn| {
        let counts = passed.counts;
        let aggregator = view! {
            <span>{passed.aggregator} " " <EventBadge state=passed.state /></span>
        };
        [
            aggregator.into_any(),
            text(counts.recipients),
            text(fetched(&counts)),
            text(understood(&counts)),
            text(counts.executed),
            text(counts.failed),
            text(counts.opted_out),
        ]
    };
    let rows = passed_on.into_iter().map(row).collect();
    view! {
        <section class="card stack" aria-labelledby="passed-on-title">
            <h2 id="passed-on-title">{messages.passed_on}</h2>
            <p class="hint">{messages.passed_on_text}</p>
            <Table named=Named::By("passed-on-title") holds=Holds::Numbers columns rows />
        </section>
    }
    .into_any()
}

const fn understood(counts: &EventCounts) -> u64 {
    counts.acknowledged + counts.executed + counts.failed + counts.refused
}

const fn fetched(counts: &EventCounts) -> u64 {
    counts.delivered + understood(counts)
}

#[component]
fn Facts(event: Event, program: String, groups: Vec<Group>) -> impl IntoView {
    let all = &use_staff_messages().dr;
    let messages = &all.event;
    let draft = &event.draft;
    let name_of = |target: &Target| match target {
        Target::All => messages.all.to_owned(),
        Target::Group { group } => {
            let found = groups.iter().find(|known| known.id == *group);
            (messages.group)(found.map_or("", |group| &group.name))
        }
        Target::PostalCode { code } => (messages.postal_code)(code.as_str()),
        Target::Device { .. } => messages.device.to_owned(),
        Target::Aggregator { provider } => (messages.aggregator)(provider.as_str()),
    };
    let device = draft.targets.iter().find_map(|target| match target {
        Target::Device { enrollment } => Some(format!("/staff/enrollments/{enrollment}")),
        _ => None,
    });
    let targets: Vec<_> = draft.targets.iter().map(name_of).collect();
    let targets = targets.join(", ");
    let targets = match device {
        Some(href) => view! { <a href=href>{targets}</a> }.into_any(),
        None => targets.into_any(),
    };
    let waits = (draft.randomize_start > 0).then(|| {
        view! {
            <dt>{messages.randomize}</dt>
            <dd>{(all.minutes)(draft.randomize_start / 60)}</dd>
        }
    });
    let priority = draft.priority.map(|priority| {
        view! {
            <dt>{messages.priority}</dt>
            <dd>{priority}</dd>
        }
    });
    let incentive = draft.incentive.clone().map(|incentive| {
        view! {
            <dt>{messages.incentive}</dt>
            <dd>{incentive}</dd>
        }
    });
    view! {
        <section class="card" aria-labelledby="facts-title">
            <h2 id="facts-title">{messages.facts}</h2>
            <dl class="facts">
                <dt>{messages.program}</dt>
                <dd>{program}</dd>
                <dt>{messages.begins}</dt>
                <dd>
                    <StaffTime at=draft.starts_at />
                </dd>
                <dt>{messages.lasts}</dt>
                <dd>{(all.minutes)(draft.length / 60)}</dd>
                <dt>{messages.asks}</dt>
                <dd id="asks">{signal_words(&draft.signal)}</dd>
                {waits}
                {priority}
                {incentive}
                <dt>{messages.targets}</dt>
                <dd>{targets}</dd>
                <dt>{messages.version}</dt>
                <dd>{event.version}</dd>
            </dl>
        </section>
    }
}

/// What may still be done about an event.
#[component]
fn Actions(event: Event) -> impl IntoView {
    let messages = &use_staff_messages().dr.event;
    view! {
        <section class="card" aria-label=messages.change>
            <p>
                <a
                    class="button button-quiet"
                    id="change"
                    href=format!("/staff/dr/events/{}/change", event.id)
                >
                    {messages.change}
                </a>
            </p>
            <details class="fold">
                <summary id="cancel">{messages.cancel}</summary>
                <form class="form" method="post" action=StaffCancelEvent::url()>
                    <p class="hint">{messages.cancel_text}</p>
                    <input type="hidden" name="id" value=event.id.to_string() />
                    <input type="hidden" name="version" value=event.version.to_string() />
                    <button class="button button-danger" type="submit" id="cancel-confirm">
                        {messages.cancel}
                    </button>
                </form>
            </details>
        </section>
    }
}
