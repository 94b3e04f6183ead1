//! The listener for devices, judged by openssl: which certificates it lets in, and what it speaks.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::fixture::Fixture;
use gridpass_bench::Failure;
use gridpass_bench::device::{self, Device};
use gridpass_bench::server::Server;
use gridpass_bench::{client, client::Call};
use gridpass_protocol::Directory;
use gridpass_protocol::directory::certificate_to_pem;

const SETTINGS: &str = "GET /api/v1/device/settings HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A portal with one enrolled device, whose files lie in a folder.
struct Stage {
    fixture: Fixture,
    server: Server,
    address: String,
    folder: PathBuf,
}

impl Stage {
    async fn new(settings: &[(&str, &str)]) -> Result<Self, Failure> {
        let fixture = Fixture::new()?;
        let server = fixture.server_with(settings).await?;
        let directory = client::get(server.address(), "/.well-known/gridpass").await?;
        let parsed: Directory = serde_json::from_slice(&directory)?;
        let url = parsed.providers[0].mtls_url.clone().ok_or("no mtls_url")?;
        let address = url.trim_start_matches("https://").to_owned();
        let folder = fixture.folder().to_owned();
        let cas: String = parsed.providers[0].certificates.concat();
        std::fs::write(folder.join("cas.pem"), cas)?;
        Ok(Self {
            fixture,
            server,
            address,
            folder,
        })
    }

    /// Enrols a device and leaves its certificate alone, without chain, and its key.
    async fn device(&self) -> Result<Device, Failure> {
        let device = Fixture::devices(&self.server, 1).await?.remove(0);
        let outcome = client::run(
            self.server.address(),
            vec![Call::clone(&device.confirmation)],
            1,
        )
        .await?;
        assert_eq!(outcome.errors, 0);
        let issued = device.open(&outcome.answers[0])?;
        let pem = certificate_to_pem(&issued.certificate)?;
        std::fs::write(self.folder.join("device.pem"), pem)?;
        std::fs::write(self.folder.join("device.key"), device.key_pem())?;
        Ok(device)
    }

    /// `openssl s_client` with these arguments.
    fn connect(&self, arguments: &[&str]) -> Result<Connection, Failure> {
        let verifying = [&["-verify_return_error"], arguments].concat();
        Connection::open(&self.address, &self.folder, &verifying)
    }
}

const WITH_DEVICE: [&str; 4] = ["-cert", "device.pem", "-key", "device.key"];

/// A connection that openssl keeps open.
struct Connection {
    child: Child,
    input: ChildStdin,
}

impl Connection {
    fn open(address: &str, folder: &Path, arguments: &[&str]) -> Result<Self, Failure> {
        let mut child = Command::new("openssl")
            .args(["s_client", "-quiet", "-CAfile", "cas.pem"])
            .args(["-connect", address])
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().ok_or("no stdin")?;
        Ok(Self { child, input })
    }

    /// Sends a request; returns the status line and the body of the answer.
    fn ask(&mut self, request: &str) -> Result<(String, String), Failure> {
        self.input.write_all(request.as_bytes())?;
        let output = self.child.stdout.as_mut().ok_or("no stdout")?;
        let mut lines = BufReader::with_capacity(1, output);
        let mut status = String::new();
        lines.read_line(&mut status)?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 || line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        std::io::Read::read_exact(&mut lines, &mut body)?;
        Ok((status.trim().to_owned(), String::from_utf8(body)?))
    }

    /// What openssl says when the server does not let it in.
    fn refusal(mut self) -> Result<String, Failure> {
        // The server may have closed already.
        let _ = self.input.write_all(SETTINGS.as_bytes());
        drop(self.input);
        let output = self.child.wait_with_output()?;
        assert!(
            output.stdout.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn close(mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_certificate_is_let_in_and_a_revoked_one_no_more_also_on_the_same_connection()
-> Result<(), Failure> {
    let stage = Stage::new(&[]).await?;
    stage.device().await?;
    let mut open = stage.connect(&WITH_DEVICE)?;
    let (status, body) = open.ask(SETTINGS)?;
    assert_eq!(status, "HTTP/1.1 200 OK", "{body}");
    assert!(body.contains("Green Mountain Electric Coop"), "{body}");
    revoke(stage.fixture.folder())?;
    let (status, body) = open.ask(SETTINGS)?;
    assert_eq!(status, "HTTP/1.1 403 Forbidden");
    assert!(body.contains("urn:gridpass:problem:revoked"), "{body}");
    open.close()?;
    let refusal = stage.connect(&WITH_DEVICE)?.refusal()?;
    assert!(refusal.contains("certificate revoked"), "{refusal}");
    Ok(())
}

/// As a decision of staff leaves it in the database, by another process, as another server would.
fn revoke(folder: &Path) -> Result<(), Failure> {
    let connection = rusqlite::Connection::open(folder.join("gridpass.sqlite"))?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    let revoked = connection.execute(
        "INSERT INTO revocations (provider_id, serial, issuer, crl_shard, revoked_at, not_after,
             reason, code, by_actor, note)
         SELECT provider_id, serial, issuer, crl_shard, made_at, not_after, 'compromised', 1,
             'test', '' FROM certificates",
        [],
    )?;
    assert_eq!(revoked, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_certificate_only_what_needs_none_is_answered() -> Result<(), Failure> {
    let stage = Stage::new(&[]).await?;
    let mut open = stage.connect(&[])?;
    let (status, body) = open.ask(SETTINGS)?;
    assert_eq!(status, "HTTP/1.1 401 Unauthorized");
    assert!(body.contains("unknown-device"), "{body}");
    let cacerts = SETTINGS.replace("/api/v1/device/settings", "/.well-known/est/cacerts");
    let (status, body) = open.ask(&cacerts)?;
    assert_eq!(status, "HTTP/1.1 200 OK", "{body}");
    open.close()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_certificate_is_not_let_in() -> Result<(), Failure> {
    let stage = Stage::new(&[]).await?;
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args([
            "-subj",
            "/CN=demo issuing",
            "-keyout",
            "device.key",
            "-out",
            "device.pem",
        ])
        .current_dir(&stage.folder)
        .output()?;
    assert!(made.status.success());
    let refusal = stage.connect(&WITH_DEVICE)?.refusal()?;
    assert!(refusal.contains("alert"), "{refusal}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_not_let_in() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let clock = folder.path().join("clock");
    let now = device::now().0;
    std::fs::write(&clock, now.to_string())?;
    let path = clock.to_str().ok_or("a strange name")?;
    let stage = Stage::new(&[("GRIDPASS_DEV__CLOCK_FILE", path)]).await?;
    stage.device().await?;
    let mut open = stage.connect(&WITH_DEVICE)?;
    let (status, _) = open.ask(SETTINGS)?;
    assert_eq!(status, "HTTP/1.1 200 OK");
    std::fs::write(&clock, (now + 399 * 24 * 60 * 60).to_string())?;
    let (status, body) = open.ask(SETTINGS)?;
    assert_eq!(status, "HTTP/1.1 403 Forbidden");
    assert!(body.contains("certificate-expired"), "{body}");
    open.close()?;
    // The listener's own certificate has ended as well, until it has made itself another one.
    let late = Connection::open(&stage.address, &stage.folder, &WITH_DEVICE)?;
    let refusal = late.refusal()?;
    assert!(refusal.contains("certificate expired"), "{refusal}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_12_is_spoken_only_where_it_is_switched_on_and_then_well() -> Result<(), Failure> {
    let stage = Stage::new(&[]).await?;
    let refusal = stage.connect(&["-tls1_2"])?.refusal()?;
    assert!(refusal.contains("protocol version"), "{refusal}");
    let stage = Stage::new(&[("GRIDPASS_MTLS__TLS12", "true")]).await?;
    stage.device().await?;
    let mut old = WITH_DEVICE.to_vec();
    old.push("-tls1_2");
    let mut open = stage.connect(&old)?;
    let (status, body) = open.ask(SETTINGS)?;
    assert_eq!(status, "HTTP/1.1 200 OK", "{body}");
    open.close()?;
    for weak in ["ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256"] {
        let arguments = ["-tls1_2", "-cipher", weak];
        let refusal = stage.connect(&arguments)?.refusal()?;
        assert!(refusal.contains("handshake failure"), "{weak}: {refusal}");
    }
    Ok(())
}
