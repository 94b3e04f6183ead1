//! `/staff/customers/import`: a table of accounts. The page that answers the form is this one
//! again, with the report in its context.

use crate::{PageTitle, messages::staff::use_staff_messages, pages::staff::frame::at_desk};
use gridpass_provider::{ImportMode, ImportReport, LineProblem, Permission, RefusedLine};
use leptos::prelude::*;
use std::sync::Arc;

/// Refused lines on the page; the report holds all of them.
const SHOWN: usize = 1000;

/// What became of a table that was sent.
#[derive(Clone, Debug)]
pub enum ImportOutcome {
    /// It was read.
    Read {
        /// Whether anything was written.
        mode: ImportMode,
        /// What was, or would be.
        report: Arc<ImportReport>,
    },
    /// It was no table that can be read.
    NotRead,
}

/// Imports customers.
#[component]
pub fn ImportPage() -> impl IntoView {
    let outcome = use_context::<ImportOutcome>();
    at_desk(Permission::ImportInBulk, |_| async move {
        let messages = &use_staff_messages().customers;
        Ok(view! {
            <PageTitle text=messages.import_title />
            <section class="narrow">
                <h1>{messages.import_title}</h1>
                <p class="lead">{messages.import_lead}</p>
                {outcome.map(|outcome| view! { <Outcome outcome /> })}
                <form
                    class="card form"
                    method="post"
                    action="/staff/customers/import"
                    enctype="multipart/form-data"
                >
                    <div class="field">
                        <label for="table">{messages.import_file}</label>
                        <input
                            id="table"
                            type="file"
                            name="table"
                            accept=".csv,text/csv"
                            required
                        />
                    </div>
                    <button class="button" type="submit" name="act" value="check">
                        {messages.import_check}
                    </button>
                    <button class="button button-quiet" type="submit" name="act" value="write">
                        {messages.import_write}
                    </button>
                    <button class="button button-quiet" type="submit" name="act" value="report">
                        {messages.import_report}
                    </button>
                </form>
            </section>
        }
        .into_any())
    })
}

#[component]
fn Outcome(outcome: ImportOutcome) -> impl IntoView {
    let messages = &use_staff_messages().customers;
    let (mode, report) = match outcome {
        ImportOutcome::NotRead => {
            return view! {
                <p class="notice notice-problem" role="alert">
                    {messages.not_read}
                </p>
            }
            .into_any();
        }
        ImportOutcome::Read { mode, report } => (mode, report),
    };
    let say = match mode {
        ImportMode::DryRun => messages.foretold,
        ImportMode::Write => messages.done,
    };
    let sentence = say(
        report.made,
        report.changed,
        report.unchanged,
        report.refused.len(),
    );
    let more = report.refused.len().saturating_sub(SHOWN);
    view! {
        <p class="notice" role="status">
            {sentence}
        </p>
        {(!report.refused.is_empty())
            .then(|| view! { <Refused lines=report.refused.iter().take(SHOWN).copied().collect() /> })}
        {(more > 0).then(|| view! { <p class="hint">{(messages.more)(more)}</p> })}
    }
    .into_any()
}

#[component]
fn Refused(lines: Vec<RefusedLine>) -> impl IntoView {
    let messages = &use_staff_messages().customers;
    let row = |refused: RefusedLine| {
        view! {
            <tr>
                <th scope="row">{refused.line}</th>
                <td>{(messages.reasons)(reason_word(refused.reason))}</td>
            </tr>
        }
    };
    view! {
        <h2>{messages.refused_title}</h2>
        <div class="table-scroll" tabindex="0" role="region" aria-label=messages.refused_title>
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">{messages.line}</th>
                        <th scope="col">{messages.reason}</th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// The word of what is wrong with a line, as in the report.
#[must_use]
pub fn reason_word(problem: LineProblem) -> &'static str {
    match problem {
        LineProblem::Shape => "shape",
        LineProblem::Repeated => "repeated",
        LineProblem::Account(problem) => problem.as_str(),
    }
}
