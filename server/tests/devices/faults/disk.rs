//! A disk that is full, that breaks, that loses what it took, and that is slow.

use std::time::Duration;

use gridpass_bench::Failure;
use gridpass_bench::disk::{Disk, Trouble};

use super::stage::Stage;
use crate::fixture::Fixture;

async fn survives(trouble: Trouble) -> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let disk = Disk::new(fixture.folder())?;
    let server = fixture.server_with(&disk.settings()?).await?;
    let stage = Stage::new(fixture, server).await?;
    disk.suffer(trouble)?;
    stage.everything_is_refused().await?;
    stage.a_crowd_is_borne().await?;
    disk.heal()?;
    stage.everything_goes_on().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_spends_nothing() -> Result<(), Failure> {
    survives(Trouble::Full).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_cannot_write_refuses_and_spends_nothing() -> Result<(), Failure> {
    survives(Trouble::Broken).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_cannot_sync_refuses_and_spends_nothing() -> Result<(), Failure> {
    survives(Trouble::Unsynced).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_disk_makes_everything_slow_and_nothing_wrong() -> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let disk = Disk::new(fixture.folder())?;
    let server = fixture.server_with(&disk.settings()?).await?;
    let stage = Stage::new(fixture, server).await?;
    disk.suffer(Trouble::Slow(Duration::from_millis(400)))?;
    stage.everything_goes_on().await
}
