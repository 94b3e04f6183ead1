//! The others: started in a folder, with one CA on P-256 that openssl makes.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding};
use gridpass_bench::Failure;
use gridpass_bench::client::{self, Call, Outcome};
use gridpass_bench::device::Device;
use gridpass_bench::tls::DeviceLine;
use gridpass_protocol::directory::certificate_from_pem;

use crate::{Options, simple_enroll};

/// How long one may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Makes root, issuing CA, TLS server and a client that the EST server knows, in the folder where it runs.
const MAKE_AUTHORITY: &str = r#"
set -e
openssl ecparam -name prime256v1 -out p256.pem
openssl req -x509 -newkey ec:p256.pem -nodes -keyout root.key -out root.pem -subj "/CN=other root" \
    -days 3650 -addext keyUsage=critical,keyCertSign,cRLSign
certify() {
    openssl req -newkey ec:p256.pem -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
    printf "$2" > extensions
    openssl x509 -req -in "$1.csr" -CA root.pem -CAkey root.key -days 300 -extfile extensions -out "$1.pem"
}
certify issuing 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n'
certify localhost 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n'
certify client 'extendedKeyUsage=clientAuth\nkeyUsage=critical,digitalSignature\n'
cat issuing.pem root.pem > chain.pem
# cfssl reads SEC 1, and nothing before the key.
openssl ec -in issuing.key -out issuing-sec1.key
openssl pkcs8 -topk8 -nodes -in client.key -outform DER -out client.der
"#;

/// Makes the CA that signs for the others.
///
/// # Errors
/// openssl does not.
pub(crate) fn make_authority(folder: &Path) -> Result<(), Failure> {
    let output = Command::new("sh")
        .args(["-c", MAKE_AUTHORITY])
        .current_dir(folder)
        .output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}

/// A program that listens; ended when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(command: &mut Command, host: &str, port: u16) -> Result<Self, Failure> {
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        let mut running = Self(child);
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect((host, port)).is_err() {
            if let Some(status) = running.0.try_wait()? {
                return Err(format!("{command:?} ended with {status}").into());
            }
            if Instant::now() > deadline {
                return Err(format!("{command:?} does not listen").into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(running)
    }
}

fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// cfssl's API server.
pub(crate) struct Cfssl {
    _running: Running,
    address: SocketAddr,
}

impl Cfssl {
    pub(crate) fn start(program: &Path, folder: &Path) -> Result<Self, Failure> {
        let configuration = serde_json::json!({ "signing": { "default": {
            "expiry": "9552h",
            "usages": ["digital signature", "key agreement", "client auth"],
        } } });
        std::fs::write(folder.join("cfssl.json"), configuration.to_string())?;
        let port = free_port()?;
        let mut command = Command::new(program);
        command
            .args(["serve", "-address", "127.0.0.1", "-port", &port.to_string()])
            .args(["-ca", "issuing.pem", "-ca-key", "issuing-sec1.key"])
            .args(["-config", "cfssl.json", "-loglevel", "5"])
            .current_dir(folder);
        Ok(Self {
            _running: Running::start(&mut command, "127.0.0.1", port)?,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        })
    }

    pub(crate) async fn sign(
        &self,
        devices: &[Device],
        options: &Options,
    ) -> Result<Outcome, Failure> {
        let calls = devices
            .iter()
            .map(|device| {
                let body = serde_json::json!({
                    "certificate_request": pem("CERTIFICATE REQUEST", device.csr()),
                });
                Call {
                    path: "/api/v1/cfssl/sign".into(),
                    headers: vec![("content-type", "application/json".into())],
                    body: body.to_string().into(),
                }
            })
            .collect();
        let mut outcome = client::run(self.address, calls, options.connections).await?;
        // It answers errors with success of HTTP as well.
        outcome.errors += outcome
            .answers
            .iter()
            .filter(|answer| !is_certificate(answer))
            .count();
        Ok(outcome)
    }
}

fn is_certificate(answer: &[u8]) -> bool {
    let answer: Result<serde_json::Value, _> = serde_json::from_slice(answer);
    answer.is_ok_and(|answer| {
        let certificate = answer["result"]["certificate"].as_str();
        certificate.is_some_and(|pem| certificate_from_pem(pem).is_ok())
    })
}

/// With lines of 64 characters, as PEM is strictly (RFC 7468, 2).
fn pem(label: &str, der: &[u8]) -> String {
    let text = Base64::encode_string(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        // Base64 is ASCII.
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

/// The EST server of globalsign/est, with the CA that it keeps in memory.
pub(crate) struct EstServer {
    _running: Running,
    line: DeviceLine,
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl EstServer {
    pub(crate) fn start(program: &Path, folder: &Path) -> Result<Self, Failure> {
        let port = free_port()?;
        let configuration = serde_json::json!({
            "mock_ca": { "certificates": "chain.pem", "private_key": "issuing.key" },
            "tls": {
                "listen_address": format!("localhost:{port}"),
                "certificates": "localhost.pem",
                "private_key": "localhost.key",
                "client_cas": ["root.pem"],
            },
            "timeout": 30,
            "rate_limit": 1_000_000,
        });
        std::fs::write(folder.join("est.json"), configuration.to_string())?;
        let mut command = Command::new(program);
        command.args(["-config", "est.json"]).current_dir(folder);
        let running = Running::start(&mut command, "localhost", port)?;
        let read = |name: &str| std::fs::read_to_string(folder.join(name));
        Ok(Self {
            _running: running,
            line: DeviceLine::to(&format!("https://localhost:{port}"), &[read("root.pem")?])?,
            certificate: certificate_from_pem(&read("client.pem")?)?,
            key: std::fs::read(folder.join("client.der"))?,
        })
    }

    pub(crate) async fn simple_enroll(
        &self,
        devices: &[Device],
        options: &Options,
    ) -> Result<Outcome, Failure> {
        let calls = devices
            .iter()
            .map(|device| simple_enroll("/.well-known/est", device))
            .collect();
        let mut senders = Vec::with_capacity(options.connections);
        for _ in 0..options.connections {
            let identity = (self.certificate.clone(), self.key.clone());
            senders.push(self.line.open(Some(identity)).await?);
        }
        client::run_on(senders, self.line.host(), calls).await
    }
}
