//! `/staff/jobs`: files of registrations: handing one in, and those that were.

use super::{
    frame::at_desk,
    parts::{EVENTS, StaffTime, channel_words},
};
use crate::{
    PageTitle,
    api::ApiError,
    components::table::{Table, text},
    messages::staff::{
        jobs::{FileWords, JobMessages},
        use_staff_messages,
    },
    ssr::{blocking, staff::staff_actor},
};
use gridpass_provider::{BulkJob, BulkKind, BulkState, Channel, Permission, StaffSession};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Where a file is sent to.
const UPLOAD: &str = "/staff/jobs/upload";

/// The list, and the form for a new file.
#[component]
pub fn JobsPage() -> impl IntoView {
    let problem = use_query_map().with_untracked(|query| query.get("problem"));
    at_desk(Permission::ImportInBulk, move |staff| {
        content(staff, problem)
    })
}

async fn content(staff: StaffSession, problem: Option<String>) -> Result<AnyView, ApiError> {
    let actor = staff_actor(&staff)?;
    let (jobs, channels) = blocking(move |gridpass| {
        let jobs = gridpass.bulk_jobs(&staff, &actor)?;
        Ok::<_, gridpass_provider::BulkError>((jobs, gridpass.desk_channels(&staff)))
    })
    .await?;
    Ok(view! { <Content jobs channels problem=problem.unwrap_or_default() /> }.into_any())
}

#[component]
fn Content(jobs: Vec<BulkJob>, channels: Vec<Channel>, problem: String) -> impl IntoView {
    let messages = &use_staff_messages().jobs;
    view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <p class="lead">{messages.lead}</p>
        <section class="card" aria-labelledby="new-title">
            <h2 id="new-title">{messages.new_title}</h2>
            {if channels.is_empty() {
                view! { <p>{messages.no_channel}</p> }.into_any()
            } else {
                view! { <NewFile channels problem /> }.into_any()
            }}
        </section>
        <div id="jobs" class="stack" data-live=EVENTS>
            <List jobs />
        </div>
    }
}

#[component]
fn NewFile(channels: Vec<Channel>, problem: String) -> impl IntoView {
    let messages = &use_staff_messages().jobs;
    let sentence = match problem.as_str() {
        "" => None,
        "too-large" => Some(messages.too_large),
        "not-text" => Some(messages.not_text),
        "columns" => Some(messages.columns),
        "empty" => Some(messages.empty),
        _ => Some(messages.broken),
    };
    let option = |channel: Channel| {
        view! { <option value=channel.as_str()>{channel_words(channel)}</option> }
    };
    view! {
        <form class="form" method="post" action=UPLOAD enctype="multipart/form-data">
            {sentence
                .map(|sentence| {
                    view! {
                        <p class="notice notice-problem" role="alert">
                            {sentence}
                        </p>
                    }
                })}
            <div class="field">
                <label for="channel">{messages.channel}</label>
                <p class="hint" id="channel-hint">
                    {messages.channel_hint}
                </p>
                <select id="channel" name="channel" aria-describedby="channel-hint">
                    {channels.into_iter().map(option).collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="file">{messages.file}</label>
                <p class="hint" id="file-hint">
                    {messages.file_hint}
                </p>
                <input
                    type="file"
                    id="file"
                    name="file"
                    accept=".csv,text/csv"
                    required=true
                    aria-describedby="file-hint"
                />
            </div>
            <button class="button" type="submit">
                {messages.check}
            </button>
        </form>
    }
}

#[component]
fn List(jobs: Vec<BulkJob>) -> impl IntoView {
    let messages = &use_staff_messages().jobs;
    if jobs.is_empty() {
        return view! { <p class="hint">{messages.none}</p> }.into_any();
    }
    let columns = [
        messages.column_file,
        messages.column_kind,
        messages.column_state,
        messages.column_lines,
        messages.column_made,
    ];
    let row = |job: BulkJob| {
        let file = view! {
            <a id=format!("job-{}", job.id) href=format!("/staff/jobs/{}", job.id)>
                {job.file_name}
            </a>
        };
        [
            file.into_any(),
            text(file_words(messages, job.kind).kind),
            view! { <JobBadge kind=job.kind state=job.state /> }.into_any(),
            text(job.lines),
            view! { <StaffTime at=job.made_at /> }.into_any(),
        ]
    };
    let rows = jobs.into_iter().map(row).collect();
    view! { <Table named=messages.title columns rows /> }.into_any()
}

/// The words about files of a kind.
pub(super) const fn file_words(messages: &JobMessages, kind: BulkKind) -> &FileWords {
    match kind {
        BulkKind::Customers => &messages.customers,
        // Verifications are shown with the audit, and never here.
        BulkKind::Registrations | BulkKind::Audit => &messages.devices,
    }
}

/// The state of a job in words: its name, and a sentence about it.
pub(super) fn state_words(
    messages: &'static JobMessages,
    kind: BulkKind,
    state: BulkState,
) -> (&'static str, &'static str) {
    let words = file_words(messages, kind);
    match state {
        BulkState::Checking => messages.checking,
        BulkState::Checked => words.checked,
        BulkState::Registering => words.registering,
        BulkState::Finished => words.finished,
        BulkState::Cancelled => words.cancelled,
    }
}

/// The state of a job as a badge.
#[component]
pub fn JobBadge(
    /// What its file is about.
    kind: BulkKind,
    /// The state.
    state: BulkState,
) -> impl IntoView {
    let class = match state {
        BulkState::Checking | BulkState::Registering | BulkState::Checked => "badge badge-waiting",
        BulkState::Finished => "badge badge-good",
        BulkState::Cancelled => "badge",
    };
    let (name, _) = state_words(&use_staff_messages().jobs, kind, state);
    view! { <span class=class>{name}</span> }
}
