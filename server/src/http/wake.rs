//! `GET /api/v1/wake`: tells an open page of a device that something lies in its mailbox.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use gridpass_app::ssr::RequestFacts;
use gridpass_protocol::ProblemName;
use gridpass_provider::{Listening, Woken};
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use super::bearer::Bearer;
use super::openapi::refusals;
use crate::door::StandingPlace;
use crate::problem::ProblemResponse;
use crate::state::App;

/// After this long a stream ends; the page begins a new one with its newest token.
const STREAM: Duration = Duration::from_secs(5 * 60);
/// Proxies close what is silent for longer.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

refusals!(
    /// Why nobody is woken.
    WakeRefusals: Unauthorized, ServiceUnavailable,
);

/// Wakes an open page of a device.
///
/// A stream of events (`text/event-stream`). Each is called `items` and says that something lies in the
/// device's mailbox; what it is, a `poll` tells. The bearer text is made from the token of the last answer and
/// is good until the next one; a stream that was opened with it goes on for five minutes.
#[utoipa::path(
    get,
    path = "/api/v1/wake",
    operation_id = "wake",
    tag = "devices",
    security(("token" = [])),
    responses(
        (status = 200, description = "Events called `items`.", body = String, content_type = "text/event-stream"),
        WakeRefusals
    )
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ProblemResponse> {
    let bearer = Bearer::of(&headers)?;
    let (listening, pending) = app
        .run(move |gridpass| {
            let Some(listening) = gridpass.listen_for_page(bearer.text())? else {
                return Ok(None);
            };
            let pending = gridpass.has_items(listening.enrollment())?;
            Ok(Some((listening, pending)))
        })
        .await?
        .map_err(|error| super::store_problem(&error))?
        .ok_or_else(|| ProblemResponse::of(ProblemName::Unauthorized))?;
    let place = app.stand(&facts)?;
    let (events, stream) = mpsc::channel(1);
    if pending {
        // The first of a channel of one: there is room.
        let _ = events.try_send(Ok(items()));
    }
    tokio::spawn(tell(listening, events, place));
    Ok(Sse::new(ReceiverStream::new(stream)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn items() -> Event {
    Event::default().event("items").data("poll")
}

/// Goes on until the page is gone, the server is about to stop, or the stream has lasted long enough.
async fn tell(
    listening: Listening,
    events: mpsc::Sender<Result<Event, Infallible>>,
    _place: StandingPlace,
) {
    let ends = tokio::time::sleep(STREAM);
    tokio::pin!(ends);
    loop {
        tokio::select! {
            () = &mut ends => return,
            () = events.closed() => return,
            woken = listening.woken() => match woken {
                Woken::Closing => return,
                // One that was not fetched yet says the same.
                Woken::Items => {
                    let _ = events.try_send(Ok(items()));
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};

    use crate::testing::Portal;

    #[tokio::test]
    async fn nobody_is_woken_without_the_token_of_the_last_answer() {
        let portal = Portal::new();
        assert_eq!(portal.get("/api/v1/wake").await.problem(), "unauthorized");
        for bearer in ["", "x", &"A".repeat(64)] {
            let request = Request::get("/api/v1/wake")
                .header("authorization", format!("Bearer {bearer}"))
                .body(Body::empty())
                .unwrap();
            let answer = portal.send(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{bearer}");
        }
    }
}
