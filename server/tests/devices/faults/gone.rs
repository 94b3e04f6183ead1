//! The file of the database is taken away under a running server.

use std::path::Path;

use gridpass_bench::Failure;
use gridpass_bench::client;
use tokio::time::timeout;

use super::stage::{SEEN_WITHIN, Stage, ask, sign_in, until_not_ready};
use crate::fixture::Fixture;

/// The database, its log and the log's index.
const FILES: [&str; 3] = [
    "gridpass.sqlite",
    "gridpass.sqlite-wal",
    "gridpass.sqlite-shm",
];

fn carry(from: &Path, to: &Path) -> Result<(), Failure> {
    for name in FILES {
        std::fs::rename(from.join(name), to.join(name))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_written_to_a_file_that_is_gone_is_refused() -> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let server = fixture.server().await?;
    let stage = Stage::new(fixture, server).await?;
    let elsewhere = stage.fixture.folder().join("elsewhere");
    std::fs::create_dir(&elsewhere)?;
    carry(stage.fixture.folder(), &elsewhere)?;
    let address = stage.server.address();
    let (status, _) = ask(address, &sign_in()).await?;
    assert_eq!(status, 503, "a promise that nobody could keep");
    timeout(SEEN_WITHIN, until_not_ready(address)).await?;
    client::get(address, "/healthz").await?;
    carry(&elsewhere, stage.fixture.folder())?;
    stage.everything_goes_on().await
}
