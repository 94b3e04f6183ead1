//! Another process holds the database for longer than anybody waits.

use gridpass_bench::Failure;

use super::stage::Stage;
use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_another_process_holds_refuses_and_spends_nothing() -> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let server = fixture.server().await?;
    let stage = Stage::new(fixture, server).await?;
    let other = rusqlite::Connection::open(stage.fixture.folder().join("gridpass.sqlite"))?;
    other.busy_timeout(std::time::Duration::from_secs(10))?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    stage.everything_is_refused().await?;
    stage.a_crowd_is_borne().await?;
    other.execute_batch("ROLLBACK")?;
    stage.everything_goes_on().await
}
