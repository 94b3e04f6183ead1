//! A disk that is full, that breaks, that loses what it took, and that is slow.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
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

fn names(folder: &Path) -> Result<BTreeSet<OsString>, Failure> {
    let entries = fs::read_dir(folder)?;
    Ok(entries
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<Result<_, _>>()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_a_disk_ends_leaves_nothing_behind() -> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let disk = Disk::new(fixture.folder())?;
    let server = fixture.server_with(&disk.settings()?).await?;
    let backup = fixture.folder().join("backup");
    let words = ["backup", "--to", backup.to_str().ok_or("a strange name")?];
    for trouble in [Trouble::Full, Trouble::Broken, Trouble::Unsynced] {
        disk.suffer(trouble)?;
        let before = names(fixture.folder())?;
        let tried = server.run(&words);
        assert!(tried.is_err(), "{trouble:?}: {tried:?}");
        assert_eq!(names(fixture.folder())?, before, "{trouble:?}");
    }
    disk.heal()?;
    server.run(&words)?;
    Ok(())
}
