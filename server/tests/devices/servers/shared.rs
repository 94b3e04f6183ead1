//! A database in the cluster of the test run, and servers on it.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use gridpass_bench::Failure;
use gridpass_bench::server::{Console, Server};
use gridpass_provider::testkit::{administer, url_of};

use crate::fixture::Fixture;

/// An empty database of one test; dropped with everything in it when this is.
pub(super) struct TestDatabase {
    name: String,
}

impl TestDatabase {
    pub(super) async fn new() -> Result<Self, Failure> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("servers_{}_{number}", std::process::id());
        let made = Self { name: name.clone() };
        // The client of PostgreSQL waits on a runtime of its own.
        let make = move || administer(&format!("CREATE DATABASE {name}"));
        tokio::task::spawn_blocking(make).await?;
        Ok(made)
    }

    /// Its address.
    pub(super) fn url(&self) -> String {
        url_of(&self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A database that is left is no fault of what is tested: it ends with the cluster.
        let _ = thread::spawn(move || administer(&drop)).join();
    }
}

/// A database, and the folder with what its servers share besides.
pub(super) struct Shared {
    fixture: Fixture,
    database: TestDatabase,
}

impl Shared {
    pub(super) async fn new() -> Result<Self, Failure> {
        Ok(Self {
            fixture: Fixture::new()?,
            database: TestDatabase::new().await?,
        })
    }

    pub(super) async fn server(&self) -> Result<Server, Failure> {
        self.server_with(&[]).await
    }

    /// With further settings.
    pub(super) async fn server_with(&self, settings: &[(&str, &str)]) -> Result<Server, Failure> {
        let url = self.url();
        let settings = [&[("GRIDPASS_DATABASE__URL", url.as_str())], settings].concat();
        self.fixture.server_with(&settings).await
    }

    /// What its servers share besides the database lies here.
    pub(super) fn folder(&self) -> &Path {
        self.fixture.folder()
    }

    /// The address of the database.
    pub(super) fn url(&self) -> String {
        self.database.url()
    }

    /// A command without a server; what it prints, or why it was refused.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<String, Failure> {
        let url = self.url();
        run_with(
            &self.fixture,
            &[("GRIDPASS_DATABASE__URL", &url)],
            arguments,
        )
    }
}

/// A command with these settings.
pub(super) fn run_with(
    fixture: &Fixture,
    settings: &[(&str, &str)],
    arguments: &[&str],
) -> Result<String, Failure> {
    let binary = Path::new(env!("CARGO_BIN_EXE_gridpass"));
    Console::new(binary, fixture.folder(), &[]).run(arguments, settings)
}
