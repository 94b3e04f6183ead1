//! An issuer of OpenID Connect that accepts connections and says nothing, from the beginning or in the
//! middle of a sign-in.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use gridpass_bench::Failure;
use gridpass_bench::client::{connect, fetch};
use gridpass_bench::device::Device;
use hyper::StatusCode;
use hyper::body::Bytes;
use serde_json::json;

use super::neighbour::Neighbour;
use super::stage::{sign_in, succeed};
use crate::fixture::Fixture;

/// Of the staff, more than may wait for the issuer at once.
const PEOPLE: usize = 40;
/// What needs no issuer waits for none.
const BOUND: Duration = Duration::from_secs(5);
/// A turn and two requests to the issuer, and some for a busy machine.
const ANSWERED_WITHIN: Duration = Duration::from_secs(25);

/// The demo, whose staff signs in at an issuer on this port.
fn configure(folder: &Path, port: u16) -> Result<String, Failure> {
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../gridpass.toml");
    let text = format!(
        "{}\n[providers.oidc]\nissuer = \"http://127.0.0.1:{port}\"\nclient_id = \"portal\"\n\
         client_secret = \"a secret of tests\"\n\
         [providers.oidc.staff]\nrole_claim = \"groups\"\nroles = {{ desk = \"operator\" }}\n",
        std::fs::read_to_string(demo)?
    );
    let file = folder.join("issuer.toml");
    std::fs::write(&file, text)?;
    Ok(file.to_str().ok_or("a strange folder")?.to_owned())
}

/// What a browser is told.
struct Told {
    status: StatusCode,
    location: String,
    cookie: String,
    retry_after: bool,
    body: Bytes,
    took: Duration,
}

async fn visit(address: SocketAddr, path: &str, cookie: &str) -> Result<Told, Failure> {
    let begun = Instant::now();
    let mut sender = connect(address).await?;
    let answer = fetch(&mut sender, address, path, &[("cookie", cookie)]).await?;
    let (head, body) = answer.into_parts();
    let text = |name: &str| {
        let value = head.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    Ok(Told {
        status: head.status,
        location: text("location"),
        cookie: text("set-cookie")
            .split(';')
            .next()
            .unwrap_or("")
            .to_owned(),
        retry_after: head.headers.contains_key("retry-after"),
        body,
        took: begun.elapsed(),
    })
}

const BEGIN: &str = "/oidc/demo/staff/begin";

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_issuer_is_given_up_in_time_and_customers_and_devices_do_not_notice()
-> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let issuer = Neighbour::start(|_| |_: &str| None)?;
    let config = configure(fixture.folder(), issuer.port)?;
    let server = fixture
        .server_with(&[
            ("GRIDPASS_CONFIG", &config),
            ("GRIDPASS_LIMITS__SIGN_IN_REQUESTS_PER_IP", "1000"),
        ])
        .await?;
    let address = server.address();
    let devices = Fixture::devices(&server, 4).await?;
    let people: Vec<_> = (0..PEOPLE)
        .map(|_| tokio::spawn(visit(address, BEGIN, "")))
        .collect();

    for device in &devices {
        let begun = Instant::now();
        let answer = succeed(address, &device.confirmation).await?;
        Device::open(device, &answer)?;
        succeed(address, &sign_in()).await?;
        assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    }
    let mut told = 0;
    for person in people {
        let answer = person.await??;
        assert!(answer.took < ANSWERED_WITHIN, "{:?}", answer.took);
        if answer.status == StatusCode::SERVICE_UNAVAILABLE {
            // No place to wait for it: at least a sentence, and when to come again.
            let body = String::from_utf8_lossy(&answer.body);
            assert!(answer.retry_after && body.contains("\"detail\""), "{body}");
        } else {
            assert!(answer.status.is_redirection(), "{}", answer.status);
            // The page says it, in the person's language.
            assert_eq!(answer.location, "/staff?oidc=unavailable");
            told += 1;
        }
    }
    assert!(told > 0 && issuer.asked() > 0);
    let log = server.log()?;
    assert!(log.contains("the issuer cannot be used"), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_falls_silent_in_the_middle_ends_the_sign_in_in_time() -> Result<(), Failure>
{
    let fixture = Fixture::new()?;
    let issuer = Neighbour::start(|port| {
        move |path: &str| {
            let here = |path: &str| format!("http://127.0.0.1:{port}{path}");
            let document = match path {
                "/.well-known/openid-configuration" => json!({
                    "issuer": format!("http://127.0.0.1:{port}"),
                    "authorization_endpoint": here("/authorize"),
                    "token_endpoint": here("/token"),
                    "jwks_uri": here("/keys"),
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256"],
                }),
                "/keys" => json!({ "keys": [] }),
                _ => return None,
            };
            Some(document.to_string())
        }
    })?;
    let config = configure(fixture.folder(), issuer.port)?;
    let server = fixture.server_with(&[("GRIDPASS_CONFIG", &config)]).await?;
    let address = server.address();
    let begun = visit(address, BEGIN, "").await?;
    let (_, state) = begun.location.split_once("state=").ok_or("no state")?;
    let state = state.split('&').next().unwrap_or_default();
    let back = format!("/oidc/callback?state={state}&code=never-exchanged");
    let ended = visit(address, &back, &begun.cookie).await?;
    assert!(ended.took < ANSWERED_WITHIN, "{:?}", ended.took);
    assert!(
        ended.location.starts_with("/staff?oidc="),
        "{}",
        ended.location
    );
    // It was used: nobody can try it again.
    let again = visit(address, &back, &begun.cookie).await?;
    assert!(again.took < BOUND, "{:?}", again.took);
    let log = server.log()?;
    assert!(log.contains("the issuer cannot be used"), "{log}");
    Ok(())
}
