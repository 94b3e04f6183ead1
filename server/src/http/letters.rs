//! `POST /staff/letters.pdf`: letters for the printer.

use std::sync::Arc;

use axum::Extension;
use axum::Form;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use gridpass_app::ssr::RequestFacts;
use gridpass_protocol::ProblemName;
use gridpass_provider::{Actor, LetterError, LetterSelection};
use serde::Deserialize;

use super::staff::staff;
use crate::problem::ProblemResponse;
use crate::state::{App, in_request};

/// Where the form is.
const PAGE: &str = "/staff/deliveries";

/// Which letters are wanted.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Which {
    Waiting,
    Printed,
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    which: Which,
}

/// Letters as a PDF to save; leads back to the page if there is none. A letter can be printed again until
/// somebody says that it was posted.
pub(crate) async fn print(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    headers: HeaderMap,
    Form(wanted): Form<Wanted>,
) -> Result<Response, ProblemResponse> {
    let staff = staff(&app, &headers).await?;
    let selection = match wanted.which {
        Which::Waiting => LetterSelection::Waiting,
        Which::Printed => LetterSelection::Printed,
    };
    let printed = app
        .run(move |gridpass| {
            let actor = in_request(Actor::staff(&staff), &facts);
            gridpass.print_letters(&staff, selection, actor)
        })
        .await?;
    match printed {
        Ok(printed) => Ok((
            [
                (CONTENT_TYPE, "application/pdf"),
                (CONTENT_DISPOSITION, "attachment; filename=\"letters.pdf\""),
                (CACHE_CONTROL, "no-store"),
            ],
            printed.pdf,
        )
            .into_response()),
        Err(LetterError::Nothing) => {
            Ok(Redirect::to(&format!("{PAGE}?done=no-letters")).into_response())
        }
        Err(LetterError::NotAllowed(_)) => Err(ProblemResponse::of(ProblemName::Forbidden)),
        Err(LetterError::Store(error)) => Err(super::store_problem(&error)),
        Err(error @ LetterError::Drawing(_)) => {
            tracing::error!(%error, "letters were not printed");
            Err(ProblemResponse::of(ProblemName::InternalError))
        }
    }
}
