//! A gateway with its disk, and the portal of its provider.

#[cfg(feature = "pkcs11")]
pub(crate) mod token;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use gridpass_bench::{
    Failure,
    client::{self, Call},
    device,
    server::Server,
    site,
};
use serde_json::Value;
use tempfile::TempDir;

/// What is printed on the gateway.
pub(crate) const DEVICE_ID: &str = "SN-4711-0815";

/// Nothing that a test waits for takes longer.
const PATIENCE: Duration = Duration::from_secs(180);

/// A label of a gateway.
pub(crate) struct Label {
    pub(crate) link: String,
    pub(crate) manual_code: String,
    pub(crate) enrollment_id: String,
}

pub(crate) struct House {
    folder: TempDir,
    server: Server,
    token: String,
    /// More lines of the gateway's configuration.
    more: String,
    /// More of the gateway's environment.
    environment: Vec<(&'static str, PathBuf)>,
}

impl House {
    /// A gateway whose hook writes down what it is asked, and a portal that has just been set up.
    pub(crate) async fn new() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        Self::of(start(folder.path(), &[]).await?, folder)
    }

    /// The same, with a portal whose certificates last thirty days and are to be renewed in the last
    /// twenty-nine of them, and whose clock is twenty days behind: there is always something to renew.
    pub(crate) async fn that_always_renews() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let demo = "id = \"demo\"\n";
        let policy =
            "certificate_days = 30\nkeys = { renew_before = 29 }\nlifetimes = { api = 2592000 }\n";
        let config =
            include_str!("../../../gridpass.toml").replacen(demo, &format!("{demo}{policy}"), 1);
        let (config_file, clock_file) = (
            folder.path().join("gridpass.toml"),
            folder.path().join("clock"),
        );
        fs::write(&config_file, config)?;
        fs::write(
            &clock_file,
            device::now().minus(20 * 24 * 60 * 60).to_string(),
        )?;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let settings = [
            ("GRIDPASS_CONFIG", text(&config_file)),
            ("GRIDPASS_DEV__CLOCK_FILE", text(&clock_file)),
            ("GRIDPASS_LIMITS__REKEYS_PER_DEVICE", "1000".to_owned()),
        ];
        let settings: Vec<_> = settings
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Self::of(start(folder.path(), &settings).await?, folder)
    }

    fn of(server: Server, folder: TempDir) -> Result<Self, Failure> {
        let token = server.run(&[
            "token",
            "create",
            "--provider",
            "demo",
            "--name",
            "tests",
            "--scope",
            "registrations:write",
            "--scope",
            "instructions:write",
        ])?;
        let house = Self {
            folder,
            server,
            token,
            more: String::new(),
            environment: Vec::new(),
        };
        house.configure(DEVICE_ID)?;
        Ok(house)
    }

    /// The configuration of a gateway with this device ID.
    pub(crate) fn configure(&self, device_id: &str) -> Result<(), Failure> {
        let done = self.path("done");
        let hook = |script: &str| {
            format!("{{ program = '/bin/sh', arguments = ['-c', '{script}'], timeout = 20 }}")
        };
        // A gateway that loses power may start a hook and tell it nothing.
        let note = hook(&format!(
            "asked=$(cat); test -n \"$asked\" && printf \"%s\\n\" \"$asked\" >> {}",
            done.display()
        ));
        let config = format!(
            "device_id = '{device_id}'\nevent = {note}\ninstructions.note = {note}\ninstructions.fail = {}\n{}",
            hook("echo no relay; exit 3"),
            self.more,
        );
        Ok(fs::write(self.path("gateway.toml"), config)?)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Registers a gateway over the API.
    pub(crate) async fn register(&self, device_id: &str) -> Result<Label, Failure> {
        let answer = self
            .post(
                "/api/v1/registrations",
                &serde_json::json!({
                    "account": "A-1001",
                    "device_id": device_id,
                    "kind": "gateway",
                    "channel": "api",
                }),
            )
            .await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(Label {
            link: text(&answer["label"]["link"]),
            manual_code: text(&answer["label"]["manual_code"]),
            enrollment_id: text(&answer["enrollment_id"]),
        })
    }

    /// Posts JSON as the provider's own system does.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let call = Call {
            path: path.to_owned(),
            headers: vec![
                ("authorization", format!("Bearer {}", self.token)),
                ("content-type", "application/json".to_owned()),
                ("idempotency-key", format!("{path}{body}")),
            ],
            body: body.to_string().into(),
        };
        let mut sender = client::connect(self.server.address()).await?;
        let (status, answer) = client::send(&mut sender, &call, self.server.address()).await?;
        if !status.is_success() {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&answer)).into());
        }
        Ok(serde_json::from_slice(&answer)?)
    }

    /// Sends an instruction as the provider's own system does; its id.
    pub(crate) async fn instruct(
        &self,
        label: &Label,
        name: &str,
        number: usize,
    ) -> Result<String, Failure> {
        let body = serde_json::json!({
            "enrollments": [label.enrollment_id],
            "name": name,
            "arguments": { "number": number },
            // The clock of a portal may be weeks behind the gateway's.
            "valid_for": 7_776_000,
        });
        let sent = self.post("/api/v1/instructions", &body).await?;
        Ok(sent["instruction_id"].as_str().ok_or("no id")?.to_owned())
    }

    /// Waits until an instruction is over: how it ended, and what the gateway said about it.
    pub(crate) async fn closed(&self, instruction: &str) -> Result<(String, String), Failure> {
        let end = Instant::now() + PATIENCE;
        let (address, path) = (
            self.server.address(),
            format!("/api/v1/instructions/{instruction}"),
        );
        // One connection for all looks: a client that opens hundreds a second is sent away.
        let mut sender = client::connect(address).await?;
        let token = format!("Bearer {}", self.token);
        loop {
            let headers = [("authorization", token.as_str())];
            let shown = client::get_with(&mut sender, address, &path, &headers).await?;
            let shown: Value = serde_json::from_slice(&shown)?;
            let device = &shown["devices"][0];
            let state = device["state"].as_str().unwrap_or_default();
            if device["closed_at"].is_u64() {
                let detail = device["detail"].as_str().unwrap_or_default();
                return Ok((state.to_owned(), detail.to_owned()));
            }
            if Instant::now() > end {
                return Err(format!("{instruction} is still {state}\n{}", self.log()?).into());
            }
            tokio::task::yield_now().await;
        }
    }

    /// How the provider sees the enrollment.
    pub(crate) fn state_of(&self, label: &Label) -> Result<String, Failure> {
        let shown = self
            .server
            .run(&["enrollment", "show", &label.enrollment_id, "--json"])?;
        let shown: Value = serde_json::from_str(&shown)?;
        Ok(shown["state"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gridpass-gateway"));
        command
            .env("GRIDPASS_GATEWAY_CONFIG", self.path("gateway.toml"))
            .env("GRIDPASS_GATEWAY_STATE_DIR", self.path("state"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .args(arguments);
        command
    }

    /// Runs a command of the gateway to its end; what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String, Failure> {
        let output = self.command(arguments).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Starts a command of the gateway. What it logs is kept.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Result<Running, Failure> {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.path("gateway.log"))?;
        let child = self
            .command(arguments)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        Ok(Running { child })
    }

    pub(crate) fn status(&self) -> Result<String, Failure> {
        self.run(&["status"])
    }

    /// The serial number of the gateway's certificate.
    pub(crate) fn serial(&self) -> Result<String, Failure> {
        let status = self.status()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("certificate"));
        Ok(line.ok_or("not enrolled")?.trim().to_owned())
    }

    /// How many messages of the gateway were answered.
    pub(crate) fn answered(&self) -> Result<u64, Failure> {
        let status = self.status()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("messages answered"));
        Ok(line.ok_or("not enrolled")?.trim().parse()?)
    }

    pub(crate) fn log(&self) -> Result<String, Failure> {
        Ok(fs::read_to_string(self.path("gateway.log"))?)
    }

    /// What the hook was asked, one after the other.
    pub(crate) fn done(&self) -> Result<Vec<Value>, Failure> {
        let text = match fs::read_to_string(self.path("done")) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        text.lines()
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect()
    }

    /// Waits until something holds.
    pub(crate) fn until(
        &self,
        what: &str,
        mut holds: impl FnMut() -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let end = Instant::now() + PATIENCE;
        while !holds()? {
            if Instant::now() > end {
                return Err(format!("{what}: not so\n{}", self.log()?).into());
            }
            thread::yield_now();
        }
        Ok(())
    }

    /// Runs the gateway until one more message of it is answered.
    pub(crate) fn goes_on(&self) -> Result<(), Failure> {
        let heard = self.answered()?;
        let mut running = self.spawn(&["run"])?;
        self.until("another message is answered", || {
            Ok(self.answered()? > heard)
        })?;
        running.terminate()
    }

    /// Runs a gateway that always renews in so many lives of different lengths, which `end` ends, and
    /// then once more until it is answered; counts the certificates that it had at their ends.
    pub(crate) fn renews_through(
        &self,
        lives: u64,
        end: fn(&mut Running) -> Result<(), Failure>,
    ) -> Result<usize, Failure> {
        let mut serials = BTreeSet::new();
        for life in 0..lives {
            let mut running = self.spawn(&["run"])?;
            if life % 3 == 0 {
                // However slow the machine is: a hello and a renewal are answered in these lives.
                let wanted = self.answered()? + 2;
                self.until("two more messages are answered", || {
                    Ok(self.answered()? >= wanted)
                })?;
            }
            running.wait_at_most(Duration::from_millis(37 * life % 230))?;
            assert!(!running.has_ended()?, "{}", self.log()?);
            end(&mut running)?;
            serials.insert(self.serial()?);
        }
        self.goes_on()?;
        Ok(serials.len())
    }
}

/// A process of the gateway; killed when dropped.
pub(crate) struct Running {
    child: Child,
}

impl Running {
    /// Waits for its end, but not longer than that.
    pub(crate) fn wait_at_most(&mut self, time: Duration) -> Result<(), Failure> {
        let end = Instant::now() + time;
        while self.child.try_wait()?.is_none() && Instant::now() < end {
            thread::yield_now();
        }
        Ok(())
    }

    pub(crate) fn has_ended(&mut self) -> Result<bool, Failure> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// As a power cut would.
    pub(crate) fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// As systemd would.
    pub(crate) fn terminate(&mut self) -> Result<(), Failure> {
        let status = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        if !status.success() {
            return Err("it is not running".into());
        }
        self.wait_at_most(PATIENCE)
    }

    /// Its exit status, if it has ended by itself.
    pub(crate) fn status(&mut self) -> Result<Option<i32>, Failure> {
        Ok(self.child.try_wait()?.and_then(|status| status.code()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nothing can be done about a process that is already gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn start(folder: &Path, settings: &[(&str, &str)]) -> Result<Server, Failure> {
    let pkg = site::make_up(folder)?;
    let data = folder.join("data");
    fs::create_dir(&data)?;
    let pkg = pkg
        .to_str()
        .ok_or("the temporary folder has a strange name")?;
    let settings = [&[("GRIDPASS_SITE__PKG", pkg)], settings].concat();
    Server::start(&portal_binary()?, &data, &settings).await
}

/// The portal's binary: beside this test's own, where every test run of the workspace puts it.
fn portal_binary() -> Result<PathBuf, Failure> {
    if let Some(given) = std::env::var_os("GRIDPASS_BINARY") {
        return Ok(given.into());
    }
    let own = Path::new(env!("CARGO_BIN_EXE_gridpass-gateway"));
    let beside = own.with_file_name("gridpass");
    if beside.is_file() {
        return Ok(beside);
    }
    Err(format!(
        "{} is missing: run `cargo build --package gridpass-server` first",
        beside.display()
    )
    .into())
}
