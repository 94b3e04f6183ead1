//! Two servers on one database, killed at random under load: nothing that was answered is lost, and
//! nothing happens twice.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gridpass_bench::servers::{Plan, run};
use gridpass_bench::{Failure, site};

use super::shared::TestDatabase;

fn plan(folder: &Path, database: &TestDatabase) -> Result<Plan, Failure> {
    Ok(Plan {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_gridpass")),
        site: site::make_up(folder)?,
        folder: folder.to_owned(),
        postgres: Some(database.url()),
        servers: 2,
        clients: 4,
        length: Duration::from_secs(15),
        calm: Duration::from_secs(3),
        seed: 1,
        troubles: None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_killed_at_random_lose_nothing_and_do_nothing_twice() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let database = TestDatabase::new().await?;
    let report = run(&plan(folder.path(), &database)?).await?;
    assert!(report.amiss.is_empty(), "{report}");
    assert!(report.killed > 0, "{report}");
    assert!(
        report.certificates > 0 && report.judged > 0 && report.instructions > 0,
        "{report}"
    );
    Ok(())
}
