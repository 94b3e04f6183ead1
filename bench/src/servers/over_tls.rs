//! What a device does on connections that show its certificate: EST, OpenADR.

use std::time::Instant;

use base64ct::{Base64, Encoding};
use gridpass_protocol::Directory;
use gridpass_protocol::directory::certificate_from_pem;
use hyper::body::Bytes;
use serde_json::Value;

use super::balancer::{ANSWER, Answer, PATIENCE, REST, is_for_later};
use super::devices::Enrolled;
use super::ocsp::{self, Standing, openssl};
use super::worker::Worker;
use crate::Failure;
use crate::client::{self, Call};
use crate::tls::DeviceLine;

/// Where VENs read.
const OPENADR: &str = "/openadr3/3.1.0";

impl Enrolled {
    /// A new key, certified over EST; the device speaks with it from then on.
    pub(super) async fn renew_over_est(&mut self, worker: &mut Worker) -> Result<(), Failure> {
        let csr = self.talker.next_request(&mut worker.rng)?;
        let call = Call {
            path: "/.well-known/est/demo/simplereenroll".into(),
            headers: vec![
                ("content-type", "application/pkcs10".into()),
                ("content-transfer-encoding", "base64".into()),
            ],
            body: Base64::encode_string(&csr).into(),
        };
        let answer = self.say_over_tls(worker, &call).await?.success()?;
        if worker.once_in(3) {
            // As if the first answer had been lost.
            let again = self.say_over_tls(worker, &call).await?.success()?;
            if again != answer {
                worker.journal.amiss(format!(
                    "{} has two certificates for one request over EST",
                    self.id
                ));
            }
        }
        self.talker.go_on_with(&certificates(&answer).await?)?;
        let hello = self.talker.hello(&mut worker.rng)?;
        self.exchange(worker, &hello).await?;
        let (certificate, _) = self.talker.identity();
        worker.journal.certified(self.id, certificate);
        worker.journal.note(|kept| kept.over_est += 1);
        Ok(())
    }

    /// Reads what there is for its VEN.
    pub(super) async fn read_programs(&mut self, worker: &mut Worker) -> Result<(), Failure> {
        let call = Call {
            path: format!("{OPENADR}/auth/token"),
            headers: vec![("content-type", "application/x-www-form-urlencoded".into())],
            body: "grant_type=client_credentials".into(),
        };
        let answer = self.say_over_tls(worker, &call).await?.success()?;
        let answer: Value = serde_json::from_slice(&answer)?;
        let token = answer["access_token"].as_str().ok_or("no token")?;
        for list in ["programs", "events", "reports", "vens"] {
            let call = Call {
                path: format!("{OPENADR}/{list}"),
                headers: vec![("authorization", format!("Bearer {token}"))],
                body: Bytes::new(),
            };
            let answer = self.say_over_tls(worker, &call).await?.success()?;
            if !serde_json::from_slice::<Value>(&answer)?.is_array() {
                worker.journal.amiss(format!("{list} is no list"));
            }
            worker.journal.note(|kept| kept.read += 1);
        }
        Ok(())
    }

    /// Asks by OCSP how its certificate stands.
    pub(super) async fn ask_how_it_stands(&mut self, worker: &mut Worker) -> Result<(), Failure> {
        let (certificate, _) = self.talker.identity();
        ocsp::ask(worker, self.id, &certificate, Standing::Good).await
    }

    /// The same bytes to one server after the other, until one answers. Without a body it is a GET.
    async fn say_over_tls(&self, worker: &Worker, call: &Call) -> Result<Answer, Failure> {
        let begun = Instant::now();
        let mut last = "nothing".to_owned();
        while begun.elapsed() < PATIENCE {
            match tokio::time::timeout(ANSWER, self.try_over_tls(worker, call)).await {
                Ok(Ok(answer)) if !is_for_later(answer.status) => return Ok(answer),
                Ok(Ok(answer)) => last = answer.status.to_string(),
                Ok(Err(failure)) => last = failure.to_string(),
                Err(_) => {}
            }
            tokio::time::sleep(REST).await;
        }
        Err(format!("{} was not answered in time: {last}", call.path).into())
    }

    async fn try_over_tls(&self, worker: &Worker, call: &Call) -> Result<Answer, Failure> {
        // Each server listens for devices somewhere else.
        let server = worker.balancer.next_server().await?;
        let directory = client::get(server, "/.well-known/gridpass").await?;
        let directory: Directory = serde_json::from_slice(&directory)?;
        let entry = directory.providers.first().ok_or("there is no provider")?;
        let line = DeviceLine::of(entry)?;
        let mut sender = line.open(Some(self.talker.identity())).await?;
        let answer = if call.body.is_empty() {
            let headers: Vec<_> = call
                .headers
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            client::fetch_from(&mut sender, line.host(), &call.path, &headers).await?
        } else {
            client::exchange_with(&mut sender, call, line.host()).await?
        };
        Ok(Answer {
            status: answer.status(),
            body: answer.into_body(),
        })
    }
}

/// The certificates of an answer of EST: certs-only in base64 (RFC 8951, 3.2).
async fn certificates(answer: &[u8]) -> Result<Vec<Vec<u8>>, Failure> {
    let text: String = std::str::from_utf8(answer)?.split_whitespace().collect();
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("answer"), Base64::decode_vec(&text)?)?;
    let words = "pkcs7 -inform DER -in answer -print_certs";
    let said = openssl(folder.path(), words).await?;
    let end = "-----END CERTIFICATE-----";
    said.split_inclusive(end)
        .filter_map(|part| part.find("-----BEGIN").map(|begin| &part[begin..]))
        .map(|pem| Ok(certificate_from_pem(&format!("{pem}\n"))?))
        .collect()
}
