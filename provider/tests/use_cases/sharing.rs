//! Several processes with one database, and databases that are not as they should be.

use std::{sync::Arc, thread};

use gridpass_provider::{
    DatabaseErrorKind, FixedClock, Gridpass, OpenError, Readiness, Scope, StateView, StoreError,
};

use crate::fixture::{DEVICE_ID, Device, Fixture, Folder, NOW, config, operator, random};

#[test]
fn processes_that_start_at_once_end_with_one_key_and_one_ca() {
    let folder = Folder::new();
    let opened: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|seed| {
                let config = config(&folder);
                scope.spawn(move || {
                    Gridpass::open(config, Arc::new(FixedClock::new(NOW)), random(seed)).unwrap()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let first = opened[0].directory(None);
    assert_eq!(first.providers[0].certificates.len(), 3);
    for gridpass in &opened {
        assert_eq!(gridpass.directory(None), first);
        assert_eq!(gridpass.readiness().unwrap(), Readiness::Ready);
    }
}

#[test]
fn what_one_process_registers_another_confirms() {
    let fixture = Fixture::new();
    let clock = fixture.clock.clone();
    let beside = Gridpass::open(fixture.config.clone(), clock, random(9)).unwrap();
    let registered = fixture.register(DEVICE_ID);
    let view = beside
        .enrollment(registered.enrollment_id, &Scope::Installation)
        .unwrap();
    assert!(matches!(view.unwrap().state, StateView::Open { .. }));
    fixture
        .confirm(&Device::new(1, &registered.link, DEVICE_ID))
        .unwrap();
    let view = beside
        .enrollment(registered.enrollment_id, &Scope::Installation)
        .unwrap();
    assert!(matches!(view.unwrap().state, StateView::Issued { .. }));
}

#[test]
fn two_processes_that_write_at_once_lose_nothing() {
    let fixture = Fixture::new();
    let beside = Gridpass::open(fixture.config.clone(), fixture.clock.clone(), random(9)).unwrap();
    let beside = Fixture {
        gridpass: beside,
        clock: fixture.clock.clone(),
        config: fixture.config.clone(),
        folder: Folder::new(),
    };
    let registered: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|number| {
                let fixture = if number % 2 == 0 { &fixture } else { &beside };
                scope.spawn(move || {
                    (0..10)
                        .map(|index| fixture.register(&format!("SN-{number:04}-{index:04}")))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(registered.len(), 80);
    let mut seqs = Vec::new();
    for one in &registered {
        let trail = fixture
            .gridpass
            .audit_of(one.enrollment_id, &Scope::Installation)
            .unwrap();
        seqs.extend(trail.into_iter().map(|entry| entry.seq));
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=80).collect::<Vec<_>>());
}

#[test]
fn a_lost_or_foreign_key_file_is_noticed_at_start() {
    let fixture = Fixture::new();
    let Fixture {
        gridpass,
        clock,
        config,
        folder,
    } = fixture;
    drop(gridpass);
    let open = || Gridpass::open(config.clone(), clock.clone(), random(3));
    let key = std::fs::read(&config.key_file).unwrap();
    std::fs::remove_file(&config.key_file).unwrap();
    assert!(matches!(open(), Err(OpenError::KeyFile(_))));
    assert!(
        !config.key_file.exists(),
        "no other key is made in its place"
    );

    let elsewhere = Folder::new();
    let other = crate::fixture::config(&elsewhere);
    Gridpass::open(other.clone(), clock.clone(), random(4)).unwrap();
    std::fs::copy(&other.key_file, &config.key_file).unwrap();
    assert!(matches!(open(), Err(OpenError::WrongKeyFile)));
    std::fs::write(&config.key_file, key).unwrap();
    open().unwrap();
    drop(folder);
}

#[test]
fn a_damaged_row_is_named() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let connection = fixture.database();
    connection
        .execute(
            "UPDATE enrollments SET channel = 'letter', key_algorithm = 'XX'",
            [],
        )
        .unwrap();
    let error = fixture
        .gridpass
        .enrollment(registered.enrollment_id, &Scope::Installation)
        .unwrap_err();
    let StoreError::Corrupt { table, column, row } = error else {
        panic!("{error}")
    };
    assert_eq!((table, column), ("enrollments", "key_algorithm"));
    assert_eq!(row, registered.enrollment_id.uuid().simple().to_string());
}

#[test]
fn the_database_refuses_illegal_transitions_and_a_second_open_mapping() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    fixture
        .gridpass
        .cancel(registered.enrollment_id, operator())
        .unwrap();
    let connection = fixture.database();
    let refused = |sql: &str| {
        let error = connection.execute(sql, []).unwrap_err();
        assert_eq!(
            error.kind(),
            DatabaseErrorKind::Constraint,
            "{sql}: {error}"
        );
    };
    refused("UPDATE enrollments SET previous_state = state, state = 'open'");
    refused("UPDATE enrollments SET previous_state = state, state = 'expired'");
    refused("UPDATE enrollments SET previous_state = 'open', state = 'issued'");
    refused("UPDATE enrollments SET previous_state = state, state = 'nonsense'");
    connection
        .execute(
            "UPDATE enrollments SET previous_state = 'none', state = 'open'",
            [],
        )
        .unwrap();
    refused(
        "INSERT INTO enrollments SELECT x'00', provider_id, account_id, x'00', otp_hash,
             device_lookup, sealed_device_id, device_id_hint, device_id_kind, kind, channel,
             key_algorithm, csr_content, nickname, issued_at, expires_at, previous_state, state,
             state_at, superseded_by, serial, reason, clone_suspected_at FROM enrollments",
    );
}
