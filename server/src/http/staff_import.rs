//! `POST /staff/customers/import`: a table of accounts, as a form sends a file. Answers with the
//! page that sent it, and the report on it; or with the report as a table of its own.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use gridpass_app::pages::staff::customers::{ImportOutcome, reason_word};
use gridpass_app::ssr::{RequestFacts, cookies};
use gridpass_protocol::ProblemName;
use gridpass_provider::{Actor, ImportError, ImportMode, ImportReport};

use super::store_problem;
use crate::problem::ProblemResponse;
use crate::router::render_with;
use crate::state::{App, in_request};

/// Room for 250,000 lines of 256 bytes.
pub(crate) const SIZE_LIMIT: usize = 64 * 1024 * 1024;

/// What the form holds.
struct Form {
    table: Vec<u8>,
    act: String,
}

pub(crate) async fn post(State(app): State<Arc<App>>, request: Request) -> Response {
    let Some(token) = cookies::staff_token(request.headers(), app.cookie_security) else {
        return Redirect::to("/staff").into_response();
    };
    let staff = match app
        .run(move |gridpass| gridpass.staff_session(&token))
        .await
    {
        Ok(Ok(Some(staff))) => staff,
        Ok(Ok(None)) => return Redirect::to("/staff").into_response(),
        Ok(Err(error)) => return store_problem(&error).into_response(),
        Err(problem) => return problem.into_response(),
    };
    let Some(facts) = request.extensions().get::<RequestFacts>().cloned() else {
        return ProblemResponse::of(ProblemName::InternalError).into_response();
    };
    let actor = in_request(Actor::staff(&staff), &facts);
    let (parts, body) = request.into_parts();
    let page = {
        let mut page = Request::new(Body::empty());
        *page.method_mut() = Method::GET;
        *page.uri_mut() = parts.uri.clone();
        *page.headers_mut() = parts.headers.clone();
        *page.extensions_mut() = parts.extensions.clone();
        page
    };
    let form = match read(Request::from_parts(parts, body)).await {
        Ok(form) => form,
        Err(problem) => return problem.into_response(),
    };
    let mode = match form.act.as_str() {
        "write" => ImportMode::Write,
        _ => ImportMode::DryRun,
    };
    let done = app
        .run(move |gridpass| gridpass.import_accounts(&staff, &form.table, mode, actor))
        .await;
    let outcome = match done {
        Ok(Ok(report)) if form.act == "report" => return table_of(&report),
        Ok(Ok(report)) => ImportOutcome::Read {
            mode,
            report: Arc::new(report),
        },
        Ok(Err(ImportError::NotAllowed(_))) => {
            return ProblemResponse::of(ProblemName::Forbidden).into_response();
        }
        Ok(Err(ImportError::Store(error))) => return store_problem(&error).into_response(),
        Ok(Err(
            ImportError::NotCsv
            | ImportError::MissingColumn
            | ImportError::UnknownColumn(_)
            | ImportError::TooLong,
        )) => ImportOutcome::NotRead,
        Err(problem) => return problem.into_response(),
    };
    render_with(&app, outcome, page).await
}

async fn read(request: Request) -> Result<Form, ProblemResponse> {
    let unreadable = || ProblemResponse::of(ProblemName::BadRequest);
    let mut fields = Multipart::from_request(request, &())
        .await
        .map_err(|_| unreadable())?;
    let mut form = Form {
        table: Vec::new(),
        act: String::new(),
    };
    loop {
        let field = fields
            .next_field()
            .await
            .map_err(|error| too_large(&error))?;
        let Some(field) = field else {
            return Ok(form);
        };
        match field.name() {
            Some("table") => {
                let table = field.bytes().await.map_err(|error| too_large(&error))?;
                form.table = table.into();
            }
            Some("act") => form.act = field.text().await.map_err(|_| unreadable())?,
            _ => return Err(unreadable()),
        }
    }
}

fn too_large(error: &axum::extract::multipart::MultipartError) -> ProblemResponse {
    ProblemResponse::of(if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ProblemName::PayloadTooLarge
    } else {
        ProblemName::BadRequest
    })
}

/// Every refused line, as a table.
fn table_of(report: &ImportReport) -> Response {
    let mut table = String::from("line,reason\r\n");
    for refused in &report.refused {
        // Writing to a string does not fail.
        let _ = write!(
            table,
            "{},{}\r\n",
            refused.line,
            reason_word(refused.reason)
        );
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"refused-lines.csv\"",
        ),
    ];
    (headers, table).into_response()
}

#[cfg(test)]
mod tests {
    use gridpass_provider::Role;

    use crate::testing::Portal;

    fn form(act: &str, table: &str) -> String {
        format!(
            "--x\r\ncontent-disposition: form-data; name=\"table\"; filename=\"t.csv\"\r\n\
             content-type: text/csv\r\n\r\n{table}\r\n--x\r\n\
             content-disposition: form-data; name=\"act\"\r\n\r\n{act}\r\n--x--\r\n"
        )
    }

    const TABLE: &str = "number,name\r\n1,Ada\r\n,Nobody\r\n";

    #[tokio::test]
    async fn a_table_is_checked_reported_and_imported_by_who_may() {
        let portal = Portal::new();
        let operator = portal.staff_cookie("demo", Role::Operator);
        let support = portal.staff_cookie("demo", Role::Support);
        let send = async |cookie: &str, act: &str, table: &str| {
            let headers = [
                ("cookie", cookie),
                ("origin", portal.origin()),
                ("content-type", "multipart/form-data; boundary=x"),
            ];
            portal
                .post("/staff/customers/import", &headers, &form(act, table))
                .await
        };
        let checked = send(&operator, "check", TABLE).await;
        assert!(
            checked.body.contains("would add 1, change 0"),
            "{}",
            checked.body
        );
        assert!(checked.body.contains("The account number is missing"));
        let report = send(&operator, "report", TABLE).await;
        assert_eq!(report.body, "line,reason\r\n3,number\r\n");
        assert!(
            send(&operator, "write", TABLE)
                .await
                .body
                .contains("1 added")
        );
        assert!(
            send(&operator, "check", TABLE)
                .await
                .body
                .contains("leave 1 as they are")
        );
        let unread = send(&operator, "check", "nonsense\r\n").await;
        assert!(unread.body.contains("not a table that can be read"));
        assert_eq!(send(&support, "check", TABLE).await.problem(), "forbidden");
        assert_eq!(send("", "check", TABLE).await.status, 303);
    }
}
