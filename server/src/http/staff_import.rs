//! `POST /staff/customers/import`: a table of customers, as a form sends a file.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Multipart, State};
use axum::http::HeaderMap;
use axum::response::Redirect;
use gridpass_app::ssr::RequestFacts;
use gridpass_provider::{BulkError, MAX_TABLE};

use super::staff_jobs::{problem, read, who};
use crate::problem::ProblemResponse;
use crate::state::App;

/// The table, and the few bytes around it.
pub(crate) const SIZE_LIMIT: usize = MAX_TABLE + 64 * 1024;

/// Takes a table in and leads to its page; or back to the form, if it cannot be read.
pub(crate) async fn post(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Extension(facts): Extension<RequestFacts>,
    form: Multipart,
) -> Result<Redirect, ProblemResponse> {
    let (staff, actor) = who(&app, &headers, &facts).await?;
    let Ok(form) = read(form).await else {
        return Ok(back());
    };
    let made = app
        .run(move |gridpass| {
            gridpass.make_import_job(&staff, &form.file.name, &form.file.content, actor)
        })
        .await?;
    match made {
        Ok(id) => Ok(Redirect::to(&format!("/staff/jobs/{id}"))),
        Err(BulkError::Table(_)) => Ok(back()),
        Err(error) => Err(problem(&error)),
    }
}

fn back() -> Redirect {
    Redirect::to("/staff/customers/import?problem=not-read")
}

#[cfg(test)]
mod tests {
    use gridpass_provider::{BulkStep, Role};

    use crate::testing::Portal;

    fn form(table: &str) -> String {
        format!(
            "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"t.csv\"\r\n\
             content-type: text/csv\r\n\r\n{table}\r\n--x--\r\n"
        )
    }

    #[tokio::test]
    async fn a_table_is_checked_shown_and_imported_by_who_may() {
        let portal = Portal::new();
        let operator = portal.staff_cookie("demo", Role::Operator);
        let support = portal.staff_cookie("demo", Role::Support);
        let post = async |path: &str, cookie: &str, kind: &str, body: &str| {
            let headers = [
                ("cookie", cookie),
                ("origin", portal.origin()),
                ("content-type", kind),
            ];
            portal.post(path, &headers, body).await
        };
        let send = async |cookie: &str, table: &str| {
            let kind = "multipart/form-data; boundary=x";
            post("/staff/customers/import", cookie, kind, &form(table)).await
        };
        let table = "number,name\r\n1,Ada\r\n,Nobody\r\n";
        let work = || while portal.gridpass.run_bulk_step().unwrap() == BulkStep::Worked {};

        let made = send(&operator, table).await;
        assert_eq!(made.status, 303, "{}", made.body);
        let job = made.headers["location"].to_str().unwrap().to_owned();
        work();
        let shown = portal.get_as(&job, &operator).await;
        assert!(shown.body.contains("The account number is missing"));
        assert!(shown.body.contains("Import 1 customer"), "{}", shown.body);
        let id = job.rsplit('/').next().unwrap();
        let fields = "application/x-www-form-urlencoded";
        post(
            "/api/fn/staff/jobs/start",
            &operator,
            fields,
            &format!("id={id}"),
        )
        .await;
        work();
        let result = portal.get_as(&format!("{job}/result.csv"), &operator).await;
        assert_eq!(
            result.body,
            "line,account,result,reason,enrollment_id\n2,1,added,,\n3,,left-out,number,\n"
        );

        let unread = send(&operator, "nonsense\r\n").await;
        let back = unread.headers["location"].to_str().unwrap();
        let page = portal.get_as(back, &operator).await;
        let is_told = page.body.contains("not a table that can be read");
        assert!(is_told, "{} {}", page.status, page.body);
        assert_eq!(send(&support, table).await.problem(), "forbidden");
        assert_eq!(send("", table).await.status, 401);
    }
}
