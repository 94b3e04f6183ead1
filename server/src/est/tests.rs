//! EST as clients meet it, without TLS: who shows which certificate is said beside the request.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64ct::{Base64, Encoding};
use gridpass_bench::device::Device;
use gridpass_provider::Role;

use super::body;
use crate::testing::{Answer, Portal};

const ENROL: &str = "/.well-known/est/demo/simpleenroll";
const SERIAL: &str = "SN-4711-0815";

async fn get(portal: &Portal, path: &str) -> Answer {
    let request = Request::get(path).body(Body::empty()).unwrap();
    portal.send_over_mtls(None, request).await
}

async fn enrol(portal: &Portal, path: &str, authorization: &str, csr: Vec<u8>) -> Answer {
    let request = Request::post(path)
        .header("authorization", authorization)
        .header("content-type", "application/pkcs10; charset=us-ascii")
        .body(Body::from(csr))
        .unwrap();
    portal.send_over_mtls(None, request).await
}

/// With its own label and request.
async fn enrol_device(portal: &Portal, device: &Device) -> Answer {
    let csr = Base64::encode_string(device.csr()).into_bytes();
    enrol(portal, ENROL, &device.authorization(), csr).await
}

/// The last bytes of a `certs-only` message with one certificate: that certificate.
fn certificate(answer: &Answer) -> Vec<u8> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(
        answer.headers["content-type"],
        "application/pkcs7-mime; smime-type=certs-only"
    );
    assert_eq!(answer.headers["content-transfer-encoding"], "base64");
    let message = body::decode(answer.body.as_bytes()).unwrap();
    // SignedData ends with the set of certificates and an empty set of signers.
    let rest = message.strip_suffix(&[0x31, 0]).unwrap();
    let start = rest
        .windows(2)
        .position(|bytes| bytes == [0xa0, 0x82])
        .and_then(|outer| {
            let inner = rest[outer + 2..]
                .windows(2)
                .position(|bytes| bytes == [0xa0, 0x82])?;
            Some(outer + 2 + inner + 4)
        })
        .unwrap();
    rest[start..].to_vec()
}

#[tokio::test]
async fn whoever_has_a_label_gets_a_certificate_and_again_the_same() {
    let portal = Portal::new();
    let device = portal.labelled("demo", SERIAL).await;
    let issued = certificate(&enrol_device(&portal, &device).await);
    let again = certificate(&enrol_device(&portal, &device).await);
    assert_eq!(again, issued, "a lost answer costs nothing");
    let (path, authorization) = ("/.well-known/est/simpleenroll", device.authorization());
    let short = enrol(&portal, path, &authorization, device.csr().to_vec());
    let without_label = certificate(&short.await);
    assert_eq!(
        without_label, issued,
        "one provider needs no label; and plain DER"
    );
    let peer = portal.gridpass.peer(issued.into()).unwrap();
    assert_eq!(peer.provider.as_str(), "demo");
    let settings = Request::get("/api/v1/device/settings");
    let answer = portal.send_as(&peer, settings.body(Body::empty()).unwrap());
    assert_eq!(answer.await.status, StatusCode::OK);
    let late = enrol_device(&portal, &device).await;
    assert_eq!(late.problem(), "already-enrolled", "it has been used");
}

#[tokio::test]
async fn a_confirmation_and_est_are_two_doors_to_one_room() {
    let portal = Portal::new();
    let enrolled = portal.enrolled("demo", SERIAL).await;
    let again = enrol_device(&portal, &enrolled.device).await;
    assert_eq!(
        again.problem(),
        "already-enrolled",
        "the certificate has been used"
    );
    let other = portal.labelled("demo", "SN-4711-0816").await;
    let csr = other.csr().to_vec();
    let taken = enrol(&portal, ENROL, &enrolled.device.authorization(), csr).await;
    assert_eq!(taken.problem(), "already-enrolled");
}

#[tokio::test]
async fn a_wrong_password_costs_a_try_and_the_fifth_locks() {
    let portal = Portal::new();
    let device = portal.labelled("demo", SERIAL).await;
    let other = portal.labelled("demo", "SN-4711-0816").await;
    let user = |device: &Device| {
        let pair = Base64::decode_vec(&device.authorization()["Basic ".len()..]).unwrap();
        String::from_utf8(pair).unwrap()
    };
    let (own, others) = (user(&device), user(&other));
    let (temporary_id, _) = own.split_once(':').unwrap();
    let (_, foreign_otp) = others.split_once(':').unwrap();
    let pair = format!("{temporary_id}:{foreign_otp}");
    let wrong = format!("Basic {}", Base64::encode_string(pair.as_bytes()));
    for remaining in (0..5).rev() {
        let refused = enrol(&portal, ENROL, &wrong, device.csr().to_vec()).await;
        assert_eq!(refused.problem(), "invalid-otp");
        let challenge = refused.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with("Basic realm="), "{challenge}");
        let problem: serde_json::Value = serde_json::from_str(&refused.body).unwrap();
        assert_eq!(problem["remaining"], remaining);
    }
    let locked = enrol_device(&portal, &device).await;
    assert_eq!(locked.problem(), "locked", "the right one comes too late");
    let support = portal.staff_cookie("demo", Role::Support);
    let desk = portal.get_as("/staff", &support).await.body;
    assert!(
        desk.contains("One code of the last 7 days is locked"),
        "{desk}"
    );
}

#[tokio::test]
async fn who_brings_nothing_is_asked_for_user_and_password() {
    let portal = Portal::new();
    for authorization in ["Bearer abc", "Basic !", "Basic Og==", "Basic dXNlcjpwYXNz"] {
        let answer = enrol(&portal, ENROL, authorization, vec![0x30, 0x81, 1]).await;
        assert_eq!(answer.problem(), "unauthorized", "{authorization}");
        let challenge = answer.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with("Basic realm="), "{challenge}");
    }
}

#[tokio::test]
async fn a_request_that_is_none_is_refused_without_a_try() {
    let portal = Portal::new();
    let device = portal.labelled("demo", SERIAL).await;
    let authorization = device.authorization();
    let unreadable = enrol(&portal, ENROL, &authorization, b"&".to_vec()).await;
    assert_eq!(unreadable.problem(), "bad-request");
    let no_request = enrol(&portal, ENROL, &authorization, b"AAAA".to_vec()).await;
    assert_eq!(no_request.problem(), "bad-csr");
    let large = enrol(&portal, ENROL, &authorization, vec![b'A'; 17 * 1024]).await;
    assert_eq!(large.problem(), "payload-too-large");
    let json = Request::post(ENROL)
        .header("authorization", &authorization)
        .header("content-type", "application/json")
        .body(Body::from("{}"));
    let json = portal.send_over_mtls(None, json.unwrap()).await;
    assert_eq!(json.problem(), "unsupported-media-type");
    certificate(&enrol_device(&portal, &device).await);
}

#[tokio::test]
async fn a_label_is_good_at_its_own_provider_alone() {
    let portal = Portal::of_two_providers();
    let device = portal.labelled("demo", SERIAL).await;
    let elsewhere = "/.well-known/est/other/simpleenroll";
    let csr = device.csr().to_vec();
    let refused = enrol(&portal, elsewhere, &device.authorization(), csr.clone()).await;
    assert_eq!(refused.problem(), "invalid-otp");
    let unnamed = "/.well-known/est/simpleenroll";
    let refused = enrol(&portal, unnamed, &device.authorization(), csr).await;
    assert_eq!(refused.problem(), "not-found");
    certificate(&enrol_device(&portal, &device).await);
}

#[tokio::test]
async fn anybody_may_ask_for_the_cas_and_for_what_a_request_should_look_like() {
    let portal = Portal::of_two_providers();
    for provider in ["demo", "other"] {
        let path = format!("/.well-known/est/{provider}/cacerts");
        let answer = get(&portal, &path).await;
        assert_eq!(answer.status, StatusCode::OK);
        let message = body::decode(answer.body.as_bytes()).unwrap();
        let id = provider.parse().unwrap();
        assert_eq!(message, portal.gridpass.est_ca_certificates(&id).unwrap());
        let path = format!("/.well-known/est/{provider}/csrattrs");
        let answer = get(&portal, &path).await;
        assert_eq!(answer.headers["content-type"], "application/csrattrs");
    }
    for nowhere in ["/.well-known/est/third/cacerts", "/.well-known/est/cacerts"] {
        assert_eq!(get(&portal, nowhere).await.problem(), "not-found");
    }
    let elsewhere = portal.get("/.well-known/est/demo/cacerts").await;
    assert_eq!(
        elsewhere.status,
        StatusCode::NOT_FOUND,
        "not by the portal's door"
    );
}

#[tokio::test]
async fn staff_approve_on_the_page_of_the_enrollment_and_the_device_goes_on() {
    let portal = Portal::with_approval();
    let device = portal.labelled("demo", SERIAL).await;
    let waits = enrol_device(&portal, &device).await;
    assert_eq!(waits.status, StatusCode::ACCEPTED);
    assert_eq!(waits.headers["retry-after"], "300");
    let operator = portal.staff_cookie("demo", Role::Operator);
    let waits = "One device waits for an approval";
    for first in ["/staff", "/staff/enrollments"] {
        let page = portal.get_as(first, &operator).await.body;
        assert!(page.contains(waits), "{first}: {page}");
    }
    let list = portal.get_as("/staff/enrollments", &operator).await;
    let found = list.body.split_once("/staff/enrollments/0");
    let (_, rest) = found.unwrap_or_else(|| panic!("{} {}", list.status, list.body));
    let id = format!("0{}", &rest[..35]);
    let path = format!("/staff/enrollments/{id}");
    let page = portal.get_as(&path, &operator).await.body;
    assert!(page.contains("waits for your approval"), "{page}");
    let (_, rest) = page.split_once("name=\"key\" value=\"").unwrap();
    let key = &rest[..64];
    let form = [
        ("cookie", operator.as_str()),
        ("origin", portal.origin()),
        ("accept", "text/html"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let approve = "/api/fn/staff/enrollments/approve";
    let body = format!("id={id}&key={key}");
    let approved = portal.post(approve, &form, &body).await;
    let location = approved.headers["location"].to_str().unwrap();
    assert!(location.ends_with("?done=approved"), "{location}");
    let page = portal.get_as(&path, &operator).await.body;
    assert!(page.contains("This device is approved"), "{page}");
    let first = portal.get_as("/staff", &operator).await.body;
    assert!(first.contains("Nothing waits for you"), "{first}");
    certificate(&enrol_device(&portal, &device).await);
}
