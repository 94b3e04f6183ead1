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
use gridpass_provider::{Gridpass, StaffSession, StoreError};
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
    let staff = open(&app, &headers, |gridpass, token| {
        gridpass.watch_staff_session(token)
    })
    .await?;
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
    open(app, headers, |gridpass, token| {
        gridpass.staff_session(token)
    })
    .await
}

async fn open(
    app: &App,
    headers: &HeaderMap,
    find: fn(&Gridpass, &str) -> Result<Option<StaffSession>, StoreError>,
) -> Result<StaffSession, ProblemResponse> {
    let unauthorized = || ProblemResponse::of(ProblemName::Unauthorized);
    let token = cookies::staff_token(headers, app.cookie_security).ok_or_else(unauthorized)?;
    app.run(move |gridpass| find(gridpass, &token))
        .await?
        .map_err(|error| super::store_problem(&error))?
        .ok_or_else(unauthorized)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use gridpass_provider::Role;
    use tower::ServiceExt as _;

    use crate::testing::Portal;

    const QUARTER: u64 = 15 * 60;

    /// What a browser with this cookie is answered at once; what it may be told later is not awaited.
    async fn status(portal: &Portal, path: &str, cookie: &str, destination: &str) -> StatusCode {
        let request = Request::get(path)
            .header("cookie", cookie)
            .header("accept", "text/html")
            .header("sec-fetch-dest", destination)
            .body(Body::empty())
            .unwrap();
        let answer = portal.router.clone().oneshot(request).await.unwrap();
        answer.status()
    }

    #[tokio::test]
    async fn a_page_that_looks_by_itself_keeps_nobody_signed_in() {
        let portal = Portal::new();
        let cookie = portal.staff_cookie("demo", Role::Support);
        let page =
            async |destination| status(&portal, "/staff/enrollments", &cookie, destination).await;
        let stream = async || status(&portal, "/staff/events", &cookie, "empty").await;
        // Whoever goes to a page uses the session.
        for _ in 0..9 {
            portal.clock.advance(QUARTER);
            assert_eq!(page("document").await, StatusCode::OK);
        }
        for _ in 0..7 {
            portal.clock.advance(QUARTER);
            assert_eq!(page("empty").await, StatusCode::OK);
            assert_eq!(stream().await, StatusCode::OK);
        }
        portal.clock.advance(QUARTER);
        assert_eq!(stream().await, StatusCode::UNAUTHORIZED);
        assert_eq!(page("empty").await, StatusCode::FOUND);
    }
}
