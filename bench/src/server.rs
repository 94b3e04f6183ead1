//! The server under load: a process of its own, on a fresh database.

use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

type Failure = Box<dyn Error + Send + Sync>;

/// A running server; stopped when dropped.
pub(crate) struct Server {
    binary: PathBuf,
    child: Child,
    data: TempDir,
    pub address: SocketAddr,
}

impl Server {
    /// Starts it beside the build, so that the database lies on the same disk as the project.
    ///
    /// # Errors
    /// When it does not answer `/readyz` within ten seconds.
    pub(crate) async fn start(binary: &Path) -> Result<Self, Failure> {
        let data = tempfile::tempdir_in("target")?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = command(binary, data.path(), address)
            .arg("serve")
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        let server = Self { binary: binary.to_owned(), child, data, address };
        for _ in 0..200 {
            if crate::client::get(address, "/readyz").await.is_ok() {
                return Ok(server);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err("the server does not become ready".into())
    }

    /// A token for the registrations API.
    ///
    /// # Errors
    /// When the command fails.
    pub(crate) async fn api_token(&self) -> Result<String, Failure> {
        let output = command(&self.binary, self.data.path(), self.address)
            .args(["token", "create", "--provider", "demo", "--name", "bench"])
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// CPU time that the server has used so far, user and system (proc(5), fields 14 and 15 of `stat`).
    ///
    /// # Errors
    /// When the process is gone.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let after_name = stat.rsplit(')').next().ok_or("no stat")?;
        let ticks: u64 = after_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(str::parse::<u64>)
            .sum::<Result<u64, _>>()?;
        // Linux counts in hundredths of a second on every platform it has shipped for decades.
        Ok(Duration::from_millis(ticks * 10))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing can be done about a child that is already gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(binary: &Path, data: &Path, address: SocketAddr) -> Command {
    let mut command = Command::new(binary);
    command
        .env("GRIDPASS_CONFIG", "gridpass.toml")
        .env("GRIDPASS_ORIGIN", format!("http://{address}"))
        .env("GRIDPASS_LISTEN", address.to_string())
        .env("GRIDPASS_DATA_DIR", data)
        .env("GRIDPASS_LOG", "warn");
    command
}
