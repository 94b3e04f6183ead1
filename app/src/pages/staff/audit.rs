//! `/staff/audit`: the record of who did what, for admins and auditors.

use super::{
    form::{Field, Takes},
    frame::at_desk,
    parts::{EVENTS, StaffTime, query},
};
use crate::{
    PageTitle,
    api::{ApiError, staff::audit::StaffVerifyAudit},
    components::table::{Table, text},
    messages::staff::use_staff_messages,
    ssr::{blocking, staff::staff_actor},
};
use gridpass_provider::{
    AuditEntry, AuditFilter, AuditPage as Entries, AuditReport, AuditVerification,
    AuditVerifyError, Permission, StaffSession,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;
use std::collections::BTreeMap;

const PATH: &str = "/staff/audit";
/// Entries of a page.
const ROWS: u32 = 50;
/// Characters of a filter that are read.
const MOST_TYPED: usize = 64;

/// What the address asks for.
#[derive(Clone)]
struct Asked {
    filter: AuditFilter,
    older_than: Option<u64>,
}

impl Asked {
    fn read() -> Self {
        let query = use_query_map();
        let value = |name: &str| query.with_untracked(|query| query.get(name).unwrap_or_default());
        let typed =
            |name: &str| -> String { value(name).trim().chars().take(MOST_TYPED).collect() };
        Self {
            filter: AuditFilter {
                actor: typed("actor"),
                action: typed("action"),
                result: typed("result"),
            },
            older_than: value("older").parse().ok(),
        }
    }

    fn address(&self, older_than: Option<u64>) -> String {
        let older = older_than.map(|seq| seq.to_string()).unwrap_or_default();
        let pairs = [
            ("actor", self.filter.actor.as_str()),
            ("action", &self.filter.action),
            ("result", &self.filter.result),
            ("older", &older),
        ];
        format!("{PATH}{}", query(&pairs))
    }
}

/// The page.
#[component]
pub fn AuditPage() -> impl IntoView {
    let asked = Asked::read();
    at_desk(Permission::ReadAudit, move |staff| content(staff, asked))
}

async fn content(staff: StaffSession, asked: Asked) -> Result<AnyView, ApiError> {
    let actor = staff_actor(&staff)?;
    let wanted = asked.clone();
    let (verification, page) = blocking(move |gridpass| {
        let verification = gridpass.audit_verification(&staff, &actor)?;
        let page = gridpass.audit_page::<AuditVerifyError>(
            &staff,
            &wanted.filter,
            wanted.older_than,
            ROWS,
        )?;
        Ok::<_, AuditVerifyError>((verification, page))
    })
    .await?;
    Ok(view! { <Content asked verification page /> }.into_any())
}

#[component]
fn Content(
    asked: Asked,
    #[prop(optional_no_strip)] verification: Option<AuditVerification>,
    page: Entries,
) -> impl IntoView {
    let messages = &use_staff_messages().audit;
    view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <p class="lead">{messages.lead}</p>
        <div id="verification" class="stack" data-live=EVENTS>
            {verification.map(|verification| view! { <Verification verification /> })}
        </div>
        <section class="card stack">
            <p class="hint">{messages.verify_text}</p>
            <div class="button-row">
                <form method="post" action=StaffVerifyAudit::url()>
                    <button class="button" type="submit">
                        {messages.verify}
                    </button>
                </form>
                <a class="button button-quiet" href="/staff/audit.jsonl" rel="external" download="audit.jsonl">
                    {messages.export}
                </a>
            </div>
        </section>
        <FilterForm asked=asked.clone() />
        <List asked page />
    }
}

/// The verification that was asked for last: how far it is, or what it found.
#[component]
fn Verification(verification: AuditVerification) -> impl IntoView {
    let messages = &use_staff_messages().audit;
    let AuditVerification { read, of, report } = verification;
    if let Some(report) = report {
        let at = report.at;
        return view! {
            <Report report />
            <p class="hint">{messages.verified_at} " " <StaffTime at /></p>
        }
        .into_any();
    }
    view! {
        <p>
            <label for="progress">{(messages.verifying)(read, of)}</label>
        </p>
        <progress
            class="progress"
            id="progress"
            max=of.max(1).to_string()
            value=read.to_string()
        ></progress>
    }
    .into_any()
}

#[component]
fn Report(report: AuditReport) -> impl IntoView {
    let messages = &use_staff_messages().audit;
    if report.is_whole() {
        let words = (messages.whole)(report.entries, report.checkpoints);
        return view! {
            <p class="notice notice-good" role="status">
                {words}
            </p>
        }
        .into_any();
    }
    let finding = |finding| view! { <li>{(messages.finding)(finding)}</li> };
    view! {
        <div class="notice notice-problem" role="alert">
            <p>{messages.broken}</p>
            <ul>{report.findings.iter().map(finding).collect_view()}</ul>
        </div>
    }
    .into_any()
}

#[component]
fn FilterForm(asked: Asked) -> impl IntoView {
    let messages = &use_staff_messages().audit;
    let AuditFilter {
        actor,
        action,
        result,
    } = asked.filter.clone();
    let is_filtered = asked.filter != AuditFilter::default();
    view! {
        <form class="filter" method="get" action=PATH role="search" aria-label=messages.filter>
            <Field
                name="actor"
                label=messages.actor
                hint=messages.actor_hint
                takes=Takes::Text
                value=actor
                required=false
                max_length=64
            />
            <Field
                name="action"
                label=messages.action
                hint=messages.action_hint
                takes=Takes::Text
                value=action
                required=false
                max_length=64
            />
            <Field
                name="result"
                label=messages.result
                hint=messages.result_hint
                takes=Takes::Text
                value=result
                required=false
                max_length=64
            />
            <div class="button-row filter-buttons">
                <button class="button" type="submit">
                    {messages.show}
                </button>
                {is_filtered
                    .then(|| {
                        view! {
                            <a class="button button-quiet" href=PATH>
                                {messages.show_all}
                            </a>
                        }
                    })}
            </div>
        </form>
    }
}

#[component]
fn List(asked: Asked, page: Entries) -> impl IntoView {
    let messages = &use_staff_messages().audit;
    let empty = page.entries.is_empty().then(|| {
        let words = match page.older_than {
            Some(_) => messages.none_here,
            None => messages.none,
        };
        view! {
            <section class="message">
                <p class="lead">{words}</p>
            </section>
        }
    });
    let table = (!page.entries.is_empty())
        .then(|| view! { <Entries entries=page.entries names=page.names /> });
    view! {
        {empty}
        {table}
        <nav class="button-row" aria-label=messages.pages>
            {asked
                .older_than
                .map(|_| {
                    view! {
                        <a class="button button-quiet" href=asked.address(None)>
                            {messages.newest}
                        </a>
                    }
                })}
            {page
                .older_than
                .map(|seq| {
                    view! {
                        <a class="button button-quiet" href=asked.address(Some(seq))>
                            {messages.older}
                        </a>
                    }
                })}
        </nav>
    }
}

#[component]
fn Entries(entries: Vec<AuditEntry>, names: BTreeMap<String, String>) -> impl IntoView {
    let messages = &use_staff_messages().audit;
    let columns = [
        messages.number,
        messages.when,
        messages.actor,
        messages.action,
        messages.result,
        messages.from,
        messages.detail,
    ];
    let row = |entry: AuditEntry| {
        let name = names.get(&entry.actor).cloned();
        cells(entry, name)
    };
    let rows = entries.into_iter().map(row).collect();
    view! { <Table named=messages.title columns rows /> }
}

/// An entry; `name` is that of the member of staff who acted.
fn cells(entry: AuditEntry, name: Option<String>) -> [AnyView; 7] {
    let messages = &use_staff_messages().audit;
    let badge = if entry.result == "ok" {
        "badge badge-good"
    } else {
        "badge badge-bad"
    };
    let enrollment = entry.enrollment.map(|id| {
        view! { <a href=format!("/staff/enrollments/{id}")>{messages.enrollment}</a> }
    });
    let actor = match name {
        Some(name) => view! { <span title=entry.actor>{name}</span> }.into_any(),
        None => view! { <span class="audit-words">{entry.actor}</span> }.into_any(),
    };
    let action = view! {
        <span>{entry.action}</span>
        {enrollment}
    };
    [
        text(entry.seq),
        view! { <StaffTime at=entry.at /> }.into_any(),
        actor,
        action.into_any(),
        view! { <span class=badge>{entry.result}</span> }.into_any(),
        text(entry.client.unwrap_or_default()),
        view! { <span class="audit-words">{entry.detail}</span> }.into_any(),
    ]
}
