//! A CA behind the portal that accepts connections and says nothing.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use gridpass_bench::Failure;
use gridpass_bench::client::{connect, exchange};
use gridpass_bench::device::Device;

use super::neighbour::Silent;
use super::stage::{sign_in, succeed};
use crate::fixture::Fixture;

/// More than may wait for the CA at once.
const DEVICES: usize = 50;
/// Of these, as many as find no place are told so at once.
const AT_ONCE: usize = 10;
/// What needs no CA waits for none.
const BOUND: Duration = Duration::from_secs(5);
/// Longer than the CA is given.
const LONGEST: Duration = Duration::from_secs(30);

/// The demo, whose devices another CA certifies.
fn configure(folder: &Path, port: u16) -> Result<String, Failure> {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args(["ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=upstream"])
        .args(["-keyout", "root.key", "-out", "root.pem"])
        .current_dir(folder)
        .output()?;
    assert!(made.status.success());
    std::fs::write(folder.join("password"), "silence")?;
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../gridpass.toml");
    let folder_name = folder.to_str().ok_or("a strange folder")?;
    let text = format!(
        "{}\n[providers.ca]\nkind = \"est\"\nurl = \"https://127.0.0.1:{port}/.well-known/est\"\n\
         trust_anchors = \"{folder_name}/root.pem\"\nusername = \"portal\"\n\
         password_file = \"{folder_name}/password\"\n",
        std::fs::read_to_string(demo)?
    );
    let file = folder.join("upstream.toml");
    std::fs::write(&file, text)?;
    Ok(file.to_str().ok_or("a strange folder")?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_ca_stops_nothing_else_and_spends_no_one_time_password() -> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let upstream = Silent::new()?;
    let config = configure(fixture.folder(), upstream.port)?;
    let server = fixture.server_with(&[("GRIDPASS_CONFIG", &config)]).await?;
    let devices = Fixture::devices(&server, DEVICES).await?;
    let address = server.address();
    let asked: Vec<_> = devices
        .iter()
        .map(|device| {
            let call = device.confirmation.clone();
            tokio::spawn(async move {
                let begun = Instant::now();
                let mut sender = connect(address).await?;
                let answer = exchange(&mut sender, &call, address).await?;
                Ok::<_, Failure>((answer, begun.elapsed()))
            })
        })
        .collect();
    let begun = Instant::now();
    succeed(address, &sign_in()).await?;
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());

    let (mut at_once, mut absences) = (0, 0);
    for asked in asked {
        let (answer, took) = asked.await??;
        let body = String::from_utf8_lossy(answer.body());
        assert_eq!(answer.status(), 503, "{body}");
        // Those whose client has as many turns as it may have do not come as far as the CA.
        let absent = body.contains("urn:gridpass:problem:ca-unavailable");
        let busy = body.contains("urn:gridpass:problem:service-unavailable");
        assert!(absent || busy, "{body}");
        absences += usize::from(absent);
        assert!(answer.headers().contains_key("retry-after"));
        assert!(took < LONGEST, "{took:?}");
        at_once += usize::from(took < BOUND);
    }
    assert!(
        at_once >= AT_ONCE,
        "{at_once} of {DEVICES} were told at once"
    );
    assert!(absences > 0, "somebody is told that the CA is away");
    assert!(upstream.connections() > 0, "the CA was asked");
    assert!(!server.log()?.contains("panicked"), "nothing panicked");
    server.kill()?;

    // Another CA, and nothing was spent.
    let server = fixture.server().await?;
    for device in &devices {
        let answer = succeed(server.address(), &device.confirmation).await?;
        Device::open(device, &answer)?;
    }
    Ok(())
}
