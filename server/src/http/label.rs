//! `GET /devices/{id}/label.svg` and `.png`: the label as a file to keep, for the browser that may show it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use gridpass_app::ssr::cookies;
use gridpass_protocol::{Link, ManualCode, ProblemName};
use gridpass_provider::{EnrollmentId, StoreError, label_image};

use crate::problem::ProblemResponse;
use crate::state::App;

/// Pixels of one module of the code: printed at 300 dpi, a compact code is about 6 cm wide.
const MODULE_PIXELS: u32 = 10;

pub(crate) async fn svg(
    app: State<Arc<App>>,
    id: Path<String>,
    headers: HeaderMap,
) -> Result<Response, ProblemResponse> {
    let link = link(app, id, &headers).await?;
    let svg = label_image::svg(&link);
    Ok(file("image/svg+xml", "gridpass-label.svg", svg))
}

pub(crate) async fn png(
    app: State<Arc<App>>,
    id: Path<String>,
    headers: HeaderMap,
) -> Result<Response, ProblemResponse> {
    let link = link(app, id, &headers).await?;
    let png = label_image::png(&link, MODULE_PIXELS);
    Ok(file("image/png", "gridpass-label.png", png))
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

/// The link of a label: for its owner, in the browser that holds its code.
async fn link(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: &HeaderMap,
) -> Result<Link, ProblemResponse> {
    let not_found = || ProblemResponse::of(ProblemName::NotFound);
    let id: EnrollmentId = id.parse().map_err(|_| not_found())?;
    let token = cookies::session_token(headers, app.cookie_security).ok_or_else(not_found)?;
    let code = cookies::label_code(headers, id.uuid())
        .and_then(|text| ManualCode::parse(&text).ok())
        .ok_or_else(not_found)?;
    let label = app
        .run(move |gridpass| {
            let Some(session) = gridpass.session(&token)? else {
                return Ok(None);
            };
            gridpass.label(id, &code, &session.scope())
        })
        .await?
        .map_err(|error: StoreError| super::store_problem(&error))?;
    Ok(label.ok_or_else(not_found)?.link)
}
