//! A real server process on a fresh database, for tests that send it what devices send.

use std::path::Path;
use std::sync::{Arc, Mutex};

use gridpass_bench::Failure;
use gridpass_bench::client::{self, Call, connect, send};
use gridpass_bench::device::{self, Device};
use gridpass_bench::server::Server;
use gridpass_provider::{Gridpass, InstallationConfig, SystemClock};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tempfile::TempDir;

/// A folder for the database, and a site that needs no WASM tool: these tests look at no page.
pub(crate) struct Fixture {
    folder: TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        gridpass_bench::site::make_up(folder.path())?;
        Ok(Self { folder })
    }

    /// Where the database is.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The installation of the killed server.
    pub(crate) fn installation(&self) -> Result<Gridpass, Failure> {
        let config: InstallationConfig = serde_json::from_value(serde_json::json!({
            "database": self.folder().join("gridpass.sqlite"),
            "key_file": self.folder().join("gridpass.key"),
            "origin": "http://localhost:3000",
            "providers": [{ "id": "demo", "name": "Demo" }],
        }))?;
        let rng = Mutex::new(ChaCha20Rng::seed_from_u64(1));
        let (clock, random) = (Arc::new(SystemClock), Arc::new(rng));
        Ok(Gridpass::open(config, clock, random)?)
    }

    pub(crate) async fn server(&self) -> Result<Server, Failure> {
        self.server_with(&[]).await
    }

    /// With further settings.
    pub(crate) async fn server_with(&self, settings: &[(&str, &str)]) -> Result<Server, Failure> {
        let pkg = self.folder.path().join("pkg");
        let pkg = pkg
            .to_str()
            .ok_or("the temporary folder has a strange name")?;
        let binary = Path::new(env!("CARGO_BIN_EXE_gridpass"));
        let settings = [&[("GRIDPASS_SITE__PKG", pkg)], settings].concat();
        Server::start(binary, self.folder.path(), &settings).await
    }

    /// Registers `count` device IDs over the API and makes the devices' confirmations.
    pub(crate) async fn devices(server: &Server, count: usize) -> Result<Vec<Device>, Failure> {
        let calls: Vec<Call> = device::registrations(count, &server.api_token()?);
        let registered = client::run(server.address(), calls, 16).await?;
        assert_eq!(registered.errors, 0, "every registration is accepted");
        let directory = client::get(server.address(), "/.well-known/gridpass").await?;
        device::confirmations(&registered.answers, &directory)
    }
}

/// Sends a call and kills the server. Both are under way at once; which of them comes first is nobody's choice.
pub(crate) async fn kill_while(server: Server, call: Call) -> Result<(), Failure> {
    let address = server.address();
    let mut sender = connect(address).await?;
    let asking = tokio::spawn(async move { send(&mut sender, &call, address).await.is_ok() });
    let killing = tokio::task::spawn_blocking(move || server.kill());
    killing.await??;
    // Whether it was answered or not, nobody heard it.
    asking.await?;
    Ok(())
}
