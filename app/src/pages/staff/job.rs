//! `/staff/jobs/:id`: one file: what was found, how far it is, what came of it.

use super::{
    form::{Refusal, refusal_of},
    frame::at_desk,
    jobs::{JobBadge, file_words, state_words},
    parts::EVENTS,
};
use crate::{
    PageTitle,
    api::{
        ApiError,
        staff::jobs::{StaffStartJob, StaffStopJob},
    },
    components::table::{Named, Table, text},
    messages::staff::{StaffMessages, jobs::ProblemNames, use_staff_messages},
    ssr::{blocking, refuse, staff::staff_actor},
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{
    BulkJob, BulkJobId, BulkKind, BulkLine, BulkOutcome, BulkProblem, BulkState, Permission,
    StaffSession,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::{use_params_map, use_query_map};

/// Refused lines that the page shows.
const SHOWN: usize = 100;

/// One file.
#[component]
pub fn JobPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id"));
    let no_letters =
        use_query_map().with_untracked(|query| query.get("letters").as_deref() == Some("none"));
    at_desk(Permission::ImportInBulk, move |staff| {
        content(staff, id, no_letters)
    })
}

async fn content(
    staff: StaffSession,
    id: Option<String>,
    no_letters: bool,
) -> Result<AnyView, ApiError> {
    let id: BulkJobId = id
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| refuse(ProblemName::NotFound.into()))?;
    let actor = staff_actor(&staff)?;
    let may_print = staff.role.allows(Permission::PrintLetters);
    let (job, refused) =
        blocking(move |gridpass| gridpass.bulk_job(&staff, id, SHOWN, &actor)).await?;
    let messages = &use_staff_messages().jobs;
    let error = refusal_of::<StaffStartJob>().or_else(refusal_of::<StaffStopJob>);
    let is_printed = may_print && job.registered > 0 && job.kind == BulkKind::Registrations;
    let letters = is_printed.then_some(job.id);
    Ok(view! {
        <PageTitle text=job.file_name.clone() />
        <p class="back">
            <a href="/staff/jobs">{messages.back}</a>
        </p>
        <Refusal error words=refusal_words />
        {no_letters
            .then(|| {
                view! {
                    <p class="notice notice-warning" role="status">
                        {messages.no_letters}
                    </p>
                }
            })}
        <div id="job" class="stack" data-live=EVENTS>
            <Progress job=job.clone() />
            {letters.map(|id| view! { <Letters id /> })}
            <Refused job refused />
        </div>
    }
    .into_any())
}

#[component]
fn Progress(job: BulkJob) -> impl IntoView {
    let messages = &use_staff_messages().jobs;
    let words = file_words(messages, job.kind);
    let (_, sentence) = state_words(messages, job.kind, job.state);
    let done = match job.state {
        BulkState::Checking => Some(job.checked),
        BulkState::Registering => Some(job.registered + job.refused),
        _ => None,
    };
    let bar = done.map(|done| {
        let progress = (messages.progress)(done, job.lines);
        view! {
            <p>
                <label for="progress">{progress}</label>
            </p>
            <progress
                class="progress"
                id="progress"
                max=job.lines.to_string()
                value=done.to_string()
            ></progress>
        }
    });
    let fine = job.checked - job.faulty;
    let worked = matches!(job.state, BulkState::Registering | BulkState::Finished)
        || job.registered + job.refused > 0;
    let worked = worked.then(|| {
        view! {
            <dt>{words.registered}</dt>
            <dd>{job.registered}</dd>
            <dt>{messages.refused}</dt>
            <dd>{job.refused}</dd>
        }
    });
    let customers = (job.kind == BulkKind::Customers).then(|| {
        view! {
            <dt>{messages.added}</dt>
            <dd>{job.added}</dd>
            <dt>{messages.changed}</dt>
            <dd>{job.changed}</dd>
        }
    });
    let id = job.id.to_string();
    let start = (job.state == BulkState::Checked && fine > 0).then(|| {
        view! {
            <form method="post" action=StaffStartJob::url()>
                <input type="hidden" name="id" value=id.clone() />
                <button class="button" type="submit" id="start">
                    {(words.start)(fine)}
                </button>
            </form>
        }
    });
    let ended = matches!(job.state, BulkState::Finished | BulkState::Cancelled);
    let stop = (!ended).then(|| {
        view! {
            <details class="fold">
                <summary id="stop">{messages.stop}</summary>
                <form class="form" method="post" action=StaffStopJob::url()>
                    <p class="hint">{words.stop_text}</p>
                    <input type="hidden" name="id" value=id.clone() />
                    <button class="button button-danger" type="submit" id="stop-confirm">
                        {messages.stop}
                    </button>
                </form>
            </details>
        }
    });
    let result = (job.checked > 0).then(|| {
        view! {
            <a
                class="button button-quiet"
                id="result"
                href=format!("/staff/jobs/{id}/result.csv")
                download=""
            >
                {messages.result}
            </a>
        }
    });
    view! {
        <div class="title-row">
            <h1>{job.file_name}</h1>
            <JobBadge kind=job.kind state=job.state />
        </div>
        <p class="lead">{sentence}</p>
        <section class="card" aria-label=messages.lines>
            {bar}
            <dl class="facts">
                <dt>{messages.lines}</dt>
                <dd>{job.lines}</dd>
                <dt>{words.fine}</dt>
                <dd>{fine}</dd>
                <dt>{words.faulty}</dt>
                <dd>{job.faulty}</dd>
                {worked}
                {customers}
            </dl>
            <div class="button-row">{start} {result}</div>
            {stop}
        </section>
    }
}

/// The letters that the job made, for the printer.
#[component]
fn Letters(id: BulkJobId) -> impl IntoView {
    let messages = &use_staff_messages().jobs;
    view! {
        <form class="card" method="post" action=format!("/staff/jobs/{id}/letters")>
            <p class="hint">{messages.letters_text}</p>
            <button class="button button-quiet" type="submit" id="letters">
                {messages.letters}
            </button>
        </form>
    }
}

#[component]
fn Refused(job: BulkJob, refused: Vec<BulkLine>) -> impl IntoView {
    let all_messages = use_staff_messages();
    let messages = &all_messages.jobs;
    if refused.is_empty() {
        return ().into_any();
    }
    let all = job.faulty.max(job.refused);
    let more = (all > refused.len() as u64).then(|| (messages.problems_first)(refused.len()));
    let columns = [messages.line, messages.account, messages.reason];
    let row = |line: BulkLine| {
        let reason = reason_words(all_messages, line.outcome);
        [text(line.line), text(line.account), text(reason)]
    };
    let rows = refused.into_iter().map(row).collect();
    view! {
        <section class="stack" aria-labelledby="problems-title">
            <h2 id="problems-title">{messages.problems_title}</h2>
            {more.map(|more| view! { <p class="hint">{more}</p> })}
            <Table named=Named::By("problems-title") columns rows />
        </section>
    }
    .into_any()
}

fn reason_words(messages: &'static StaffMessages, outcome: BulkOutcome) -> &'static str {
    match outcome {
        BulkOutcome::Refused(problem) => problem_words(&messages.jobs.problems, problem),
        BulkOutcome::LeftOut(problem) => (messages.customers.reasons)(problem.as_str()),
        BulkOutcome::Fine | BulkOutcome::Registered(_) | BulkOutcome::Account(_) => "",
    }
}

fn problem_words(names: &'static ProblemNames, problem: BulkProblem) -> &'static str {
    match problem {
        BulkProblem::Fields => names.fields,
        BulkProblem::Account => names.account,
        BulkProblem::UnknownAccount => names.unknown_account,
        BulkProblem::DeviceId => names.device_id,
        BulkProblem::Repeated => names.repeated,
        BulkProblem::Kind => names.kind,
        BulkProblem::Channel => names.channel,
        BulkProblem::NoAddress => names.no_address,
        BulkProblem::Nickname => names.nickname,
        BulkProblem::Language => names.language,
        BulkProblem::AlreadyEnrolled => names.already_enrolled,
    }
}

fn refusal_words(error: &ApiError) -> Option<&'static str> {
    (error.name()? == ProblemName::Conflict).then(|| use_staff_messages().jobs.moved_on)
}
