//! The calls of an OpenADR 3.1 VTN that a VEN needs, on the listener for devices.
//!
//! A VEN is an enrolled device: it comes with its certificate in TLS, and with an access token
//! that is bound to it. It sees the programmes of its provider, the events that it was told of,
//! and its own reports, and nothing of anybody else. Refusals are problem objects (RFC 9457), as
//! OpenADR's are, except those of the token (RFC 6749, 5.2).

mod events;
#[cfg(test)]
mod judge;
mod objects;
mod programs;
mod query;
mod reports;
#[cfg(test)]
mod tests;
mod token;
mod vens;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::state::App;

/// Where the calls are, below the listener's origin.
pub(crate) const BASE: &str = "/openadr3/3.1.0";
/// The longest report that is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// The calls, to be nested at [`BASE`].
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/auth/server", get(token::server))
        .route("/auth/token", post(token::make))
        .route("/programs", get(programs::list))
        .route("/programs/{id}", get(programs::one))
        .route("/events", get(events::list))
        .route("/events/{id}", get(events::one))
        .route("/reports", get(reports::list).post(reports::make))
        .route("/reports/{id}", get(reports::one).put(reports::replace))
        .route("/vens", get(vens::list).post(vens::describe))
        .route("/vens/{id}", get(vens::one).put(vens::describe_again))
        .layer(DefaultBodyLimit::max(LONGEST))
}
