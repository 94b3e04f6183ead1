//! How a certificate stands, by OCSP, as another implementation asks for it and believes it: openssl.

use std::path::Path;
use std::time::{Duration, Instant};

use gridpass_protocol::directory::certificate_to_pem;
use uuid::Uuid;

use super::worker::Worker;
use crate::Failure;
use crate::client::Call;

/// Another server hears of a revocation within this.
const HEARD_WITHIN: Duration = Duration::from_secs(10);
const REST: Duration = Duration::from_millis(250);

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is in service.
    Good,
    /// Its device has left.
    Revoked,
}

impl Standing {
    const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Revoked => "revoked",
        }
    }
}

/// Asks until that is told, and writes down if something else is.
pub(super) async fn ask(
    worker: &mut Worker,
    enrollment: Uuid,
    certificate: &[u8],
    standing: Standing,
) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let entry = worker.directory.providers.first();
    // The root first, then what issues.
    let [root, issuing, ..] = entry.ok_or("there is no provider")?.certificates.as_slice() else {
        return Err("there is no issuing certificate".into());
    };
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("root.pem"), root)?;
    std::fs::write(file("issuing.pem"), issuing)?;
    std::fs::write(file("device.pem"), certificate_to_pem(certificate)?)?;
    let whose = "ocsp -issuer issuing.pem -cert device.pem -no_nonce";
    openssl(folder.path(), &format!("{whose} -reqout request")).await?;
    let call = Call {
        path: "/ocsp".into(),
        headers: vec![("content-type", "application/ocsp-request".into())],
        body: std::fs::read(file("request"))?.into(),
    };
    let begun = Instant::now();
    loop {
        let answer = worker.balancer.say(&call).await?.success()?;
        std::fs::write(file("answer"), answer)?;
        // The clock of a server may be wrong, and its answer says its time.
        let words =
            format!("{whose} -respin answer -CAfile root.pem -no_check_time -validity_period 7200");
        let said = openssl(folder.path(), &words).await?;
        if said.contains(&format!("device.pem: {}", standing.word())) {
            worker.journal.note(|kept| kept.ocsp += 1);
            return Ok(());
        }
        if standing == Standing::Good || begun.elapsed() > HEARD_WITHIN {
            let told = said.lines().next().unwrap_or_default();
            worker.journal.amiss(format!(
                "{enrollment} is {}, and OCSP says {told}",
                standing.word()
            ));
            return Ok(());
        }
        tokio::time::sleep(REST).await;
    }
}

/// What openssl prints, run in this folder.
pub(super) async fn openssl(folder: &Path, words: &str) -> Result<String, Failure> {
    let mut command = std::process::Command::new("openssl");
    command.args(words.split(' ')).current_dir(folder);
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("openssl {words}: {said}").into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
