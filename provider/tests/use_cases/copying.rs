//! Moving an installation from a file to PostgreSQL.

use std::{path::Path, process::Command};

use gridpass_protocol::KeyAlgorithm;
use gridpass_provider::{
    CopyError, CopyStep, Database, Gridpass, PostgresAddress, Role, copy_store,
    testkit::{self, TestDatabase, TestStore},
};

use crate::{
    fixture::{Device, Fixture, Folder, demo, random},
    speaking::Talker,
};

/// Set in a process that is to die while it copies: after how many steps.
const DIES_AFTER: &str = "COPY_DIES_AFTER";
const FROM: &str = "COPY_FROM";
const TO: &str = "COPY_TO";

const NEW_DEVICE: &str = "SN-4711-8888";

/// An installation in a file, with something in most tables.
fn rich() -> Fixture {
    let fixture = Fixture::on(Folder::on(TestStore::Sqlite), |_| {});
    fixture.register_many(30);
    crate::staff::staff(&fixture, Role::Admin);
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    // A key that another one vouched for: a row that refers to its own table.
    talker.roll_over(&fixture, KeyAlgorithm::Es256).unwrap();
    talker.poll(&fixture).unwrap();
    fixture.gridpass.run_housekeeping().unwrap();
    fixture
}

fn address(database: &TestDatabase) -> PostgresAddress {
    match database.database() {
        Database::Postgres(address) => address.clone(),
        Database::File(_) => panic!("it was made in PostgreSQL"),
    }
}

fn file(fixture: &Fixture) -> &Path {
    match &fixture.config.database {
        Database::File(file) => file,
        Database::Postgres(_) => panic!("it was made as a file"),
    }
}

/// The installation as a portal on the copy sees it.
fn opened_on(fixture: &Fixture, to: &TestDatabase) -> Gridpass {
    let mut config = fixture.config.clone();
    config.database = to.database().clone();
    Gridpass::open(config, fixture.clock.clone(), random(5)).unwrap()
}

#[test]
fn a_portal_goes_on_on_the_copy_of_its_database() {
    let fixture = rich();
    let open = fixture.register(NEW_DEVICE);
    let to = TestDatabase::make(TestStore::Postgres, Path::new(""));
    let copied = copy_store(file(&fixture), &address(&to), &mut |_| {}).unwrap();
    let rows = |name: &str| {
        let table = copied.iter().find(|table| table.name == name);
        table.unwrap_or_else(|| panic!("{name} is missing")).rows
    };
    assert_eq!(rows("enrollments"), 32);
    assert_eq!(rows("device_keys"), 2);
    let (before, after) = (
        fixture.database(),
        testkit::database(to.database()).unwrap(),
    );
    for sql in [
        "SELECT COUNT(*) FROM device_keys WHERE vouched_by IS NOT NULL",
        "SELECT SUM(seq) FROM audit_entries",
    ] {
        let value = |connection: &testkit::Connection| -> i64 {
            connection.query_row(sql, [], |row| row.get(0)).unwrap()
        };
        assert!(value(&before) > 0, "{sql}");
        assert_eq!(value(&after), value(&before), "{sql}");
    }
    drop((before, after));
    let on_copy = Fixture {
        gridpass: opened_on(&fixture, &to),
        clock: fixture.clock.clone(),
        config: fixture.config.clone(),
        folder: Folder::on(TestStore::Sqlite),
    };
    let report = on_copy.gridpass.verify_audit(&demo(), &[]).unwrap();
    assert!(report.is_whole(), "{:?}", report.findings);
    let device = Device::new(9, &open.link, NEW_DEVICE);
    on_copy.confirm(&device).unwrap();
    on_copy.register("SN-4711-9999");
    let report = on_copy.gridpass.verify_audit(&demo(), &[]).unwrap();
    assert!(report.is_whole(), "{:?}", report.findings);
}

#[test]
fn a_copy_that_is_killed_at_any_step_goes_on_and_no_portal_opens_it_before() {
    if let Ok(steps) = std::env::var(DIES_AFTER) {
        return copy_and_die(steps.parse().unwrap());
    }
    let fixture = rich();
    let to = TestDatabase::make(TestStore::Postgres, Path::new(""));
    let mut steps = 0;
    copy_store(file(&fixture), &address(&to), &mut |_| steps += 1).unwrap();
    assert!(steps > 30, "{steps}");
    let to = TestDatabase::make(TestStore::Postgres, Path::new(""));
    // Each goes on where the one before died.
    for dies_after in [0, 1, 3, 6, 6, 20] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", KILLED_TEST, "--nocapture"])
            .env(DIES_AFTER, dies_after.to_string())
            .env(FROM, file(&fixture))
            .env(TO, testkit::url_of(address(&to).name()))
            .output()
            .unwrap();
        assert!(!output.status.success(), "it was to die");
        let mut config = fixture.config.clone();
        config.database = to.database().clone();
        let refused = Gridpass::open(config, fixture.clock.clone(), random(5)).err();
        let refused = refused.unwrap().to_string();
        assert!(refused.contains("has not ended"), "{refused}");
    }
    copy_store(file(&fixture), &address(&to), &mut |_| {}).unwrap();
    let gridpass = opened_on(&fixture, &to);
    assert!(gridpass.verify_audit(&demo(), &[]).unwrap().is_whole());
}

const KILLED_TEST: &str =
    "copying::a_copy_that_is_killed_at_any_step_goes_on_and_no_portal_opens_it_before";

fn copy_and_die(steps: u32) {
    let from = std::env::var_os(FROM).unwrap();
    let to: PostgresAddress = std::env::var(TO).unwrap().parse().unwrap();
    let mut left = steps;
    let mut die = |_: &CopyStep| match left {
        0 => std::process::abort(),
        _ => left -= 1,
    };
    copy_store(from.as_ref(), &to, &mut die).unwrap();
}

#[test]
fn a_source_that_changed_since_the_copy_began_is_copied_anew() {
    let fixture = rich();
    let to = TestDatabase::make(TestStore::Postgres, Path::new(""));
    // The second connection to the target ends the copy where it is.
    let interrupted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut left = 12;
        let _ = copy_store(file(&fixture), &address(&to), &mut |_| match left {
            0 => panic!("on purpose"),
            _ => left -= 1,
        });
    }));
    assert!(interrupted.is_err());
    fixture.register("SN-4711-9999");
    let mut again = false;
    copy_store(file(&fixture), &address(&to), &mut |step| {
        again |= *step == CopyStep::Again;
    })
    .unwrap();
    assert!(again);
    let gridpass = opened_on(&fixture, &to);
    assert!(gridpass.verify_audit(&demo(), &[]).unwrap().is_whole());
}

#[test]
fn a_target_that_holds_something_else_is_refused() {
    let fixture = rich();
    let to = TestDatabase::make(TestStore::Postgres, Path::new(""));
    copy_store(file(&fixture), &address(&to), &mut |_| {}).unwrap();
    let twice = copy_store(file(&fixture), &address(&to), &mut |_| {});
    assert!(matches!(twice, Err(CopyError::NotEmpty(_))), "{twice:?}");
    let missing = copy_store(Path::new("/nowhere"), &address(&to), &mut |_| {});
    assert!(
        matches!(missing, Err(CopyError::NoSource(_))),
        "{missing:?}"
    );
}
