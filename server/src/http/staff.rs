//! `/staff/…` that is no page: the stream of changes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use gridpass_app::ssr::{RequestFacts, cookies};
use gridpass_protocol::ProblemName;
use gridpass_provider::StaffSession;
use tokio::time::{Instant, interval_at};
use tokio_stream::{Stream, StreamExt, wrappers::WatchStream};

use crate::problem::ProblemResponse;
use crate::state::App;

/// After this long a stream ends; the page's browser begins a new one, if it is still signed in.
const STREAM: Duration = Duration::from_secs(5 * 60);
/// Proxies close what is silent for longer.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// `GET /staff/events`: an event named `change` whenever something changed at the desk of one's
/// provider. It says nothing more: the page then reads itself anew, with its reader's rights.
pub(crate) async fn events(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ProblemResponse> {
    let staff = staff(&app, &headers).await?;
    let receiver = app
        .live
        .listen(&staff.provider)
        .ok_or_else(|| ProblemResponse::of(ProblemName::ServiceUnavailable))?;
    let place = app.stand(&facts)?;
    let ends = Instant::now() + STREAM;
    // Ends when nothing happens for that long, and with the first that happens later.
    let changes = WatchStream::from_changes(receiver)
        .timeout_repeating(interval_at(ends, STREAM))
        .take_while(move |change| change.is_ok() && Instant::now() < ends)
        .map(move |_| {
            // Lives as long as the stream.
            let _place = &place;
            Ok(Event::default().event("change").data("desk"))
        });
    Ok(Sse::new(changes).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// The member of staff who is signed in with this browser.
pub(crate) async fn staff(app: &App, headers: &HeaderMap) -> Result<StaffSession, ProblemResponse> {
    let unauthorized = || ProblemResponse::of(ProblemName::Unauthorized);
    let token = cookies::staff_token(headers, app.cookie_security).ok_or_else(unauthorized)?;
    app.run(move |gridpass| gridpass.staff_session(&token))
        .await?
        .map_err(|error| super::store_problem(&error))?
        .ok_or_else(unauthorized)
}
