//! What happens on one connection: which answers are on their way, and since when there are none.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Request, Response};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;
use tower::Service;

use super::{HEAD, QUIET, STUCK};

/// What happens on one connection.
#[derive(Debug)]
pub(super) struct Activity(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Since when no answer has been on its way.
    quiet_since: Instant,
    asked_before: bool,
    next: u64,
    /// The answers on their way, and when each last got on.
    answers: HashMap<u64, Instant>,
}

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            quiet_since: Instant::now(),
            asked_before: false,
            next: 0,
            answers: HashMap::new(),
        })))
    }

    /// When the connection has to end unless something happens before.
    pub(super) fn deadline(&self) -> Instant {
        let state = self.lock();
        match state.answers.values().min() {
            // It is looked again after a while: an answer may end long before.
            Some(oldest) => (*oldest + STUCK).min(Instant::now() + QUIET),
            None if state.asked_before => state.quiet_since + QUIET,
            None => state.quiet_since + HEAD,
        }
    }

    /// A request has come.
    fn begin(self: &Arc<Self>) -> Answering {
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        state.asked_before = true;
        state.answers.insert(number, Instant::now());
        Answering {
            activity: Arc::clone(self),
            number,
        }
    }

    /// No code that could panic runs under this lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer on its way; it has arrived, or nobody waits for it, when this is dropped.
struct Answering {
    activity: Arc<Activity>,
    number: u64,
}

impl Answering {
    fn gets_on(&self) {
        let mut state = self.activity.lock();
        state.answers.insert(self.number, Instant::now());
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.activity.lock();
        state.answers.remove(&self.number);
        if state.answers.is_empty() {
            state.quiet_since = Instant::now();
        }
    }
}

/// A service whose requests are noted.
#[derive(Clone, Debug)]
pub(crate) struct Noted<S> {
    pub(super) service: S,
    pub(super) activity: Arc<Activity>,
}

impl<S, B> Service<Request<B>> for Noted<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answering = self.activity.begin();
        let answer = self.service.call(request);
        Box::pin(async move {
            let response = answer.await?;
            Ok(response.map(|body| Body::new(NotedBody { body, answering })))
        })
    }
}

/// A body that says how it gets on.
struct NotedBody {
    body: Body,
    answering: Answering,
}

impl HttpBody for NotedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.answering.gets_on();
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_when_nobody_asks_and_when_an_answer_is_stuck() {
        let begun = Instant::now();
        let activity = Activity::new();
        assert_eq!(activity.deadline(), begun + HEAD);
        let answering = activity.begin();
        tokio::time::advance(Duration::from_secs(100)).await;
        assert_eq!(activity.deadline(), begun + STUCK, "it is stuck");
        answering.gets_on();
        assert_eq!(activity.deadline(), Instant::now() + QUIET, "looked again");
        let other = activity.begin();
        drop(answering);
        tokio::time::advance(Duration::from_secs(10)).await;
        drop(other);
        assert_eq!(activity.deadline(), Instant::now() + QUIET);
    }
}
