//! `POST /api/v1/device/messages`: what devices say in plain JSON. TLS has shown who speaks and keeps
//! others out; seq, token and conversation are those of sealed messages.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use gridpass_app::ssr::RequestFacts;
use gridpass_provider::PlainRequest;

use super::peer::Shown;
use crate::http::{json_bytes, waiting};
use crate::problem::ProblemResponse;
use crate::state::App;

/// Hears a message and answers it, both in JSON.
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    Shown(certificate): Shown,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ProblemResponse> {
    let body = json_bytes(&headers, body)?;
    let wait = waiting::asked(&headers);
    let heard = waiting::hear(&app, facts.client, wait, move |gridpass| {
        gridpass.open_plain_message(PlainRequest {
            certificate: &certificate,
            body: &body,
            client: facts.client,
            request_id: facts.request_id.parse().ok(),
        })
    })
    .await?;
    let mut response = heard.answer.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(applied) = heard.applied {
        headers.insert(waiting::PREFERENCE_APPLIED, applied);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use serde_json::{Value, json};

    use crate::testing::{Answer, EnrolledDevice, Portal};

    const PATH: &str = "/api/v1/device/messages";

    async fn say(
        portal: &Portal,
        device: &EnrolledDevice,
        wait: Option<u32>,
        up: &Value,
    ) -> Answer {
        let mut request = Request::post(PATH).header("content-type", "application/json");
        if let Some(wait) = wait {
            request = request.header("prefer", format!("wait={wait}"));
        }
        let request = request.body(Body::from(up.to_string())).unwrap();
        portal.send_as(&device.peer, request).await
    }

    fn read(answer: &Answer) -> Value {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(answer.headers["content-type"], "application/json");
        serde_json::from_str(&answer.body).unwrap()
    }

    #[tokio::test]
    async fn a_conversation_in_json_goes_on_from_answer_to_answer() {
        let portal = Portal::new();
        let device = portal.enrolled("demo", "SN-4711-0815").await;
        let hello = json!({"seq": 1, "iat": 1, "kind": "hello"});
        let first = say(&portal, &device, None, &hello).await;
        let again = say(&portal, &device, None, &hello).await;
        assert_eq!(again.body, first.body, "a lost answer");
        let down = read(&first);
        assert_eq!(down["ack"], 1);
        let poll = json!({"seq": 2, "iat": 1, "token": down["token"], "kind": "poll"});
        assert_eq!(read(&say(&portal, &device, None, &poll).await)["ack"], 2);
        let stale = json!({"seq": 3, "iat": 1, "token": down["token"], "kind": "poll"});
        let refused = say(&portal, &device, None, &stale).await;
        assert_eq!(refused.problem(), "possible-clone");
    }

    #[tokio::test(start_paused = true)]
    async fn a_poll_waits_as_long_as_it_wishes_and_no_longer() {
        let portal = Portal::new();
        let device = portal.enrolled("demo", "SN-4711-0815").await;
        let hello = json!({"seq": 1, "iat": 1, "kind": "hello"});
        let down = read(&say(&portal, &device, Some(50), &hello).await);
        let poll = json!({"seq": 2, "iat": 1, "token": down["token"], "kind": "poll"});
        let began = tokio::time::Instant::now();
        let answer = say(&portal, &device, Some(50), &poll).await;
        assert_eq!(read(&answer)["ack"], 2);
        assert_eq!(answer.headers["preference-applied"], "wait=50");
        let waited = began.elapsed();
        assert!(waited >= Duration::from_secs(50) && waited < Duration::from_secs(60));
    }

    #[tokio::test]
    async fn only_json_of_an_enrolled_device_is_read() {
        let portal = Portal::new();
        let device = portal.enrolled("demo", "SN-4711-0815").await;
        let send = async |kind: &str, body: &str| {
            let request = Request::post(PATH).header("content-type", kind);
            let request = request.body(Body::from(body.to_owned())).unwrap();
            portal.send_as(&device.peer, request).await
        };
        let jose = send("application/jose", "a.b.c.d.e").await;
        assert_eq!(jose.problem(), "unsupported-media-type");
        assert_eq!(send("application/json", "{").await.problem(), "bad-request");
        let large = "x".repeat(16 * 1024 + 1);
        let answer = send("application/json", &large).await;
        assert_eq!(answer.problem(), "payload-too-large");
        let request = Request::post(PATH).header("content-type", "application/json");
        let request = request.body(Body::from("{}")).unwrap();
        let nobody = portal.send_over_mtls(None, request).await;
        assert_eq!(nobody.problem(), "unknown-device");
    }
}
