//! A newer version has changed the schema under servers of this one.

use gridpass_bench::Failure;
use gridpass_provider::{Database, StoreError, testkit};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::shared::Shared;
use crate::faults::stage::{SEEN_WITHIN, succeed, until_not_ready};
use crate::fixture::Fixture;

/// What a newer version adds: a column and a table that nobody here knows.
const EXPAND: &str = "ALTER TABLE enrollments ADD COLUMN of_tomorrow BIGINT;
     ALTER TABLE certificates ADD COLUMN of_tomorrow TEXT;
     CREATE TABLE of_tomorrow (id BIGINT NOT NULL PRIMARY KEY);
     INSERT INTO schema_migrations (version, oldest)
         SELECT MAX(version) + 1, MAX(version) FROM schema_migrations";
/// And takes away later, so that whoever does not know that cannot go on.
const CONTRACT: &str = "INSERT INTO schema_migrations (version, oldest)
         SELECT MAX(version) + 1, MAX(version) + 1 FROM schema_migrations";

async fn change(shared: &Shared, sql: &'static str) -> Result<(), Failure> {
    let database: Database = shared.url().parse()?;
    let change = move || {
        testkit::database(&database)?.execute_batch(sql)?;
        Ok::<_, StoreError>(())
    };
    Ok(spawn_blocking(change).await??)
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_go_on_beside_a_newer_version_until_it_takes_away_what_they_need()
-> Result<(), Failure> {
    let shared = Shared::new().await?;
    let running = shared.server().await?;
    let devices = Fixture::devices(&running, 3).await?;
    succeed(running.address(), &devices[0].confirmation).await?;

    change(&shared, EXPAND).await?;
    succeed(running.address(), &devices[1].confirmation).await?;
    let started = shared.server().await?;
    succeed(started.address(), &devices[2].confirmation).await?;
    succeed(started.address(), &devices[0].confirmation).await?;

    change(&shared, CONTRACT).await?;
    for server in [&running, &started] {
        timeout(SEEN_WITHIN, until_not_ready(server.address())).await?;
    }
    let refused = shared.run(&["token", "list", "--provider=demo"]);
    let refused = refused.expect_err("it is outgrown").to_string();
    assert!(refused.contains("schema version"), "{refused}");
    Ok(())
}
