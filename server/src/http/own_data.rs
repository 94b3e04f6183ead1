//! `GET /account/data.json`: what is kept about the customer who is signed in.

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use gridpass_app::ssr::{RequestFacts, cookies};
use gridpass_provider::{Actor, StoreError};

use super::store_problem;
use crate::state::{App, in_request};

pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    headers: HeaderMap,
) -> Response {
    let Some(token) = cookies::session_token(&headers, app.cookie_security) else {
        return Redirect::to("/account").into_response();
    };
    let data = app.run(move |gridpass| {
        let Some(session) = gridpass.session(&token)? else {
            return Ok(None);
        };
        let actor = in_request(Actor::customer(&session), &facts);
        Ok::<_, StoreError>(Some(gridpass.own_data(&session, actor)?))
    });
    match data.await {
        Ok(Ok(Some(data))) => {
            let name = [(
                header::CONTENT_DISPOSITION,
                "attachment; filename=\"my-data.json\"",
            )];
            (name, Json(data)).into_response()
        }
        Ok(Ok(None)) => Redirect::to("/account").into_response(),
        Ok(Err(error)) => store_problem(&error).into_response(),
        Err(problem) => problem.into_response(),
    }
}
