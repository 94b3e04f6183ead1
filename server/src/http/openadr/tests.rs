//! The calls as a VEN makes them; TLS alone is left out.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::BASE;
use crate::testing::{Answer, EnrolledDevice, Portal};

/// A portal with a device that has spoken, and a programme with an event for everybody.
struct Scene {
    portal: Portal,
    device: EnrolledDevice,
    program: String,
    event: String,
}

impl Scene {
    async fn new() -> Self {
        let portal = Portal::of_two_providers();
        let device = portal.enrolled("demo", "SN-4711-0815").await;
        let (program, event) = portal.event_for(&device.peer, "Evening peak");
        Self {
            portal,
            device,
            program,
            event,
        }
    }

    async fn token(&self) -> String {
        let answer = self
            .portal
            .send_as(
                &self.device.peer,
                token_request("grant_type=client_credentials"),
            )
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let token: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(token["token_type"], "Bearer");
        token["access_token"].as_str().unwrap().to_owned()
    }

    async fn get(&self, path: &str) -> Answer {
        let token = self.token().await;
        self.portal
            .send_as(
                &self.device.peer,
                request("GET", path, &token, Body::empty()),
            )
            .await
    }

    async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let token = self.token().await;
        let body = Body::from(body.to_string());
        self.portal
            .send_as(&self.device.peer, request(method, path, &token, body))
            .await
    }
}

fn token_request(form: &str) -> Request<Body> {
    Request::post(format!("{BASE}/auth/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap()
}

fn request(method: &str, path: &str, token: &str, body: Body) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(format!("{BASE}{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body)
        .unwrap()
}

fn ids(objects: &Value) -> Vec<&str> {
    let objects = objects.as_array().unwrap().iter();
    objects
        .map(|object| object["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_ven_sees_the_programmes_of_its_provider_and_the_events_it_was_told_of() {
    let scene = Scene::new().await;
    let programs = scene.read("/programs").await;
    assert_eq!(ids(&programs), [scene.program.as_str()]);
    assert_eq!(programs[0]["objectType"], "PROGRAM");
    let one = scene.read(&format!("/programs/{}", scene.program)).await;
    assert_eq!(one["programName"], "Programme of Evening peak");

    for (query, found) in [
        ("", true),
        ("?active=true", true),
        ("?active=false", false),
        (&*format!("?programID={}", scene.program), true),
        ("?programID=another", false),
        ("?targets=group-none", false),
        ("?skip=1", false),
        ("?limit=0", false),
    ] {
        let events = scene.read(&format!("/events{query}")).await;
        assert_eq!(ids(&events) == [scene.event.as_str()], found, "{query}");
    }
    let event = scene.read(&format!("/events/{}", scene.event)).await;
    assert_eq!(event["eventName"], "Evening peak");
    assert_eq!(event["intervals"][0]["payloads"][0]["type"], "SIMPLE");
    assert_eq!(scene.get("/events?limit=51").await.problem(), "bad-request");
    assert_eq!(scene.get("/events/nothing").await.problem(), "not-found");
    let nothing = format!("/events/{}", scene.program);
    assert_eq!(scene.get(&nothing).await.problem(), "not-found");
}

#[tokio::test]
async fn another_providers_ven_sees_nothing_of_it() {
    let scene = Scene::new().await;
    let foreign = scene.portal.enrolled("other", "SN-4711-0816").await;
    let token = scene.portal.gridpass.make_ven_token(&foreign.peer).text;
    let ask = async |path: &str| {
        let request = request("GET", path, &token, Body::empty());
        scene.portal.send_as(&foreign.peer, request).await
    };
    for path in ["/programs", "/events", "/reports"] {
        assert_eq!(ask(path).await.body, "[]", "{path}");
    }
    for path in [
        format!("/programs/{}", scene.program),
        format!("/events/{}", scene.event),
        format!("/vens/{}", scene.device.peer.enrollment),
    ] {
        assert_eq!(ask(&path).await.problem(), "not-found", "{path}");
    }
}

#[tokio::test]
async fn a_report_is_made_read_and_replaced_by_its_ven_alone() {
    let scene = Scene::new().await;
    let mut report = json!({
        "objectType": "REPORT",
        "eventID": scene.event,
        "clientName": "thermostat",
        "payloadDescriptors": [{ "payloadType": "USAGE", "units": "KWH" }],
        "resources": [{
            "resourceName": "house",
            "intervalPeriod": { "start": "2026-11-18T12:00:00Z", "duration": "PT5M" },
            "intervals": [{ "id": 0, "payloads": [{ "type": "USAGE", "values": [0.1] }] }],
        }],
    });
    let made = scene.send("POST", "/reports", &report).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let made: Value = serde_json::from_str(&made.body).unwrap();
    assert_eq!(made["payloadDescriptors"], report["payloadDescriptors"]);
    assert_eq!(made["clientID"], scene.device.peer.enrollment.to_string());
    let path = format!("/reports/{}", made["id"].as_str().unwrap());
    assert_eq!(scene.read(&path).await, made);

    report["reportName"] = "corrected".into();
    let replaced = scene.send("PUT", &path, &report).await;
    assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.body);
    assert_eq!(scene.read(&path).await["reportName"], "corrected");
    let listed = scene
        .read(&format!("/reports?eventID={}", scene.event))
        .await;
    assert_eq!(ids(&listed), [made["id"].as_str().unwrap()]);

    let neighbour = scene.portal.enrolled("demo", "SN-4711-0816").await;
    let token = scene.portal.gridpass.make_ven_token(&neighbour.peer).text;
    for (method, body) in [
        ("GET", Body::empty()),
        ("PUT", Body::from(report.to_string())),
    ] {
        let request = request(method, &path, &token, body);
        let answer = scene.portal.send_as(&neighbour.peer, request).await;
        assert_eq!(answer.problem(), "not-found", "{method}");
    }
    report["eventID"] = scene.program.clone().into();
    let lost = scene.send("POST", "/reports", &report).await;
    assert_eq!(lost.problem(), "not-found");
    let nonsense = scene
        .send("POST", "/reports", &json!({ "resources": 1 }))
        .await;
    assert_eq!(nonsense.problem(), "bad-request");
}

#[tokio::test]
async fn a_ven_describes_itself_and_cannot_set_its_targets() {
    let scene = Scene::new().await;
    let id = scene.device.peer.enrollment.to_string();
    let vens = scene.read("/vens").await;
    assert_eq!(ids(&vens), [id.as_str()]);
    assert_eq!(vens[0]["venName"], id);
    let named = json!({ "objectType": "VEN_VEN_REQUEST", "venName": "Thermostat" });
    let made = scene.send("POST", "/vens", &named).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let again = scene.send("POST", "/vens", &named).await;
    assert_eq!(again.problem(), "conflict");
    let found = scene.read("/vens?venName=Thermostat").await;
    assert_eq!(ids(&found), [id.as_str()]);
    let path = format!("/vens/{id}");
    let renamed = json!({ "objectType": "VEN_VEN_REQUEST", "venName": "Heat pump" });
    scene.send("PUT", &path, &renamed).await;
    assert_eq!(scene.read(&path).await["venName"], "Heat pump");
    let business = json!({
        "objectType": "BL_VEN_REQUEST", "venName": "x", "clientID": id, "targets": ["a"],
    });
    let refused = scene.send("PUT", &path, &business).await;
    assert_eq!(refused.problem(), "forbidden");
}

#[tokio::test]
async fn a_token_opens_with_its_own_certificate_alone_and_for_an_hour() {
    let scene = Scene::new().await;
    let neighbour = scene.portal.enrolled("demo", "SN-4711-0816").await;
    let token = scene.token().await;
    let ask = async |peer, token: &str| {
        let request = request("GET", "/events", token, Body::empty());
        scene.portal.send_as(peer, request).await
    };
    assert_eq!(ask(&scene.device.peer, &token).await.status, StatusCode::OK);
    let stolen = ask(&neighbour.peer, &token).await;
    assert_eq!(stolen.problem(), "unauthorized");
    assert_eq!(stolen.headers["www-authenticate"], "Bearer");
    for wrong in ["", "nonsense", &token[1..]] {
        let refused = ask(&scene.device.peer, wrong).await;
        assert_eq!(refused.problem(), "unauthorized", "{wrong}");
    }
    let request = request("GET", "/events", &token, Body::empty());
    let without = scene.portal.send_over_mtls(None, request).await;
    assert_eq!(without.problem(), "unknown-device");
    scene.portal.clock.advance(60 * 60);
    let late = ask(&scene.device.peer, &token).await;
    assert_eq!(late.problem(), "unauthorized");
}

#[tokio::test]
async fn a_token_is_granted_to_the_certificate_whatever_a_client_sends_of_itself() {
    let scene = Scene::new().await;
    let id = scene.device.peer.enrollment;
    let own = format!("grant_type=client_credentials&client_id={id}");
    for (form, status, error) in [
        ("grant_type=client_credentials", 200, None),
        (own.as_str(), 200, None),
        (
            "grant_type=client_credentials&client_id=somebody",
            401,
            Some("invalid_client"),
        ),
        (
            "grant_type=client_credentials&client_secret=guess",
            401,
            Some("invalid_client"),
        ),
        ("grant_type=password", 400, Some("unsupported_grant_type")),
        ("nothing=1", 400, Some("invalid_request")),
    ] {
        let answer = scene
            .portal
            .send_as(&scene.device.peer, token_request(form))
            .await;
        assert_eq!(answer.status.as_u16(), status, "{form}");
        assert_eq!(answer.headers["cache-control"], "no-store");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["error"].as_str(), error, "{form}");
    }
    let nobody = token_request("grant_type=client_credentials");
    let answer = scene.portal.send_over_mtls(None, nobody).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let server = Request::get(format!("{BASE}/auth/server")).body(Body::empty());
    let answer = scene
        .portal
        .send_as(&scene.device.peer, server.unwrap())
        .await;
    let found: Value = serde_json::from_str(&answer.body).unwrap();
    let url = found["tokenURL"].as_str().unwrap();
    assert!(url.ends_with("/openadr3/3.1.0/auth/token"), "{url}");
}
