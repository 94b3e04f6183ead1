//! `/staff/jobs/…` that is no page: a file on its way in, its result and its letters on their way
//! out; and the programme's figures as a table.

use std::sync::Arc;

use axum::Extension;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use gridpass_app::ssr::RequestFacts;
use gridpass_protocol::ProblemName;
use gridpass_provider::letters::{LetterError, LetterSelection};
use gridpass_provider::{
    Actor, BulkError, BulkFileError, BulkJobId, Channel, DeskError, MAX_FILE, ProgrammeSpan,
    StaffSession, programme_csv,
};
use serde::Deserialize;

use super::staff::staff;
use crate::problem::ProblemResponse;
use crate::state::{App, in_request};

/// The file, and the few bytes around it.
pub(crate) const SIZE_LIMIT: usize = MAX_FILE + 64 * 1024;

const LIST: &str = "/staff/jobs";

/// Who asks, and as whom they act.
pub(super) async fn who(
    app: &App,
    headers: &HeaderMap,
    facts: &RequestFacts,
) -> Result<(StaffSession, Actor), ProblemResponse> {
    let staff = staff(app, headers).await?;
    let actor = in_request(Actor::staff(&staff), facts);
    Ok((staff, actor))
}

/// `POST /staff/jobs/upload`: takes a file in and leads to its page; or back to the form, with
/// what is wrong with the file.
pub(crate) async fn upload(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Extension(facts): Extension<RequestFacts>,
    form: Multipart,
) -> Result<Redirect, ProblemResponse> {
    let (staff, actor) = who(&app, &headers, &facts).await?;
    let (file, channel) = match read(form).await {
        Ok(Form {
            file,
            channel: Some(channel),
        }) => (file, channel),
        Ok(_) => return Ok(back("broken")),
        Err(problem) => return Ok(back(problem)),
    };
    let made = app
        .run(move |gridpass| {
            gridpass.make_bulk_job(&staff, &file.name, &file.content, channel, actor)
        })
        .await?;
    match made {
        Ok(id) => Ok(Redirect::to(&format!("{LIST}/{id}"))),
        Err(BulkError::File(error)) => Ok(back(word(error))),
        Err(error) => Err(problem(&error)),
    }
}

/// What the form holds.
pub(super) struct Form {
    pub(super) file: File,
    channel: Option<Channel>,
}

/// A file that was sent.
pub(super) struct File {
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

/// Reads the form; the error is a word for the page.
pub(super) async fn read(mut form: Multipart) -> Result<Form, &'static str> {
    let (mut file, mut channel) = (None, None);
    let broken = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => word(BulkFileError::TooLarge),
        _ => "broken",
    };
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("channel") => {
                channel = field.text().await.map_err(broken)?.parse().ok();
            }
            Some("file") => {
                let name = field.file_name().unwrap_or_default().to_owned();
                let content = field.bytes().await.map_err(broken)?.to_vec();
                file = Some(File { name, content });
            }
            _ => return Err("broken"),
        }
    }
    let file = file.ok_or("broken")?;
    Ok(Form { file, channel })
}

fn back(problem: &str) -> Redirect {
    Redirect::to(&format!("{LIST}?problem={problem}"))
}

const fn word(error: BulkFileError) -> &'static str {
    match error {
        BulkFileError::TooLarge => "too-large",
        BulkFileError::NotText => "not-text",
        BulkFileError::Columns => "columns",
        BulkFileError::Empty => "empty",
    }
}

/// `GET /staff/jobs/{id}/result.csv`: what became of each line so far.
pub(crate) async fn result(
    State(app): State<Arc<App>>,
    id: Path<String>,
    headers: HeaderMap,
    Extension(facts): Extension<RequestFacts>,
) -> Result<Response, ProblemResponse> {
    let (staff, actor) = who(&app, &headers, &facts).await?;
    let id = job(&id)?;
    let result = app
        .run(move |gridpass| gridpass.bulk_result(&staff, id, &actor))
        .await?
        .map_err(|error| problem(&error))?;
    Ok(file("text/csv; charset=utf-8", "result.csv", result))
}

/// `POST /staff/jobs/{id}/letters`: the job's letters that were not posted yet, as one PDF.
pub(crate) async fn letters(
    State(app): State<Arc<App>>,
    id: Path<String>,
    headers: HeaderMap,
    Extension(facts): Extension<RequestFacts>,
) -> Result<Response, ProblemResponse> {
    let (staff, actor) = who(&app, &headers, &facts).await?;
    let id = job(&id)?;
    let printed = app
        .run(move |gridpass| {
            let made = gridpass.bulk_enrollments(&staff, id, &actor)?;
            Ok(gridpass.print_letters(&staff, LetterSelection::Of(made), actor))
        })
        .await?
        .map_err(|error| problem(&error))?;
    match printed {
        Ok(printed) => Ok(file("application/pdf", "letters.pdf", printed.pdf)),
        Err(LetterError::Nothing) => {
            Ok(Redirect::to(&format!("{LIST}/{id}?letters=none")).into_response())
        }
        Err(LetterError::NotAllowed(_)) => Err(ProblemResponse::of(ProblemName::Forbidden)),
        Err(LetterError::Store(error)) => Err(super::store_problem(&error)),
        Err(LetterError::Drawing(error)) => {
            tracing::error!(error, "letters cannot be drawn");
            Err(ProblemResponse::of(ProblemName::InternalError))
        }
    }
}

/// What the programme's table is to hold.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    days: Option<String>,
}

/// `GET /staff/programme.csv`: the programme's figures by day and channel.
pub(crate) async fn programme(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    Extension(facts): Extension<RequestFacts>,
) -> Result<Response, ProblemResponse> {
    let (staff, actor) = who(&app, &headers, &facts).await?;
    let span = asked
        .days
        .and_then(|days| days.parse::<ProgrammeSpan>().ok())
        .unwrap_or_default();
    let days = app
        .run(move |gridpass| gridpass.desk_programme(&staff, span, &actor))
        .await?
        .map_err(|error| match error {
            DeskError::Store(error) => super::store_problem(&error),
            _ => ProblemResponse::of(ProblemName::Forbidden),
        })?;
    let table = programme_csv(&days);
    Ok(file("text/csv; charset=utf-8", "programme.csv", table))
}

fn job(id: &str) -> Result<BulkJobId, ProblemResponse> {
    id.parse()
        .map_err(|_| ProblemResponse::of(ProblemName::NotFound))
}

pub(super) fn problem(error: &BulkError) -> ProblemResponse {
    match error {
        BulkError::NotAllowed(_) => ProblemResponse::of(ProblemName::Forbidden),
        BulkError::NotFound => ProblemResponse::of(ProblemName::NotFound),
        BulkError::State(_) => ProblemResponse::of(ProblemName::Conflict),
        BulkError::File(_) | BulkError::Table(_) => ProblemResponse::of(ProblemName::Invalid),
        BulkError::Store(error) => super::store_problem(error),
    }
}

fn file(content_type: &'static str, name: &str, body: impl IntoResponse) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    (
        [
            (CONTENT_TYPE, content_type.to_owned()),
            (CONTENT_DISPOSITION, disposition),
        ],
        body,
    )
        .into_response()
}
