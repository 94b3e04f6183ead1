//! The server under load: a process of its own, on a fresh database.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use gridpass_testing_port::Port;

use crate::Failure;

/// The command line of an installation, whether a server runs or not.
#[derive(Debug, Clone)]
pub struct Console {
    binary: PathBuf,
    data: PathBuf,
    settings: Vec<(String, String)>,
}

impl Console {
    /// That of the database in `data`, with these settings.
    #[must_use]
    pub fn new(binary: &Path, data: &Path, settings: &[(String, String)]) -> Self {
        Self {
            binary: binary.to_owned(),
            data: data.to_owned(),
            settings: settings.to_vec(),
        }
    }

    /// Runs a `gridpass` command with further environment variables and returns what it prints.
    ///
    /// # Errors
    /// When the command fails.
    pub fn run(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Result<String, Failure> {
        let own = self.settings.iter().map(|(name, value)| (name, value));
        // Nothing listens there.
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
        let mut command = command(&self.binary, &self.data, nowhere);
        printed(
            command
                .envs(own)
                .envs(settings.iter().copied())
                .args(arguments),
        )
    }
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct Server {
    binary: PathBuf,
    data: PathBuf,
    settings: Vec<(String, String)>,
    child: Child,
    port: Port,
}

impl Server {
    /// Starts one with the demo configuration on a free port, its database in `data`; `settings` are
    /// further environment variables.
    ///
    /// # Errors
    /// When it does not answer `/readyz` within a minute.
    pub async fn start(
        binary: &Path,
        data: &Path,
        settings: &[(&str, &str)],
    ) -> Result<Self, Failure> {
        let port = Port::new()?;
        let child = command(binary, data, port.address())
            .envs(settings.iter().copied())
            .arg("serve")
            .stderr(
                std::fs::File::options()
                    .create(true)
                    .append(true)
                    .open(data.join("log"))?,
            )
            .spawn()
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        let mut server = Self {
            binary: binary.to_owned(),
            data: data.to_owned(),
            settings: settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            child,
            port,
        };
        for _ in 0..1200 {
            if crate::client::get(server.address(), "/readyz")
                .await
                .is_ok()
            {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server ended: {status}\n{}", server.log()?).into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err("the server does not become ready".into())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// What it has logged so far, in all its lives on this database.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log(&self) -> Result<String, Failure> {
        Ok(std::fs::read_to_string(self.data.join("log"))?)
    }

    /// Runs another `gridpass` command with the same settings and returns what it prints.
    ///
    /// # Errors
    /// When the command fails.
    pub fn run(&self, arguments: &[&str]) -> Result<String, Failure> {
        self.run_with(arguments, &[])
    }

    /// The same with further environment variables.
    ///
    /// # Errors
    /// When the command fails.
    pub fn run_with(
        &self,
        arguments: &[&str],
        settings: &[(&str, &str)],
    ) -> Result<String, Failure> {
        let own = self.settings.iter().map(|(name, value)| (name, value));
        let mut command = command(&self.binary, &self.data, self.address());
        printed(
            command
                .envs(own)
                .envs(settings.iter().copied())
                .args(arguments),
        )
    }

    /// A token for the registrations API.
    ///
    /// # Errors
    /// When the command fails.
    pub fn api_token(&self) -> Result<String, Failure> {
        self.run(&["token", "create", "--provider", "demo", "--name", "devices"])
    }

    /// Kills it as a power cut would (SIGKILL) and waits until it is gone.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill(mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Threads that it has (proc(5), `/proc/<pid>/task`).
    ///
    /// # Errors
    /// When the process is gone.
    pub fn threads(&self) -> Result<usize, Failure> {
        self.entries("task")
    }

    /// Files and connections that it holds open (proc(5), `/proc/<pid>/fd`).
    ///
    /// # Errors
    /// When the process is gone.
    pub fn open_files(&self) -> Result<usize, Failure> {
        self.entries("fd")
    }

    fn entries(&self, folder: &str) -> Result<usize, Failure> {
        let folder = format!("/proc/{}/{folder}", self.child.id());
        Ok(std::fs::read_dir(folder)?.count())
    }

    /// Asks it to stop (SIGTERM), as a supervisor does.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn ask_to_stop(&self) -> Result<(), Failure> {
        let asked = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()?;
        asked
            .success()
            .then_some(())
            .ok_or_else(|| "the server is gone".into())
    }

    /// Waits until it has ended by itself; whether it called that a success.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn wait(mut self) -> Result<bool, Failure> {
        Ok(self.child.wait()?.success())
    }

    /// Memory in use, in bytes (proc(5), resident pages of `statm`).
    ///
    /// # Errors
    /// When the process is gone.
    pub fn memory(&self) -> Result<u64, Failure> {
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", self.child.id()))?;
        let pages: u64 = statm.split_whitespace().nth(1).ok_or("no statm")?.parse()?;
        Ok(pages * 4096)
    }

    /// CPU time that the server has used so far, user and system (proc(5), fields 14 and 15 of `stat`).
    ///
    /// # Errors
    /// When the process is gone.
    pub fn cpu(&self) -> Result<Duration, Failure> {
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

/// What a command prints; if it fails, what it complains of.
fn printed(command: &mut Command) -> Result<String, Failure> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn command(binary: &Path, data: &Path, address: SocketAddr) -> Command {
    let mut command = Command::new(binary);
    command
        .env(
            "GRIDPASS_CONFIG",
            concat!(env!("CARGO_MANIFEST_DIR"), "/../gridpass.toml"),
        )
        .env("GRIDPASS_ORIGIN", format!("http://{address}"))
        .env("GRIDPASS_LISTEN", address.to_string())
        .env("GRIDPASS_MTLS__LISTEN", "127.0.0.1:0")
        .env("GRIDPASS_DATA_DIR", data)
        .env("GRIDPASS_LOG", "warn");
    command
}
