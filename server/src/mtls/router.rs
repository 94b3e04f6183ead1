//! Every route of the listener for devices, and what each request passes through on its way.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use gridpass_protocol::MAX_MESSAGE_LENGTH;
use tower::ServiceBuilder;

use super::{messages, peer, settings};
use crate::est;
use crate::http::openadr;
use crate::metrics::Door;
use crate::router::{self, Came, Trace, method_not_allowed, no_such_call};
use crate::security;
use crate::state::App;

/// The whole listener.
pub(crate) fn router(app: Arc<App>) -> Router {
    let routes = Router::new()
        .route("/api/v1/device/settings", get(settings::get))
        .merge(est::routes())
        .nest(openadr::BASE, openadr::routes())
        .fallback(no_such_call)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            peer::resolve,
        ))
        // The most frequent call looks up who speaks in the turn in which it answers.
        .route(
            "/api/v1/device/messages",
            post(messages::post).fallback(method_not_allowed),
        )
        .with_state(Arc::clone(&app))
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn_with_state(Arc::clone(&app), facts))
                // A browser may hold a device's certificate too, and lends it to whatever site it shows.
                .layer(middleware::from_fn_with_state(
                    Arc::clone(&app),
                    security::refuse_forged,
                ))
                .layer(DefaultBodyLimit::max(MAX_MESSAGE_LENGTH)),
        );
    router::outermost(routes, app)
}

/// Notes who asks. TLS ends here: whatever is before the listener cannot have written a header, so that
/// none is believed.
async fn facts(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let socket = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(std::net::Ipv4Addr::LOCALHOST.into(), |info| info.0.ip());
    let came = Came {
        door: Door::Devices,
        client: socket.to_canonical(),
        trace: Trace::New,
    };
    router::with_facts(&app, came, request, next).await
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};

    use crate::testing::Portal;

    const SETTINGS: &str = "/api/v1/device/settings";

    fn get(path: &str) -> Request<Body> {
        Request::get(path).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn a_device_gets_its_settings_and_nobody_else_gets_any() {
        let portal = Portal::of_two_providers();
        for (provider, device_id, name) in [
            ("demo", "SN-4711-0815", "Green Mountain"),
            ("other", "SN-4711-0816", "Other Power"),
        ] {
            let device = portal.enrolled(provider, device_id).await;
            assert_eq!(device.peer.provider.as_str(), provider);
            let answer = portal.send_as(&device.peer, get(SETTINGS)).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            let settings: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            assert!(settings["provider"].as_str().unwrap().contains(name));
        }
        let nobody = portal.send_over_mtls(None, get(SETTINGS)).await;
        assert_eq!(nobody.problem(), "unknown-device");
        let portals = portal.get(SETTINGS).await;
        assert_eq!(portals.problem(), "not-found", "not by the other door");
    }

    #[tokio::test]
    async fn a_certificate_that_no_device_has_opens_no_route() {
        let portal = Portal::new();
        let foreign = std::sync::Arc::from(&b"not a certificate of ours"[..]);
        for path in [SETTINGS, "/nothing"] {
            let answer = portal.send_over_mtls(Some(&foreign), get(path)).await;
            assert_eq!(answer.problem(), "unknown-device", "{path}");
        }
        let message = Request::post("/api/v1/device/messages")
            .header("content-type", "application/json")
            .body(Body::from(r#"{"seq": 1, "iat": 1, "kind": "hello"}"#));
        let answer = portal.send_over_mtls(Some(&foreign), message.unwrap());
        assert_eq!(answer.await.problem(), "unknown-device");
    }

    #[tokio::test]
    async fn a_site_that_a_browser_shows_cannot_use_the_device_certificate_in_it() {
        let portal = Portal::new();
        let device = portal.enrolled("demo", "SN-4711-0815").await;
        let request = Request::post(SETTINGS).header("origin", "https://evil.example");
        let answer = portal
            .send_as(&device.peer, request.body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.problem(), "forbidden");
    }
}
