//! Programs of others that sign certificates, with a CA that openssl makes for them.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gridpass_testing_port::Port;

use crate::Failure;

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
openssl pkcs8 -topk8 -nocrypt -in client.key -outform DER -out client.der
"#;

/// Makes the CA that signs for the others.
///
/// # Errors
/// openssl does not.
pub fn make_authority(folder: &Path) -> Result<(), Failure> {
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
#[derive(Debug)]
pub struct Running {
    child: Child,
    port: Port,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Starts it and waits until it listens on the port kept for it.
    ///
    /// # Errors
    /// It cannot be started, ends, or does not listen for long.
    pub fn start(command: &mut Command, host: &str, port: Port) -> Result<Self, Failure> {
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        let mut running = Self { child, port };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect((host, running.port.number())).is_err() {
            if let Some(status) = running.child.try_wait()? {
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

/// The EST server of globalsign/est, with the CA that it keeps in memory.
#[derive(Debug)]
pub struct EstServer {
    _running: Running,
    /// Where it is, `https://localhost:port`.
    pub origin: String,
}

/// Starts it in a folder where [`make_authority`] has made its CA.
///
/// # Errors
/// It cannot be started, or does not listen for long.
pub fn start_est_server(program: &Path, folder: &Path) -> Result<EstServer, Failure> {
    let port = Port::new()?;
    let origin = format!("https://localhost:{}", port.number());
    let configuration = serde_json::json!({
        "mock_ca": { "certificates": "chain.pem", "private_key": "issuing.key" },
        "tls": {
            "listen_address": origin.trim_start_matches("https://"),
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
    Ok(EstServer {
        _running: Running::start(&mut command, "localhost", port)?,
        origin,
    })
}
