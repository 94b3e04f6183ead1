//! The others: started in a folder, with one CA on P-256 that openssl makes.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use base64ct::{Base64, Encoding};
use gridpass_bench::Failure;
use gridpass_bench::client::{self, Call, Outcome};
use gridpass_bench::device::Device;
use gridpass_bench::others::{self, Running};
use gridpass_bench::tls::DeviceLine;
use gridpass_protocol::directory::certificate_from_pem;
use gridpass_testing_port::Port;

use crate::{Options, simple_enroll};

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
        let port = Port::new()?;
        let address = port.address();
        let mut command = Command::new(program);
        command
            .args([
                "serve",
                "-address",
                "127.0.0.1",
                "-port",
                &port.number().to_string(),
            ])
            .args(["-ca", "issuing.pem", "-ca-key", "issuing-sec1.key"])
            .args(["-config", "cfssl.json", "-loglevel", "5"])
            .current_dir(folder);
        Ok(Self {
            _running: Running::start(&mut command, "127.0.0.1", port)?,
            address,
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
    _server: others::EstServer,
    line: DeviceLine,
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl EstServer {
    pub(crate) fn start(program: &Path, folder: &Path) -> Result<Self, Failure> {
        let server = others::start_est_server(program, folder)?;
        let read = |name: &str| std::fs::read_to_string(folder.join(name));
        Ok(Self {
            line: DeviceLine::to(&server.origin, &[read("root.pem")?])?,
            _server: server,
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
